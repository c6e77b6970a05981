import { BlockList, type SocketAddress } from 'node:net'
import type { Transport } from '@libp2p/interface'
import { tcp, type TCPComponents, type TCPOptions } from '@libp2p/tcp'
import { NetAddress, OperationError } from '@peerwright/core'
import { type LostSocket, tellLostSockets } from './lost-sockets.ts'
import { notingSockets, SOCKET_BUFFER_BYTES } from './socket-memory.ts'

/** Where to listen and from where to dial. */
export interface TcpRules {
  /**
   * Local IP that dials leave from. Hosts with several addresses, and test networks on 127.0.0.0/8, give it; else the system
   * chooses.
   */
  readonly dialFrom?: string
  /**
   * Most sockets the listener keeps, whatever their state; 1 to 65535. A last bound below the limits of sessions.
   *
   * @default 1024
   */
  readonly maxSockets?: number
  /** An inbound connection was over before libp2p had it, which says so to nobody. Called synchronously; must not throw */
  readonly onLost?: (reason: LostSocket) => void
  /**
   * Whether a socket from this IP address is wanted: one that is not costs an accept and a close, and libp2p never hears of it. Called
   * synchronously; must not throw. Node before 22.13 does not ask, so whoever refuses here must refuse again later.
   *
   * @default everybody is
   */
  readonly wanted?: (ip: string) => boolean
}

/** Sockets a listener keeps. Chosen: the usual soft limit of open files. */
const DEFAULT_MAX_SOCKETS = 1_024

/**
 * Connections that may wait in the kernel to be accepted. Chosen: all of them are accepted in one turn of the event loop, so a longer queue,
 * such as Node's own 511, is a longer pause for everybody else. What finds no place in it never reaches the process: the kernel
 * counts it (`ListenOverflows`), and an honest dialler's kernel tries again after a second.
 */
const BACKLOG = 128

/**
 * The list of addresses that Node asks before it makes anything of a socket, answered by a function. It has to be one of Node's own
 * kind: nothing else is taken.
 */
class Doorkeeper extends BlockList {
  readonly #wanted: (ip: string) => boolean

  constructor (wanted: (ip: string) => boolean) {
    super()
    this.#wanted = wanted
  }

  override check (address: SocketAddress | string): boolean {
    return !this.#wanted(typeof address === 'string' ? address : address.address)
  }
}

/**
 * The TCP transport for libp2p with Peerwright's rules: no delay of small writes, keep-alive off (sessions ping), a bound on
 * sockets, and one dual-stack listener where `::` is listened on.
 *
 * @throws OperationError `invalid-option`
 */
export function peerTcp (rules: TcpRules = {}): (components: TCPComponents) => Transport {
  const maxSockets = rules.maxSockets ?? DEFAULT_MAX_SOCKETS
  if (!Number.isInteger(maxSockets) || maxSockets < 1 || maxSockets > 65_535) {
    throw new OperationError('invalid-option', 'transport option maxSockets must be a whole number from 1 to 65535')
  }
  if (rules.dialFrom !== undefined && NetAddress.from(rules.dialFrom, 1) === undefined) {
    throw new OperationError('invalid-option', 'transport option dialFrom must be an IP address')
  }
  const dialOpts = { noDelay: true, writableHighWaterMark: SOCKET_BUFFER_BYTES, ...(rules.dialFrom === undefined ? {} : { localAddress: rules.dialFrom }) }
  // net's own options pass through: `ipv6Only: false` makes `::` take IPv4 as well (LIBP2P 1.12)
  const listenOpts = { noDelay: true, highWaterMark: SOCKET_BUFFER_BYTES, ipv6Only: false, ...(rules.wanted === undefined ? {} : { blockList: new Doorkeeper(rules.wanted) }) }
  const options: TCPOptions = { dialOpts, listenOpts, maxConnections: maxSockets, backlog: BACKLOG }
  const { onLost } = rules
  const transport = tcp(options)
  return components => notingSockets(transport(onLost === undefined ? components : tellLostSockets(components, onLost)))
}

/**
 * The multiaddr to listen on.
 *
 * @param ip - IPv4 or IPv6 address; `::` listens on all addresses of both families
 * @param port - 1 to 65535: no port is left to chance
 * @throws OperationError `invalid-option`
 */
export function listenMultiaddr (ip: string, port: number): string {
  const address = NetAddress.from(ip, port)
  if (address === undefined) {
    throw new OperationError('invalid-option', `listening needs an IP address and a port from 1 to 65535, not ${JSON.stringify(ip.slice(0, 45))} and ${port}`)
  }
  return `/${address.isIPv4 ? 'ip4' : 'ip6'}/${address.host}/tcp/${port}`
}

/**
 * What kept a listener from starting, as one of our errors.
 *
 * @returns `address-in-use`, `address-not-available`, `not-permitted`, or `listen-failed`
 */
export function listenError (error: unknown, where: string): OperationError {
  const code = errorCodeOf(error)
  switch (code) {
    case 'EADDRINUSE':
      return new OperationError('address-in-use', `${where} is in use by another process or node`, { cause: error })
    case 'EADDRNOTAVAIL':
      return new OperationError('address-not-available', `${where} is not an address of this machine`, { cause: error })
    case 'EACCES':
      return new OperationError('not-permitted', `this user may not listen on ${where}`, { cause: error })
    default:
      return new OperationError('listen-failed', `listening on ${where} failed`, { cause: error })
  }
}

/** Errors of listening hide in the causes and members of others. */
function errorCodeOf (error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 4) {
    return undefined
  }
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') {
    return code
  }
  const inner = error instanceof AggregateError ? error.errors : [error.cause]
  const named = /\b(EADDRINUSE|EADDRNOTAVAIL|EACCES)\b/.exec(error.message)?.[1]
  return named ?? inner.map(cause => errorCodeOf(cause, depth + 1)).find(found => found !== undefined)
}
