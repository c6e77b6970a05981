import type { BlockId, ChainPoint, PeerIdText } from '@peerwright/interface'

/**
 * Where a node stands on its way to the tip. `bootstrap`: it knows nobody. `discovery`: somebody is there, nobody has told a
 * tip. `headers`, `blocks`: it fetches them. `maintenance`: it stands at the best tip it has heard of.
 */
export type SyncPhase = 'bootstrap' | 'discovery' | 'headers' | 'blocks' | 'maintenance'

/** What decides the phase. */
export interface PhaseFacts {
  readonly sessions: number
  /** Work of the best tip that a peer told and is believed to be able to show */
  readonly bestWork: bigint | undefined
  readonly headerWork: bigint
  readonly tip: BlockId
  readonly headerTip: BlockId
  readonly mode: 'full' | 'headers'
}

/** The phase that the facts stand for. */
export function phaseOf (facts: PhaseFacts): SyncPhase {
  if (facts.sessions === 0) {
    return 'bootstrap'
  }
  if (facts.bestWork === undefined) {
    return 'discovery'
  }
  if (facts.bestWork > facts.headerWork) {
    return 'headers'
  }
  return facts.mode === 'full' && facts.tip !== facts.headerTip ? 'blocks' : 'maintenance'
}

/** What one peer gave. */
export interface PeerProgress {
  readonly peerId: PeerIdText
  readonly blocks: number
  readonly bytes: number
  /** Block bytes a second over the last ten; 0 once it is gone */
  readonly bytesPerSecond: number
}

/** How far the sync has come. */
export interface SyncProgress {
  readonly phase: SyncPhase
  /** Height of the connected tip */
  readonly height: number
  readonly headerHeight: number
  /** How far a branch was looked at whose work is too little so far; nothing of it is stored. 0 where there is none */
  readonly presyncHeight: number
  /** Height of the best tip that a peer told, or our own where that is higher */
  readonly targetHeight: number
  /** Headers and blocks taken since the start */
  readonly headers: number
  readonly blocks: number
  /** Block bytes received since the start */
  readonly bytes: number
  /** Over the last ten seconds */
  readonly headersPerSecond: number
  /** Over the last ten seconds: blocks that connected */
  readonly blocksPerSecond: number
  /** Every peer that gave a block since the start, most bytes first; at most 64 */
  readonly peers: readonly PeerProgress[]
}

/**
 * What a node waits for that gets nowhere. `no-peers`: it has no session. `no-tips`: nobody told a tip that is believed.
 * `no-headers`, `no-blocks`: nobody gives what is missing.
 */
export type WaitingReason = 'no-peers' | 'no-tips' | 'no-headers' | 'no-blocks'

/** Hears how the sync goes. Called synchronously; must not throw. */
export interface SyncObserver {
  /** Another phase began */
  phase?(phase: SyncPhase, progress: SyncProgress): void
  /** Headers or blocks came; at most twice a second */
  progress?(progress: SyncProgress): void
  /** Nothing came for 30 s though the tip is not reached; told again when it lasts and the reason changes, or after progress */
  waiting?(reason: WaitingReason, progress: SyncProgress): void
  /** A peer was dropped or set aside, and why */
  peerFailed?(peerId: PeerIdText, reason: string): void
  /** A block was taken off the active chain, which ends at this point now */
  reorg?(to: ChainPoint): void
  /** There is a branch with more work and all its blocks, `depth` blocks deep, and the chain does not turn to it */
  reorgRefused?(depth: number, tip: ChainPoint): void
  /** The chain refused a block or headers */
  rejected?(peerId: PeerIdText, reason: string): void
  /** The chain could not take what it was given: a full disk, a closed store. It is offered again later */
  chainFailed?(error: unknown): void
}
