import { BoundedMap, type Random, shuffled } from '@peerwright/core'
import type { PeerTarget } from '@peerwright/interface'
import { addressKey } from './address-key.ts'

/** The bounds of dialling. */
export interface DialRules {
  /** Outbound sessions that are kept up */
  readonly targetOutbound: number
  /** Dials at a time */
  readonly maxDials: number
  /** Wait after the first failure of an address, in milliseconds; doubles with each further one */
  readonly backoffMs: number
  /** Longest wait, in milliseconds */
  readonly maxBackoffMs: number
}

/** Addresses whose failures are remembered. Chosen: the cache holds 1,000. */
const MAX_REMEMBERED = 4_096

interface Failures {
  readonly count: number
  readonly untilMs: number
}

/**
 * Whom to dial next. An address that failed waits, longer each time and by a random part more, so that nodes that lost the same
 * peer do not come back at the same moment; one that is being dialled is left alone.
 */
export class DialPlanner {
  readonly #rules: DialRules
  readonly #random: Random
  readonly #dialling = new Set<string>()
  readonly #failures = new BoundedMap<string, Failures>(MAX_REMEMBERED)

  constructor (rules: DialRules, random: Random) {
    this.#rules = rules
    this.#random = random
  }

  /** Dials under way */
  get dialling (): number {
    return this.#dialling.size
  }

  /**
   * Chooses, and counts the chosen ones as being dialled: by chance, those that failed less often first.
   *
   * @param candidates - none that there is a session with
   * @param outbound - outbound sessions now
   */
  choose (candidates: readonly PeerTarget[], outbound: number, nowMs: number): PeerTarget[] {
    const wanted = this.#rules.targetOutbound - outbound - this.#dialling.size
    const room = Math.min(wanted, this.#rules.maxDials - this.#dialling.size)
    if (room <= 0) {
      return []
    }
    const free = candidates.filter(({ address }) => {
      const key = addressKey(address)
      return !this.#dialling.has(key) && (this.#failures.get(key)?.untilMs ?? 0) <= nowMs
    })
    const chosen = shuffled(free, this.#random).sort((a, b) => this.#failuresOf(a) - this.#failuresOf(b)).slice(0, room)
    for (const { address } of chosen) {
      this.#dialling.add(addressKey(address))
    }
    return chosen
  }

  /** Whether an address has neither failed nor been a session's since it was last forgotten. */
  isUntried (target: PeerTarget): boolean {
    return this.#failuresOf(target) === 0
  }

  /** A dial led to a session. */
  succeeded ({ address }: PeerTarget): void {
    this.#dialling.delete(addressKey(address))
    this.#failures.delete(addressKey(address))
  }

  /** A dial failed, or a session ended early; `waitMs` when the peer asked for a longer wait. */
  failed ({ address }: PeerTarget, nowMs: number, waitMs = 0): void {
    const key = addressKey(address)
    const count = (this.#failures.get(key)?.count ?? 0) + 1
    const backoffMs = Math.min(this.#rules.maxBackoffMs, this.#rules.backoffMs * 2 ** (count - 1))
    const jitterMs = this.#random.below(Math.max(1, Math.floor(backoffMs / 2)))
    this.#dialling.delete(key)
    this.#failures.set(key, { count, untilMs: nowMs + Math.max(waitMs, backoffMs + jitterMs) })
  }

  #failuresOf ({ address }: PeerTarget): number {
    return this.#failures.get(addressKey(address))?.count ?? 0
  }

  /** When the first of the waiting candidates may be dialled again; undefined when none waits */
  nextMs (candidates: readonly PeerTarget[], nowMs: number): number | undefined {
    const waits = candidates.map(({ address }) => this.#failures.get(addressKey(address))?.untilMs ?? 0).filter(untilMs => untilMs > nowMs)
    return waits.length === 0 ? undefined : waits.reduce((first, untilMs) => Math.min(first, untilMs))
  }
}
