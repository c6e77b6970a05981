import type { PeerIdText } from '@peerwright/interface'
import { PROTECTED_BLOCK_ONLY, PROTECTED_BY_BLOCK, PROTECTED_BY_NETGROUP, PROTECTED_BY_PING, PROTECTED_BY_TRANSACTION } from './constants.ts'

/** An inbound peer that may be evicted. */
export interface EvictionCandidate {
  readonly peerId: PeerIdText
  /** Its netgroup under a secret: equal for equal groups, in an order that nobody knows */
  readonly netgroup: string
  readonly connectedMs: number
  /** Smallest round trip; absent where none was measured */
  readonly minRttMs?: number
  /** Absent: it never delivered one */
  readonly lastTxMs?: number
  readonly lastBlockMs?: number
  readonly relaysTransactions: boolean
  /** From this machine, or through something on it: one address for many */
  readonly local: boolean
  /** 0 for everybody; those of the highest number go first */
  readonly preferEvict: number
}

type Order = (a: EvictionCandidate, b: EvictionCandidate) => number

const byNetgroup: Order = (a, b) => a.netgroup < b.netgroup ? -1 : a.netgroup > b.netgroup ? 1 : 0
const youngestFirst: Order = (a, b) => b.connectedMs - a.connectedMs
const slowestFirst: Order = (a, b) => descending(a.minRttMs ?? Infinity, b.minRttMs ?? Infinity)
const txLast: Order = (a, b) => firstOf(ascending(a.lastTxMs, b.lastTxMs), Number(a.relaysTransactions) - Number(b.relaysTransactions), youngestFirst(a, b))
const blockLast: Order = (a, b) => firstOf(ascending(a.lastBlockMs, b.lastBlockMs), youngestFirst(a, b))
const blockOnlyLast: Order = (a, b) => firstOf(Number(b.relaysTransactions) - Number(a.relaysTransactions), blockLast(a, b))

/**
 * Which of the inbound peers has to go for a newcomer, as Bitcoin Core decides it (SelectNodeToEvict): those who were useful lately, or
 * stand apart, or have been here for long, are protected; of the rest the youngest of the largest netgroup goes.
 *
 * Rationale. Whoever fills the slots from a few networks fills them with young peers of the largest groups, and evicts itself. To evict an
 * honest peer it would have to be nearer, faster with blocks and transactions, and older, all at once.
 *
 * @returns undefined when all are protected
 */
export function selectPeerToEvict (candidates: readonly EvictionCandidate[]): PeerIdText | undefined {
  let left = protect(candidates, byNetgroup, PROTECTED_BY_NETGROUP)
  left = protect(left, slowestFirst, PROTECTED_BY_PING)
  left = protect(left, txLast, PROTECTED_BY_TRANSACTION)
  left = protect(left, blockOnlyLast, PROTECTED_BLOCK_ONLY, ({ relaysTransactions }) => !relaysTransactions)
  left = protect(left, blockLast, PROTECTED_BY_BLOCK)
  left = protectOldHalf(left)
  const most = Math.max(...left.map(({ preferEvict }) => preferEvict))
  return youngestOfLargestGroup(left.filter(({ preferEvict }) => preferEvict === most))?.peerId
}

/** Without the last `count` in an order, or those of them that `which` is true of. */
function protect (candidates: readonly EvictionCandidate[], order: Order, count: number, which: (candidate: EvictionCandidate) => boolean = () => true): EvictionCandidate[] {
  const sorted = candidates.toSorted(order)
  const kept = new Set(sorted.slice(-count).filter(which))
  return sorted.filter(candidate => !kept.has(candidate))
}

/** Without the older half; up to half of the places are for those who share this machine's address, who could not be told apart otherwise. */
function protectOldHalf (candidates: readonly EvictionCandidate[]): EvictionCandidate[] {
  const half = Math.floor(candidates.length / 2)
  const local = candidates.filter(candidate => candidate.local).toSorted(youngestFirst)
  const kept = new Set(local.slice(Math.max(0, local.length - Math.floor(half / 2))))
  const rest = candidates.filter(candidate => !kept.has(candidate)).toSorted(youngestFirst)
  return rest.slice(0, rest.length - (half - kept.size))
}

function youngestOfLargestGroup (candidates: readonly EvictionCandidate[]): EvictionCandidate | undefined {
  const groups = Map.groupBy(candidates.toSorted(youngestFirst), ({ netgroup }) => netgroup)
  let chosen: EvictionCandidate[] = []
  for (const group of groups.values()) {
    const younger = (group[0]?.connectedMs ?? 0) > (chosen[0]?.connectedMs ?? 0)
    if (group.length > chosen.length || (group.length === chosen.length && younger)) {
      chosen = group
    }
  }
  return chosen[0]
}

/** The first order that tells the two apart. */
function firstOf (...orders: readonly number[]): number {
  return orders.find(order => order !== 0) ?? 0
}

/** Who never did comes before who did long ago. */
function ascending (a: number | undefined, b: number | undefined): number {
  return descending(b ?? -Infinity, a ?? -Infinity)
}

/** Infinity less infinity is no number. */
function descending (a: number, b: number): number {
  return a === b ? 0 : b - a
}
