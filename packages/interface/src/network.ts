import type { NetAddress } from '@peerwright/core'
import type { ChannelFacts } from './channel-facts.ts'
import type { Goodbye } from './goodbye.ts'
import type { PeerFacts } from './peer-facts.ts'
import type { SlotHolder } from './slot-policy.ts'

/** The text form of a libp2p PeerId. */
export type PeerIdText = string

/**
 * What a connection is for, known at the dial and told in `version`. `full`: everything. `block-only`: blocks and headers,
 * no transactions or addresses. `feeler`: is anybody there? `addr-fetch`: addresses, then goodbye. `manual`: asked for by
 * the operator.
 */
export type ConnectionClass = 'full' | 'block-only' | 'feeler' | 'addr-fetch' | 'manual'

/** Whom to dial: an address, and the identity expected there where it is known. */
export interface PeerTarget {
  readonly address: NetAddress
  /** A PeerId; another one at this address is refused */
  readonly peerId?: PeerIdText
}

/** How to dial. */
export interface ConnectOptions {
  readonly class: ConnectionClass
  /** Gives up the attempt */
  readonly signal?: AbortSignal
}

/** What the other side said of itself in `version`. Claims, not facts. */
export interface RemoteVersion {
  readonly protocolVersion: number
  /** Service bits */
  readonly services: bigint
  /** At most 256 bytes, control characters removed */
  readonly userAgent: string
  /** Height of its best block */
  readonly startHeight: number
  /** Accumulated work of its best block */
  readonly chainWork: bigint
  /** Names of the features it offers */
  readonly features: readonly string[]
}

/** How an answer to a bulk request ended. */
export type BulkEnd = 'complete' | 'not-found' | 'busy' | 'pruned'

/** How an answer ended, and when to ask again. */
export interface RequestAnswer {
  readonly end: BulkEnd
  /** With `busy`: the peer would rather not be asked again for this long; 0 where it did not say */
  readonly retryAfterSeconds?: number
}

/** What tells this conversation from every other: 64 random bits of each side, sent in `version`. */
export interface VersionNonces {
  readonly local: bigint
  readonly remote: bigint
}

/** What to do with an answer. */
export interface RequestOptions {
  /** Payload bytes that the answer is thought to have; counted against the credit until they are here */
  readonly expectedBytes: number
  /** Most payload bytes that the whole answer may have; more is a fault of the peer */
  readonly maxBytes: number
  /** The request is given up when no byte of any answer came for this long, in milliseconds; waiting for its turn counts */
  readonly idleTimeoutMs: number
  /**
   * Called for each frame of the answer, in order. While the promise is pending no further frame is read from this
   * peer's bulk stream. A `PeerFault` thrown here ends the session.
   */
  readonly onFrame: (type: number, payload: Uint8Array) => void | Promise<void>
  /** Withdraws the interest: late frames are dropped */
  readonly signal?: AbortSignal
}

/** The answering side of a bulk request. */
export interface BulkReply {
  /** Sends one frame of the answer; resolves when the connection can take more. Rejects with `closed`. */
  send(type: number, payload: Uint8Array): Promise<void>
  /** Ends the answer. Exactly once; a handler that returns without it answers `not-found`. */
  end(end: BulkEnd, retryAfterSeconds?: number): Promise<void>
}

/**
 * One conversation with one peer, after `verack`. There is never more than one per PeerId.
 */
export interface PeerSession {
  readonly peerId: PeerIdText
  readonly direction: 'inbound' | 'outbound'
  readonly class: ConnectionClass
  /** The address dialled, or the one the connection came from (its port is then not where the peer listens) */
  readonly address: NetAddress
  readonly remote: RemoteVersion
  readonly channel: ChannelFacts
  /** The nonces of the two `version` messages */
  readonly nonces: VersionNonces
  /** What the parts of the node have learned of this peer; each field has one writer */
  readonly facts: PeerFacts
  /** Whether the session has not begun to close */
  readonly open: boolean
  /**
   * Queues a message on the live stream.
   *
   * @returns false, and queues nothing, when the session closes or its send queue is full
   */
  send(type: number, payload: Uint8Array): boolean
  /**
   * Bytes of bulk answers that may be outstanding now: max(2 x bandwidth-delay product, one block), at most 16 blocks,
   * less what is outstanding.
   */
  bulkCredit(): number
  /**
   * Asks over the bulk stream. At most 2 requests of a session are unanswered at a time; a further one waits.
   *
   * @throws OperationError `closed`, `timeout`, `aborted`
   */
  request(type: number, payload: Uint8Array, options: RequestOptions): Promise<RequestAnswer>
  /**
   * Says goodbye and closes; resolves when the connection is gone.
   *
   * @param fault - what the peer did, for observers on this side
   */
  close(goodbye: Goodbye, fault?: Error): Promise<void>
}

/** Handles one live message. While the promise is pending no further live message is read from this peer. */
export type LiveHandler = (session: PeerSession, payload: Uint8Array) => void | Promise<void>

/** Answers one bulk request. */
export type RequestHandler = (session: PeerSession, payload: Uint8Array, reply: BulkReply) => void | Promise<void>

/** The messages that one part of the node owns. A `PeerFault` thrown by a handler ends the session. */
export interface MessageOwner {
  /** As in the message table, such as `sync` */
  readonly owner: string
  readonly live?: Readonly<Record<number, LiveHandler>>
  readonly requests?: Readonly<Record<number, RequestHandler>>
}

/** Why a session ended. */
export interface SessionEnd {
  /** A goodbye code, or `lost` when the connection broke without one */
  readonly code: Goodbye['code'] | 'lost'
  /** Whether the other side ended it */
  readonly remote: boolean
  /** The other side asked not to be dialled again for this long */
  readonly retryAfterSeconds?: number
  /** The fault that ended it, where one did */
  readonly fault?: Error
}

/** Hears of sessions. Called synchronously; must not throw. */
export interface NetworkObserver {
  opened?(session: PeerSession): void
  closed?(session: PeerSession, end: SessionEnd): void
  /** A connection came to its end before `verack`. */
  failed?(peer: SlotHolder, end: SessionEnd): void
}

/**
 * The one seam between what a node does and how bytes reach its peers. Production, the in-memory network and the simulator
 * implement it; one compliance suite runs against all.
 */
export interface Network {
  readonly localPeer: PeerIdText
  /** The open sessions */
  sessions(): readonly PeerSession[]
  /**
   * Dials, secures, shakes hands. A peer we already have a session with gives that session.
   *
   * @throws OperationError `timeout`, `aborted`, `unreachable`, `refused` (its message says why), `no-channel`, `self`, `wrong-network`
   * @throws PeerFault when the other side breaks the protocol during the handshake, or its channel is refused: `downgrade` and its like
   */
  connect(target: PeerTarget, options: ConnectOptions): Promise<PeerSession>
  /**
   * Registers the handlers of an owner.
   *
   * @throws InvariantError when a type has another owner already or is not the owner's in the message table
   */
  handle(owner: MessageOwner): void
  /** @returns a function that ends the subscription */
  observe(observer: NetworkObserver): () => void
}
