/** Seconds that a rate looks back. Chosen: long enough to be read, short enough to show a stall. */
const WINDOW_SECONDS = 10

/** How many of something there were per second, over the last ten. Adding costs the same however much is added. */
export class Rate {
  readonly #counts = new Array<number>(WINDOW_SECONDS).fill(0)
  readonly #startedMs: number
  #second: number

  constructor (nowMs: number) {
    this.#startedMs = nowMs
    this.#second = Math.floor(nowMs / 1_000)
  }

  add (count: number, nowMs: number): void {
    this.#turn(nowMs)
    const at = this.#second % WINDOW_SECONDS
    this.#counts[at] = (this.#counts[at] ?? 0) + count
  }

  /** Per second, over the time since it was made where that is shorter. */
  perSecond (nowMs: number): number {
    this.#turn(nowMs)
    const seconds = Math.min(WINDOW_SECONDS - 1 + (nowMs % 1_000) / 1_000, (nowMs - this.#startedMs) / 1_000)
    return this.#counts.reduce((sum, count) => sum + count, 0) / Math.max(1, seconds)
  }

  #turn (nowMs: number): void {
    const second = Math.floor(nowMs / 1_000)
    for (let passed = Math.min(WINDOW_SECONDS, second - this.#second); passed > 0; passed--) {
      this.#counts[(second - passed + 1) % WINDOW_SECONDS] = 0
    }
    this.#second = Math.max(this.#second, second)
  }
}
