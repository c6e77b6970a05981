import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { OperationError, parseIp } from '@peerwright/core'

/** A DNS server. */
export interface Resolver {
  readonly transport: 'udp' | 'tcp'
  readonly ip: string
  readonly port: number
}

/** Carries one query to a DNS server and its answer back. The answer is not looked at. */
export type DnsExchange = (resolver: Resolver, query: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>

/** Largest answer over TCP: its length has two bytes (RFC 1035, 4.2.2). */
const LENGTH_BYTES = 2

/** Servers that are taken from the system, at most (resolv.conf, MAXNS). */
const MAX_SYSTEM_RESOLVERS = 3

/** Over UDP, from a fresh socket and so a random port; answers of other senders are dropped by the connected socket. */
export const udpExchange: DnsExchange = async ({ ip, port }, query, signal) => {
  return await new Promise((resolve, reject) => {
    const socket = createSocket(ip.includes(':') ? 'udp6' : 'udp4')
    const finish = (act: () => void): void => {
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.close()
      act()
    }
    const abort = (): void => { finish(() => { reject(timeout()) }) }
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', error => { finish(() => { reject(unreachable(error)) }) })
    socket.on('message', message => { finish(() => { resolve(message) }) })
    socket.connect(port, ip, () => {
      socket.send(query)
    })
  })
}

/** Over TCP, with the two bytes of length before message and answer. */
export const tcpExchange: DnsExchange = async ({ ip, port }, query, signal) => {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port })
    const received: Uint8Array[] = []
    let size = 0
    const finish = (act: () => void): void => {
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.destroy()
      act()
    }
    const abort = (): void => { finish(() => { reject(timeout()) }) }
    signal.addEventListener('abort', abort, { once: true })
    socket.on('connect', () => {
      const framed = new Uint8Array(LENGTH_BYTES + query.length)
      new DataView(framed.buffer).setUint16(0, query.length)
      framed.set(query, LENGTH_BYTES)
      socket.write(framed)
    })
    socket.on('error', error => { finish(() => { reject(unreachable(error)) }) })
    socket.on('end', () => { finish(() => { reject(unreachable(undefined)) }) })
    socket.on('data', chunk => {
      received.push(chunk)
      size += chunk.length
      const whole = Buffer.concat(received, size)
      if (size >= LENGTH_BYTES && size >= LENGTH_BYTES + whole.readUInt16BE(0)) {
        finish(() => { resolve(whole.subarray(LENGTH_BYTES, LENGTH_BYTES + whole.readUInt16BE(0))) })
      }
    })
  })
}

/**
 * The servers that the system is set to ask.
 *
 * @param transport - how they are asked
 */
export function systemResolvers (transport: 'udp' | 'tcp', file = '/etc/resolv.conf'): Resolver[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, ip = '']) => ip).filter(ip => parseIp(ip) !== undefined)
  return servers.slice(0, MAX_SYSTEM_RESOLVERS).map(ip => ({ transport, ip, port: 53 }))
}

function timeout (): OperationError {
  return new OperationError('timeout', 'the DNS server did not answer in time')
}

function unreachable (cause: unknown): OperationError {
  return new OperationError('unreachable', 'the DNS server could not be reached', { cause })
}
