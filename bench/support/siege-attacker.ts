/**
 * The attacker of a siege, in a process of its own: connects at full speed from 50 addresses in 13 /24s of 127/8, 200 at a time, and says
 * garbage, HTTP, half a greeting, a greeting and garbage, or nothing. It has the lowest priority: of the core that it shares with the honest
 * peers it takes what they leave, so that what they lose is lost at the node.
 */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { setPriority } from 'node:os'
import process from 'node:process'

/** What the attacker did. */
export interface AttackTold {
  readonly attempts: number
  readonly connected: number
}

const LANES = 200
const HOSTS = 50
const SUBNETS = 13
/** Those that are not answered go after this long, in milliseconds */
const PATIENCE_MS = 300

const [port = 0, seconds = 0] = process.argv.slice(2).map(Number)
const greeting = Buffer.from('\u0013/multistream/1.0.0\n')
const sayings = [
  randomBytes(64), Buffer.from('GET / HTTP/1.1\r\n\r\n'), greeting, greeting.subarray(0, 7), Buffer.concat([greeting, randomBytes(65_536)]), Buffer.alloc(0)
]
let attempts = 0
let connected = 0

async function attempt (at: number): Promise<void> {
  const host = (at * 7) % HOSTS
  await new Promise<void>(resolve => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.${100 + host % SUBNETS}.${1 + host}` })
    const left = setTimeout(() => { socket.destroy() }, PATIENCE_MS)
    socket.on('connect', () => {
      connected++
      socket.write(sayings[at % sayings.length] ?? greeting)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(left)
      resolve()
    })
  })
}

process.once('message', () => {
  setPriority(19)
  const endMs = performance.now() + seconds * 1_000
  const lanes = Array.from({ length: LANES }, async () => {
    while (performance.now() < endMs) {
      await attempt(attempts++)
    }
  })
  void Promise.all(lanes).then(() => {
    const answer: AttackTold = { attempts, connected }
    process.send?.(answer)
  })
})
process.once('disconnect', () => { process.exit(0) })
process.send?.('ready')
