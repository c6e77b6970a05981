import type { Transport } from '@libp2p/interface'
import { tcp, type TCPComponents, type TCPOptions } from '@libp2p/tcp'
import { NetAddress, OperationError } from '@peerwright/core'
import { type LostSocket, tellLostSockets } from './lost-sockets.ts'
import { doorOptions, keepDoor, type Wanted } from './wanted-sockets.ts'

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
   * Whether a socket from this IP address is wanted, asked once for each. One that is not costs an accept and a close, and libp2p never
   * hears of it; before Node 22.13 it also costs what libp2p makes of a socket. Called synchronously, right before the gater is; must
   * not throw.
   *
   * @default everybody is
   */
  readonly wanted?: Wanted
}

/** Sockets a listener keeps. Chosen: the usual soft limit of open files. */
const DEFAULT_MAX_SOCKETS = 1_024

/**
 * Connections that may wait in the kernel to be accepted. Chosen: a second of a thousand a second, so that a pause of ours does not
 * cost an honest dialler the second after which its kernel tries again. What finds no place never reaches the process: the kernel counts
 * it (`ListenOverflows`). A longer queue is no longer pause where one connection is accepted in a turn of the event loop (measured: Node
 * 24.21); Node 22.12 accepts all of them in one.
 */
const BACKLOG = 1_024

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
  const dialOpts = { noDelay: true, ...(rules.dialFrom === undefined ? {} : { localAddress: rules.dialFrom }) }
  // net's own options pass through: `ipv6Only: false` makes `::` take IPv4 as well (LIBP2P 1.12)
  const { onLost, wanted } = rules
  const listenOpts = { noDelay: true, ipv6Only: false, ...wanted === undefined ? {} : doorOptions(wanted) }
  const options: TCPOptions = { dialOpts, listenOpts, maxConnections: maxSockets, backlog: BACKLOG }
  return components => {
    const transport = tcp(options)(onLost === undefined ? components : tellLostSockets(components, onLost))
    return wanted === undefined ? transport : keepDoor(transport, wanted)
  }
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
