import type { Random } from '@peerwright/core'
import type { ChainPoint } from '@peerwright/interface'
import { busyMs } from './busy.ts'
import { CHAIN_RETRY_MS, LEADER_COOLDOWN_MS, LEADER_RETRY_MS } from './constants.ts'
import { HeaderRound, type RoundEnd } from './header-sync.ts'
import type { SyncSetting } from './options.ts'
import { promises, type SyncPeer } from './peers.ts'

/** What the header sync tells of its work. */
export interface LeadEvents {
  readonly onHeaders: (added: number) => void
  /** Headers came whose branch has too little work so far */
  readonly onLooked: (headers: number) => void
  /** A peer is set aside: it does not lead for a while */
  readonly onAside: (peer: SyncPeer, reason: string) => void
  /** A peer whose branch has too little work is to be dropped */
  readonly onLowWork: (peer: SyncPeer) => void
  /** The chain refused a header of a peer; its session ends with the fault */
  readonly onInvalid: (peer: SyncPeer, reason: string) => void
  /** Our own chain failed */
  readonly onChainFailed: (error: unknown) => void
  /** A round is over: somebody else may lead */
  readonly onIdle: () => void
}

/**
 * The peer to ask for headers: whoever promises the most work; among equals the one that leads, else one by chance. Those
 * that failed come last, and not before their time.
 *
 * @public for its test
 */
export function chooseLeader (candidates: readonly SyncPeer[], current: SyncPeer | undefined, random: Random, nowMs: number): SyncPeer | undefined {
  const clean = candidates.filter(peer => nowMs >= peer.leadsAfterMs)
  const pool = clean.length > 0 ? clean : candidates.filter(peer => nowMs >= peer.retryLeadMs)
  const work = (peer: SyncPeer): bigint => peer.session.facts.tip?.work ?? 0n
  const most = pool.reduce((best, peer) => work(peer) > best ? work(peer) : best, 0n)
  const best = pool.filter(peer => work(peer) === most)
  return current !== undefined && best.includes(current) ? current : best[best.length === 0 ? 0 : random.below(best.length)]
}

/** One leader at a time gives headers; it is replaced when it fails, when it is too slow, and when another promises more. */
export class HeaderLead {
  readonly #setting: SyncSetting
  readonly #peers: ReadonlyMap<object, SyncPeer>
  readonly #events: LeadEvents
  #round: HeaderRound | undefined
  #restsUntilMs = 0

  constructor (setting: SyncSetting, peers: ReadonlyMap<object, SyncPeer>, events: LeadEvents) {
    this.#setting = setting
    this.#peers = peers
    this.#events = events
  }

  /** Who leads now */
  get leader (): SyncPeer | undefined {
    return this.#round?.peer
  }

  /** How far a branch of too little work was looked at; 0 where there is none */
  get presyncHeight (): number {
    return this.#round?.presyncHeight ?? 0
  }

  /** Starts a round when there is a reason to, and ends one that makes no progress. */
  check (nowMs: number): void {
    const round = this.#round
    if (round !== undefined) {
      if (nowMs - round.progressMs >= this.#setting.headerLeaderTimeoutMs) {
        this.stop()
        this.#aside(round.peer, 'no headers in time')
        this.#events.onIdle()
      } else if (round.isEndless(nowMs) && this.#candidates(this.#setting.chain.headerTip().work).some(peer => peer !== round.peer && nowMs >= peer.retryLeadMs)) {
        this.stop()
        this.#aside(round.peer, 'its headers take too long to show their work')
        this.#events.onIdle()
      }
      return
    }
    const leader = nowMs < this.#restsUntilMs ? undefined : this.#choose(undefined, this.#setting.chain.headerTip().work)
    if (leader !== undefined) {
      this.#lead(leader)
    }
  }

  /** Withdraws what is asked. */
  stop (): void {
    this.#round?.stop()
    this.#round = undefined
  }

  /** A peer is gone. */
  gone (peer: SyncPeer): void {
    if (this.#round?.peer === peer) {
      this.stop()
    }
  }

  #choose (current: SyncPeer | undefined, aboveWork: bigint): SyncPeer | undefined {
    const { random, clock } = this.#setting
    return chooseLeader(this.#candidates(aboveWork), current, random, clock.monotonic())
  }

  #candidates (aboveWork: bigint): SyncPeer[] {
    return [...this.#peers.values()].filter(peer => promises(peer, this.#setting.chain, aboveWork))
  }

  #lead (peer: SyncPeer): void {
    const round: HeaderRound = new HeaderRound({
      setting: this.#setting,
      peer,
      mayGoOn: cursor => this.#round === round && this.#choose(peer, this.#above(cursor)) === peer,
      onLooked: this.#events.onLooked,
      onAdded: this.#events.onHeaders,
      onInvalid: reason => { this.#events.onInvalid(peer, reason) }
    })
    this.#round = round
    void round.run().then(end => {
      // Stopped or replaced: the peer is not to blame
      if (this.#round === round) {
        this.#round = undefined
        this.#judge(peer, end)
        this.#events.onIdle()
      }
    })
  }

  #above (cursor: ChainPoint): bigint {
    const { work } = this.#setting.chain.headerTip()
    return cursor.work > work ? cursor.work : work
  }

  #judge (peer: SyncPeer, end: RoundEnd): void {
    const nowMs = this.#setting.clock.monotonic()
    switch (end.status) {
      case 'done':
        peer.leadFailures = 0
        break
      case 'empty':
        // Unless what it promised came by another way meanwhile
        if (promises(peer, this.#setting.chain, this.#setting.chain.headerTip().work)) {
          this.#aside(peer, 'no headers, though its tip has more work')
        }
        break
      case 'busy':
        peer.leadsAfterMs = nowMs + busyMs(0, end.retryAfterSeconds)
        peer.retryLeadMs = peer.leadsAfterMs
        break
      case 'low-work':
        this.#events.onLowWork(peer)
        break
      case 'lost':
        if (peer.session.open) {
          this.#aside(peer, `no headers: ${end.error.message}`)
        }
        break
      case 'chain-failed':
        this.#restsUntilMs = nowMs + CHAIN_RETRY_MS
        this.#events.onChainFailed(end.error)
    }
  }

  #aside (peer: SyncPeer, reason: string): void {
    const nowMs = this.#setting.clock.monotonic()
    peer.leadsAfterMs = nowMs + LEADER_COOLDOWN_MS
    peer.retryLeadMs = nowMs + Math.min(LEADER_COOLDOWN_MS, LEADER_RETRY_MS * 2 ** peer.leadFailures)
    peer.leadFailures++
    this.#events.onAside(peer, reason)
  }
}
