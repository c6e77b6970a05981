import type { BlockId } from './chain.ts'
import type { CertifiedPeer } from './identity.ts'

/** What a peer's chain ends with, as it says. */
export interface PeerTip {
  readonly id: BlockId
  readonly height: number
  /** Accumulated work */
  readonly work: bigint
}

/** What the parts of a node have learned of one peer. Times are monotonic milliseconds. */
export interface PeerFacts {
  /** When the session opened. Written by session */
  readonly openedMs: number
  /** Latest ping round trip, in milliseconds. Written by session */
  rttMs?: number
  /** Smallest ping round trip, in milliseconds. Written by session */
  minRttMs?: number
  /** Bytes received on its streams, as they come. Written by session */
  bytesIn: number
  /** Bytes given to its streams. Written by session */
  bytesOut: number
  /** Rate at which bulk answers arrive while any are outstanding, bytes per second. Written by session */
  bulkBytesPerSecond?: number
  /** Whether it has proved on this very channel that it holds an ML-DSA key: in the handshake, or after it. Written by identity */
  pqAuth?: boolean
  /** Whether that key is certified, and listed where a registry is asked. Written by identity */
  peerCertified?: boolean
  /** What the certificate of that key says; absent as long as only the handshake has proved it. Written by identity */
  certified?: CertifiedPeer
  /** The tip it told last. Written by sync */
  tip?: PeerTip
  /** When it last delivered a block we asked for. Written by sync */
  lastBlockMs?: number
  /** When it last delivered a transaction that we took. Written by relay */
  lastTxMs?: number
  /** Blocks it delivered. Written by sync */
  blocks?: number
}
