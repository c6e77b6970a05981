import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/** What an attacker did. */
export interface FloodReport {
  readonly attempts: number
}

/**
 * Connects at full speed from 50 addresses in 13 subnets of 127.0.0.0/8, and says garbage, HTTP, half a greeting, or nothing. At most
 * 200 sockets are open at a time.
 */
export async function flood (port: number, durationMs: number): Promise<FloodReport> {
  const endMs = performance.now() + durationMs
  const greetings = [
    randomBytes(64), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from('\u0013/multistream/1.0.0\n'), Buffer.from('\u0013/multi'), Buffer.alloc(0)
  ]
  let attempts = 0
  const attack = async (lane: number): Promise<void> => {
    while (performance.now() < endMs) {
      const host = (attempts * 7 + lane) % 50
      const greeting = greetings[attempts++ % greetings.length] ?? Buffer.alloc(0)
      await new Promise<void>(resolve => {
        const socket: Socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.${100 + host % 13}.${1 + host}` })
        // Silent ones are left when they have been silent for a while
        const left = setTimeout(() => { socket.destroy() }, 300)
        socket.on('connect', () => { socket.write(greeting) })
        socket.on('error', () => {})
        socket.on('close', () => {
          clearTimeout(left)
          resolve()
        })
      })
    }
  }
  await Promise.all(Array.from({ length: 200 }, (_, lane) => attack(lane)))
  return { attempts }
}
