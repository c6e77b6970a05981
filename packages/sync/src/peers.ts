import { BoundedMap } from '@peerwright/core'
import type { BlockId, BlockRef, Chain, ChainPoint, PeerSession, PeerTip } from '@peerwright/interface'
import { MAX_LACKING } from './constants.ts'
import { Rate } from './rate.ts'

/** What sync keeps of one peer. */
export interface SyncPeer {
  readonly session: PeerSession
  /** Requests for blocks under way; each holds the ids that have not come yet */
  readonly requests: Set<Set<BlockId>>
  /** Blocks it said it does not have, and until when it is believed */
  readonly lacks: BoundedMap<BlockId, number>
  /** Withdraws what is asked of it */
  readonly controller: AbortController
  readonly rate: Rate
  /** Highest block that it has thrown away */
  prunedHeight: number
  /** It is not asked for blocks before this time */
  busyUntilMs: number
  busyTimes: number
  /** It does not lead the header sync before this time while others can, and before `retryLeadMs` in any case */
  leadsAfterMs: number
  retryLeadMs: number
  leadFailures: number
  /** The last header it gave: where to go on, even on a branch that is not the best yet */
  cursor: ChainPoint | undefined
  /** The last tip it told whose header is known */
  known: PeerTip | undefined
  /** How far it shares the best header chain, for `known` and the header tip of then */
  shared: { readonly tip: BlockId, readonly headerTip: BlockId, readonly height: number } | undefined
  /** When bytes of it last arrived, and how many there were then */
  seenBytes: number
  seenMs: number
  /** When it last brought a block that was wanted */
  deliveredMs: number
}

/** A peer whose session just opened. */
export function newPeer (session: PeerSession, nowMs: number): SyncPeer {
  return {
    session,
    requests: new Set(),
    lacks: new BoundedMap(MAX_LACKING),
    controller: new AbortController(),
    rate: new Rate(nowMs),
    prunedHeight: -1,
    busyUntilMs: 0,
    busyTimes: 0,
    leadsAfterMs: 0,
    retryLeadMs: 0,
    leadFailures: 0,
    cursor: undefined,
    known: undefined,
    shared: undefined,
    seenBytes: session.facts.bytesIn,
    seenMs: nowMs,
    deliveredMs: -Infinity
  }
}

/**
 * Whether a peer promises more than `aboveWork`: it told a tip of more work that is not known. What is known is believed to the
 * chain, whatever the peer claimed it to be worth.
 */
export function promises (peer: SyncPeer, chain: Chain, aboveWork: bigint): boolean {
  const { tip } = peer.session.facts
  return tip !== undefined && tip.work > aboveWork && peer.session.open && chain.point(tip.id) === undefined
}

/**
 * Which blocks of the best header chain a peer has, as far as its tip tells: those of the branch that its tip is on, but for
 * what it said it does not have.
 */
export function servedBy (peer: SyncPeer, chain: Chain, nowMs: number): (ref: BlockRef) => boolean {
  const height = sharedHeight(peer, chain)
  return ref => ref.height <= height && ref.height > peer.prunedHeight && (peer.lacks.get(ref.id) ?? -Infinity) <= nowMs
}

/** Height up to which a peer's branch and the best header chain are one; -1 when nothing is known of its branch. */
function sharedHeight (peer: SyncPeer, chain: Chain): number {
  const told = peer.session.facts.tip
  if (told !== undefined && told.id !== peer.known?.id) {
    peer.known = chain.point(told.id) ?? peer.known
  }
  if (peer.known === undefined) {
    return -1
  }
  const headerTip = chain.headerTip()
  if (peer.shared?.tip !== peer.known.id || peer.shared.headerTip !== headerTip.id) {
    peer.shared = { tip: peer.known.id, headerTip: headerTip.id, height: forkHeight(chain, peer.known, headerTip) }
  }
  return peer.shared.height
}

/** Height of the last block that two branches share. */
export function forkHeight (chain: Chain, a: PeerTip, b: PeerTip): number {
  const same = (height: number): boolean => {
    const id = chain.ancestor(a.id, height)
    return id !== undefined && id === chain.ancestor(b.id, height)
  }
  let high = Math.min(a.height, b.height)
  if (same(high)) {
    return high
  }
  let low = 0
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (same(middle)) {
      low = middle
    } else {
      high = middle
    }
  }
  return low
}
