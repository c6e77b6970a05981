import { type Clock, OperationError, type Random } from '@peerwright/core'
import type { Admission, BlockId, SlotPolicy } from '@peerwright/interface'
import type { YieldTurn } from './frame-stream.ts'
import type { ChannelError } from './libp2p-link.ts'

/** What our own `version` says of our chain, asked anew at each handshake. */
export interface LocalTip {
  readonly height: number
  readonly work: bigint
  readonly id: BlockId
}

/** Options of the session service. */
export interface SessionInit {
  /** 64 hexadecimal digits: the hash of the network part of the profile. A peer with another one is refused */
  readonly networkId: string
  /** Name in the protocol ids `/<name>/live/1` and `/<name>/bulk/1`: 1 to 64 characters of a-z, 0-9, `-` */
  readonly protocolName: string
  /** Protocol version we speak and tell. 1 to 2^31 - 1 */
  readonly protocolVersion: number
  /** Lowest protocol version of a peer. Higher than its neighbours', and the node cuts itself off */
  readonly minProtocolVersion: number
  /** Largest block in bytes, 1 KiB to 128 MiB: bounds the credit and a `block` message */
  readonly maxBlockBytes: number
  /** Our chain's end, told in `version` */
  readonly tip: () => LocalTip
  /**
   * Service bits told in `version`.
   *
   * @default 1n
   */
  readonly services?: bigint
  /**
   * Told in `version`; 1 to 256 bytes.
   *
   * @default '/peerwright:0.1.0/'
   */
  readonly userAgent?: string
  /**
   * Features told in `version`; at most 32 of at most 64 bytes.
   *
   * @default []
   */
  readonly features?: readonly string[]
  /**
   * Time from connection to `verack`, in milliseconds, 100 to 120000. Short cuts off slow links, long lets silent strangers
   * hold a slot.
   *
   * @default 10000
   */
  readonly handshakeTimeoutMs?: number
  /**
   * Time between two pings, in milliseconds, 1000 to 3600000.
   *
   * @default 120000
   */
  readonly pingIntervalMs?: number
  /**
   * How long a pong may take, in milliseconds, 1000 to 3600000.
   *
   * @default 1200000
   */
  readonly pingTimeoutMs?: number
  /**
   * A session without a received byte for this long ends, as does one whose peer leaves one frame of an answer unread for as long, in
   * milliseconds, 1000 to 3600000.
   *
   * @default 300000
   */
  readonly idleTimeoutMs?: number
  /** Who may come in and how much they may ask; without it, everybody and everything within the message limits */
  readonly admission?: Admission
  /** Who has a slot, and who has to go for a newcomer; without it, everybody up to a bound of 8192 */
  readonly slots?: SlotPolicy
  /** Why the last channel to this address did not come about, as the encrypters have it: libp2p hands on the message alone; without it, `connect` says `unreachable` */
  readonly channelError?: ChannelError
  /** Told of a dial that ended as `no-channel`: nothing was agreed on, so that no encrypter tells. Called synchronously; must not throw */
  readonly onNoChannel?: () => void
  /** Time source; the machine's own when absent */
  readonly clock?: Clock
  /** Source of nonces; the operating system's when absent */
  readonly random?: Random
  /** Lets other work have its turn between two parts of a long message; a round of the event loop when absent */
  readonly yieldTurn?: YieldTurn
}

/** The options that may be left out. */
export interface SessionDefaults {
  readonly services: bigint
  readonly userAgent: string
  readonly features: readonly string[]
  readonly handshakeTimeoutMs: number
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  readonly idleTimeoutMs: number
}

/** Sources: DESIGN, "The life of a session" (handshake); ANCHORS 1.8, Bitcoin Core (ping 2 and 20 min); REQUIREMENTS QC-19 (idle). */
export const SESSION_DEFAULTS: SessionDefaults = {
  services: 1n,
  userAgent: '/peerwright:0.1.0/',
  features: [],
  handshakeTimeoutMs: 10_000,
  pingIntervalMs: 120_000,
  pingTimeoutMs: 1_200_000,
  idleTimeoutMs: 300_000
}

/**
 * Options with the defaults filled in.
 *
 * @throws OperationError `invalid-option`, naming the option and what would be right
 */
export function validateSessionInit (init: SessionInit): SessionInit & SessionDefaults {
  const options = { ...SESSION_DEFAULTS, ...withoutUndefined(init) }
  require(/^[0-9a-f]{64}$/.test(options.networkId), 'networkId', '64 hexadecimal digits in lower case')
  require(/^[a-z0-9-]{1,64}$/.test(options.protocolName), 'protocolName', '1 to 64 characters of a-z, 0-9 and -')
  range(options.protocolVersion, 'protocolVersion', 1, 0x7fff_ffff)
  range(options.minProtocolVersion, 'minProtocolVersion', 1, options.protocolVersion)
  range(options.maxBlockBytes, 'maxBlockBytes', 1_024, 134_217_728)
  range(options.handshakeTimeoutMs, 'handshakeTimeoutMs', 100, 120_000)
  range(options.pingIntervalMs, 'pingIntervalMs', 1_000, 3_600_000)
  range(options.pingTimeoutMs, 'pingTimeoutMs', 1_000, 3_600_000)
  range(options.idleTimeoutMs, 'idleTimeoutMs', 1_000, 3_600_000)
  const agentBytes = new TextEncoder().encode(options.userAgent).length
  require(agentBytes >= 1 && agentBytes <= 256, 'userAgent', '1 to 256 bytes')
  require(options.features.length <= 32, 'features', 'at most 32 names')
  return options
}

function withoutUndefined (init: SessionInit): SessionInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined)) as unknown as SessionInit
}

function range (value: number, name: string, lowest: number, highest: number): void {
  require(Number.isInteger(value) && value >= lowest && value <= highest, name, `a whole number from ${lowest} to ${highest}`)
}

function require (valid: boolean, name: string, right: string): void {
  if (!valid) {
    throw new OperationError('invalid-option', `session option ${name} must be ${right}`)
  }
}
