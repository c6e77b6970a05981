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
}

/** How far the sync has come. */
export interface SyncProgress {
  readonly phase: SyncPhase
  /** Height of the connected tip */
  readonly height: number
  readonly headerHeight: number
  /** Height of the best tip that a peer told, or our own where that is higher */
  readonly targetHeight: number
  /** Headers and blocks taken since the start */
  readonly headers: number
  readonly blocks: number
  /** Block bytes received since the start */
  readonly bytes: number
  /** Every peer that gave a block since the start, most bytes first; at most 64 */
  readonly peers: readonly PeerProgress[]
}

/** Hears how the sync goes. Called synchronously; must not throw. */
export interface SyncObserver {
  /** Another phase began */
  phase?(phase: SyncPhase, progress: SyncProgress): void
  /** A peer was dropped or set aside, and why */
  peerFailed?(peerId: PeerIdText, reason: string): void
  /** Blocks were taken off the active chain, down to this point */
  reorg?(to: ChainPoint): void
  /** The chain refused a block or headers */
  rejected?(peerId: PeerIdText, reason: string): void
}
