/** How a bucket fills: `capacity` tokens at most, `perSecond` new ones each second. */
export interface TokenBucketRate {
  readonly capacity: number
  readonly perSecond: number
}

/**
 * A token bucket that starts full. Takes the time as an argument (monotonic milliseconds), keeps no timer, and a
 * clock that goes back gives nothing and takes nothing.
 */
export class TokenBucket {
  readonly rate: TokenBucketRate
  #tokens: number
  #updatedMs: number

  constructor (rate: TokenBucketRate, nowMs: number) {
    this.rate = rate
    this.#tokens = rate.capacity
    this.#updatedMs = nowMs
  }

  /** Tokens there are at `nowMs` */
  available (nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - this.#updatedMs)
    return Math.min(this.rate.capacity, this.#tokens + elapsedMs * this.rate.perSecond / 1000)
  }

  /**
   * Takes `tokens` if they are all there.
   *
   * @returns whether they were taken
   */
  take (tokens: number, nowMs: number): boolean {
    const available = this.available(nowMs)
    this.#updatedMs = Math.max(this.#updatedMs, nowMs)
    if (available < tokens) {
      this.#tokens = available
      return false
    }
    this.#tokens = available - tokens
    return true
  }

  /** Takes `tokens` whether they are there or not, for what was spent already: the debt is paid before anything is taken again. */
  charge (tokens: number, nowMs: number): void {
    this.#tokens = this.available(nowMs) - tokens
    this.#updatedMs = Math.max(this.#updatedMs, nowMs)
  }
}
