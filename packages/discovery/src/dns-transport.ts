import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { IpAddress } from '@peerwright/core'
import { MAX_STRAY_DATAGRAMS, MAX_SYSTEM_RESOLVERS, MAX_UDP_ANSWER_BYTES } from './constants.ts'
import { DnsError, type DnsErrorCode } from './errors.ts'

/** A DNS server that is asked over UDP or TCP. */
export interface PlainResolver {
  readonly transport: 'udp' | 'tcp'
  readonly ip: string
  readonly port: number
}

/** A DNS server that is asked over HTTPS (RFC 8484), by its IP address: a name would have to be looked up first. */
export interface HttpsResolver {
  readonly transport: 'https'
  readonly ip: string
  readonly port: number
  /** @default '/dns-query' */
  readonly path?: string
  /** Whose certificate it must show; the IP address's when absent */
  readonly serverName?: string
  /** Certificates, as PEM, that are trusted instead of those the system trusts */
  readonly ca?: readonly string[]
}

/** A DNS server. */
export type Resolver = PlainResolver | HttpsResolver

/**
 * Carries one query to a DNS server and its answer back. `accepts` says whether bytes that came are the answer: over UDP anybody
 * can send some, so what is not is passed over, up to a bound; over TCP it ends the exchange. When `signal` aborts, the socket
 * is closed and nothing is left behind.
 *
 * @throws DnsError `unreachable`, `mismatch`, `malformed`, `aborted`, over HTTPS also `untrusted`, `http-status`
 */
export type DnsExchange = (resolver: Resolver, query: Uint8Array, signal: AbortSignal, accepts: (answer: Uint8Array) => boolean) => Promise<Uint8Array>

/** What carries queries, by transport; HTTPS may be left to the machine's own. */
export interface DnsExchanges {
  readonly udp: DnsExchange
  readonly tcp: DnsExchange
  readonly https?: DnsExchange
}

/** The length before each message over TCP (RFC 1035, 4.2.2). It has 16 bits, so no more than 64 KiB and a chunk is ever held. */
const LENGTH_BYTES = 2

/** How an exchange ends: once, in one of two ways. */
interface Outcome {
  readonly done: (answer: Uint8Array) => void
  readonly fail: (code: DnsErrorCode, cause?: unknown) => void
}

/** Over UDP, from a fresh socket and so from a random port; the connected socket hears nobody but the server. */
export const udpExchange: DnsExchange = async (resolver, query, signal, accepts) => {
  const socket = createSocket(resolver.ip.includes(':') ? 'udp6' : 'udp4')
  let strays = 0
  try {
    return await settle(resolver, signal, () => strays > 0 ? 'mismatch' : 'aborted', ({ done, fail }) => {
      socket.on('error', error => { fail('unreachable', error) })
      socket.on('message', answer => {
        if (answer.length <= MAX_UDP_ANSWER_BYTES && accepts(answer)) {
          done(answer)
        } else if (++strays > MAX_STRAY_DATAGRAMS) {
          fail('mismatch')
        }
      })
      socket.connect(resolver.port, resolver.ip, () => {
        socket.send(query, error => {
          if (error !== null) {
            fail('unreachable', error)
          }
        })
      })
    })
  } finally {
    socket.close()
  }
}

/** Over TCP, one connection a query. The address is an IP, so the system resolves nothing and opens no UDP socket. */
export const tcpExchange: DnsExchange = async (resolver, query, signal, accepts) => {
  const socket = connect({ host: resolver.ip, port: resolver.port })
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    return await settle(resolver, signal, () => 'aborted', ({ done, fail }) => {
      socket.on('error', error => { fail('unreachable', error) })
      socket.on('end', () => { fail(size === 0 ? 'unreachable' : 'malformed') })
      socket.on('connect', () => {
        socket.write(Buffer.concat([Uint8Array.of(query.length >> 8, query.length & 0xff), query]))
      })
      socket.on('data', chunk => {
        chunks.push(chunk)
        size += chunk.length
        const whole = Buffer.concat(chunks, size)
        if (size < LENGTH_BYTES || size < LENGTH_BYTES + whole.readUInt16BE(0)) {
          return
        }
        const answer = whole.subarray(LENGTH_BYTES, LENGTH_BYTES + whole.readUInt16BE(0))
        if (accepts(answer)) {
          done(answer)
        } else {
          fail('mismatch')
        }
      })
    })
  } finally {
    socket.destroy()
  }
}

/**
 * Ends an exchange once, and at the latest when it is aborted.
 *
 * @param abortCode - what an abort means by then
 */
export async function settle (resolver: Resolver, signal: AbortSignal, abortCode: () => DnsErrorCode, run: (outcome: Outcome) => void): Promise<Uint8Array> {
  let abort = (): void => {}
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      const fail = (code: DnsErrorCode, cause?: unknown): void => {
        reject(new DnsError(code, `${resolverName(resolver)}: ${code}`, { cause }))
      }
      abort = () => { fail(abortCode()) }
      if (signal.aborted) {
        abort()
        return
      }
      signal.addEventListener('abort', abort)
      run({ done: resolve, fail })
    })
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** A server as errors and counts name it, such as `udp 127.0.0.1:53`. */
export function resolverName ({ transport, ip, port }: Resolver): string {
  return `${transport} ${ip.includes(':') ? `[${ip}]` : ip}:${port}`
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
  const servers = [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, ip = '']) => ip).filter(ip => IpAddress.parse(ip) !== undefined)
  return servers.slice(0, MAX_SYSTEM_RESOLVERS).map(ip => ({ transport, ip, port: 53 }))
}
