import { BoundedMap } from '@peerwright/core'
import type { BlockId, BlockRef, Chain, PeerSession, PeerTip } from '@peerwright/interface'
import { MAX_LACKING } from './constants.ts'

/** What sync keeps of one peer. */
export interface SyncPeer {
  readonly session: PeerSession
  /** Requests for blocks under way; each holds the ids that have not come yet */
  readonly requests: Set<Set<BlockId>>
  /** Blocks it said it does not have */
  readonly lacks: BoundedMap<BlockId, true>
  /** Withdraws what is asked of it */
  readonly controller: AbortController
  /** It does not lead the header sync before this time */
  leadsAfterMs: number
  /** When bytes of it last arrived, and how many there were then */
  seenBytes: number
  seenMs: number
}

/** A peer whose session just opened. */
export function newPeer (session: PeerSession, nowMs: number): SyncPeer {
  return {
    session,
    requests: new Set(),
    lacks: new BoundedMap(MAX_LACKING),
    controller: new AbortController(),
    leadsAfterMs: 0,
    seenBytes: session.facts.bytesIn,
    seenMs: nowMs
  }
}

/** The peer with the most work that may lead; among equals the one with the shorter round trip. */
export function chooseLeader (peers: Iterable<SyncPeer>, aboveWork: bigint, nowMs: number): SyncPeer | undefined {
  let best: { peer: SyncPeer, tip: PeerTip } | undefined
  for (const peer of peers) {
    const { tip, minRttMs = Infinity } = peer.session.facts
    if (tip === undefined || tip.work <= aboveWork || nowMs < peer.leadsAfterMs || !peer.session.open) {
      continue
    }
    const better = best === undefined || tip.work > best.tip.work ||
      (tip.work === best.tip.work && minRttMs < (best.peer.session.facts.minRttMs ?? Infinity))
    if (better) {
      best = { peer, tip }
    }
  }
  return best?.peer
}

/**
 * Which blocks a peer has, as far as its tip tells: all of the branch that its tip is on.
 *
 * @returns a test for blocks of the best header chain
 */
export function servedBy (peer: SyncPeer, chain: Chain): (ref: BlockRef) => boolean {
  const { tip } = peer.session.facts
  if (tip === undefined) {
    return () => false
  }
  const onBestChain = chain.ancestor(chain.headerTip().id, tip.height) === tip.id
  return ref => {
    if (ref.height > tip.height || peer.lacks.has(ref.id)) {
      return false
    }
    return onBestChain || chain.ancestor(tip.id, ref.height) === ref.id
  }
}
