import type { ScoreEntry } from '@peerwright/interface'
import { LOWEST_SCORE, MAX_LEDGER_ENTRIES } from './constants.ts'

/** One deduction. */
export interface LedgerEntry {
  readonly rule: string
  /** Thousandths of a point, negative */
  readonly given: number
  /** On the ledger's own clock, which stands still while the peer is banned */
  readonly atMs: number
  readonly evidence?: string
}

/** Rule of the entry in which older ones are added up. */
const EARLIER = 'earlier'

/**
 * What a peer's ambiguous conduct cost it. Each deduction fades by itself, to half in each half-life, in whole thousandths of
 * a point; the score is the sum of what is left of them, and nothing else.
 *
 * The most recent deductions are kept one by one, older ones as a sum, which fades alike.
 */
export class Ledger {
  readonly #halfLifeMs: number
  #entries: LedgerEntry[] = []
  /** How long the ledger's clock had stood still when the pause began */
  #stoodMs = 0
  #pausedFromMs = 0
  #pausedUntilMs = 0

  constructor (halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs
  }

  /** Thousandths of a point, -100000 to 0 */
  score (nowMs: number): number {
    const ownMs = this.#own(nowMs)
    return this.#entries.reduce((sum, entry) => sum + this.#left(entry, ownMs), 0)
  }

  /**
   * Takes points off. What would go below the lowest score is not taken.
   *
   * @param points - thousandths of a point, negative
   */
  add (rule: string, points: number, nowMs: number, evidence?: string): void {
    const ownMs = this.#own(nowMs)
    this.#entries = this.#entries.filter(entry => this.#left(entry, ownMs) !== 0)
    const given = Math.max(points, LOWEST_SCORE - this.score(nowMs))
    this.#entries.push({ rule, given, atMs: ownMs, ...(evidence === undefined ? {} : { evidence }) })
    const [first, second] = this.#entries
    if (this.#entries.length > MAX_LEDGER_ENTRIES && first !== undefined && second !== undefined) {
      const sum = this.#left(first, ownMs) + this.#left(second, ownMs)
      this.#entries.splice(0, 2, { rule: EARLIER, given: sum, atMs: ownMs })
    }
  }

  /** Takes back what a rule cost in the last `windowMs`: it was not the peer's fault. */
  strike (rule: string, windowMs: number, nowMs: number): void {
    const ownMs = this.#own(nowMs)
    this.#entries = this.#entries.filter(entry => entry.rule !== rule || ownMs - entry.atMs > windowMs)
  }

  /** From now on, and for so long, nothing fades: whoever is banned does not sit it out. */
  pause (durationMs: number, nowMs: number): void {
    this.#stoodMs = nowMs - this.#own(nowMs)
    this.#pausedFromMs = nowMs
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + durationMs)
  }

  /** Each deduction, oldest first, with what is left of it. */
  explain (nowMs: number): ScoreEntry[] {
    const ownMs = this.#own(nowMs)
    return this.#entries.map(entry => ({
      rule: entry.rule,
      ageMs: ownMs - entry.atMs,
      given: entry.given,
      left: this.#left(entry, ownMs),
      ...(entry.evidence === undefined ? {} : { evidence: entry.evidence })
    }))
  }

  /** Time until the score has faded to `score`, both negative thousandths; 0 when it is there. */
  timeTo (score: number, nowMs: number): number {
    const now = this.score(nowMs)
    return now >= score ? 0 : Math.ceil(this.#halfLifeMs * Math.log2(now / score)) + this.pausedFor(nowMs)
  }

  /** What is left of the pause, in milliseconds */
  pausedFor (nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs)
  }

  /** The ledger's own time. */
  #own (nowMs: number): number {
    const standing = Math.max(0, Math.min(nowMs, this.#pausedUntilMs) - this.#pausedFromMs)
    return nowMs - this.#stoodMs - standing
  }

  #left (entry: LedgerEntry, ownMs: number): number {
    const age = Math.max(0, ownMs - entry.atMs)
    // `+ 0`: no negative zero
    return Math.round(entry.given * 2 ** (-age / this.#halfLifeMs)) + 0
  }
}
