import type { Budgets } from '@peerwright/chain-spec'
import { BoundedMap, TokenBucket } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import { messageByType, messageType } from '@peerwright/protocol-messages'
import { BYTES_PER_COST, MAX_EXPECTED_TYPES, MAX_HOSTS, MAX_PEERS, MAX_UNANSWERED, REQUEST_ENTRY_BYTES } from './constants.ts'
import { bucketOf, type NodeBuckets } from './node-buckets.ts'
import { Overload } from './overload.ts'
import { SlidingWindow } from './sliding-window.ts'

/** Which budget a frame breaks. `overload`: ten times too much for a minute. */
export type BudgetBreach =
  'live-messages' | 'live-bytes' | 'control' | 'get-peers' | 'peer-bytes' | 'peer-cost' | 'generic' | 'bootstrap' | 'overload'

/** Who sent a frame. */
export interface Sender {
  readonly peerId: PeerIdText
  /** The key of its host: budgets of live traffic are shared by all peers of a host */
  readonly host: string
  /** When the session opened, which tells one session of a peer from the next */
  readonly openedMs: number
  /** Bytes we have sent on this session */
  readonly bytesOut: number
  /** Not bound by the budget of live traffic */
  readonly relay: boolean
  /** Not bound by the budgets of bulk traffic */
  readonly download: boolean
}

interface PeerBudget {
  readonly control: TokenBucket
  readonly bytes: TokenBucket | undefined
  readonly cost: TokenBucket | undefined
  readonly overload: Overload
  /** Answers that it owes us on the live stream */
  readonly expected: Map<number, number>
  openedMs: number
  chargedBytes: number
  askedForPeers: boolean
}

const GET_PEERS = messageType('get-peers')
const GETDATA = messageType('getdata')

/**
 * The budgets of REQUIREMENTS 5.3. Live traffic nobody asked for is counted by host, in a sliding window; pings and the like have an
 * allowance of their own; bulk requests pay for what they cost and, afterwards, for the bytes that were served.
 */
export class BudgetBook {
  readonly #budgets: Budgets
  readonly #node: NodeBuckets
  readonly #hosts = new BoundedMap<string, SlidingWindow>(MAX_HOSTS)
  readonly #peers = new BoundedMap<PeerIdText, PeerBudget>(MAX_PEERS)

  constructor (budgets: Budgets, node: NodeBuckets) {
    this.#budgets = budgets
    this.#node = node
  }

  /** Draws a frame on its budget. @returns the budget that it breaks, `owed` for what we asked for, undefined when there is room */
  draw (sender: Sender, type: number, sizeBytes: number, nowMs: number): BudgetBreach | 'owed' | undefined {
    const peer = this.#peer(sender, nowMs)
    const budget = messageByType(type)?.budget
    if (budget === 'answer') {
      // Bounded by the credit of what was asked for
      return 'owed'
    }
    if (budget === 'request') {
      return sender.download ? undefined : this.#request(peer, sender, type, sizeBytes, nowMs)
    }
    if (this.#isExpected(peer, type)) {
      return 'owed'
    }
    if (sender.relay) {
      return undefined
    }
    if (peer.overload.count(sizeBytes, nowMs)) {
      return 'overload'
    }
    return budget === 'control' ? this.#control(peer, type, nowMs) : this.#live(sender.host, sizeBytes, nowMs)
  }

  /** We asked a peer for so many messages of a type on the live stream: they are not unsolicited. */
  expect (sender: Sender, type: number, count: number, nowMs: number): void {
    const { expected } = this.#peer(sender, nowMs)
    if (expected.has(type) || expected.size < MAX_EXPECTED_TYPES) {
      expected.set(type, Math.min(MAX_UNANSWERED, (expected.get(type) ?? 0) + count))
    }
  }

  /** When a peer may ask again, in seconds, rounded up */
  retryAfterSeconds ({ peerId, host }: Sender, nowMs: number): number {
    const peer = this.#peers.get(peerId)
    const debts = [peer?.bytes, peer?.cost].map(bucket => bucket === undefined ? 0 : (1 - bucket.available(nowMs)) / bucket.rate.perSecond)
    return Math.max(1, Math.ceil(Math.max(...debts)), Math.ceil((this.#hosts.get(host)?.freeIn(nowMs) ?? 0) / 1_000))
  }

  #peer ({ peerId, openedMs }: Sender, nowMs: number): PeerBudget {
    const { controlPerMinute, peerBytes, peerCost, live } = this.#budgets
    let peer = this.#peers.touch(peerId)
    if (peer === undefined) {
      peer = {
        control: new TokenBucket({ capacity: controlPerMinute, perSecond: controlPerMinute / 60 }, nowMs),
        bytes: bucketOf(peerBytes, nowMs),
        cost: bucketOf(peerCost, nowMs),
        overload: new Overload(live),
        expected: new Map(),
        openedMs,
        chargedBytes: 0,
        askedForPeers: false
      }
      this.#peers.set(peerId, peer)
    } else if (peer.openedMs !== openedMs) {
      // A new session of a peer we know: what it spent is not forgotten
      Object.assign(peer, { openedMs, chargedBytes: 0, askedForPeers: false })
      peer.expected.clear()
    }
    return peer
  }

  #isExpected ({ expected }: PeerBudget, type: number): boolean {
    const count = expected.get(type) ?? 0
    if (count > 1) {
      expected.set(type, count - 1)
    } else {
      expected.delete(type)
    }
    return count > 0
  }

  #control (peer: PeerBudget, type: number, nowMs: number): BudgetBreach | undefined {
    if (type === GET_PEERS) {
      const asked = peer.askedForPeers
      peer.askedForPeers = true
      return asked ? 'get-peers' : undefined
    }
    return peer.control.take(1, nowMs) ? undefined : 'control'
  }

  #live (host: string, sizeBytes: number, nowMs: number): BudgetBreach | undefined {
    let window = this.#hosts.touch(host)
    if (window === undefined) {
      window = new SlidingWindow(this.#budgets.live)
      this.#hosts.set(host, window)
    }
    const taken = window.take(sizeBytes, nowMs)
    if (taken !== 'taken') {
      return taken === 'messages' ? 'live-messages' : 'live-bytes'
    }
    return this.#node.take('generic', sizeBytes, nowMs) ? undefined : 'generic'
  }

  #request (peer: PeerBudget, { bytesOut }: Sender, type: number, sizeBytes: number, nowMs: number): BudgetBreach | undefined {
    const served = Math.max(0, bytesOut - peer.chargedBytes)
    peer.chargedBytes = bytesOut
    peer.bytes?.charge(served, nowMs)
    peer.cost?.charge(served / BYTES_PER_COST, nowMs)
    this.#node.charge('bootstrap', served, nowMs)
    if ((peer.bytes?.available(nowMs) ?? 1) <= 0) {
      return 'peer-bytes'
    }
    if ((peer.cost?.available(nowMs) ?? 1) <= 0) {
      return 'peer-cost'
    }
    if (!this.#node.open('bootstrap', nowMs)) {
      return 'bootstrap'
    }
    peer.cost?.charge(type === GETDATA ? Math.max(1, Math.floor(sizeBytes / REQUEST_ENTRY_BYTES)) : 1, nowMs)
    return undefined
  }
}
