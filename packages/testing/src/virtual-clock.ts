import type { Clock, Timer } from '@peerwright/core'

interface Scheduled {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
  cancelled: boolean
}

/** A clock that stands still until it is turned. Timers fire in the order of their times, ties in the order they were set. */
export class VirtualClock implements Clock {
  #nowMs: number
  #order = 0
  #timers: Scheduled[] = []

  /** @param startMs - what `now` says at first; `monotonic` starts at 0 */
  constructor (startMs = 1_700_000_000_000) {
    this.#startMs = startMs
    this.#nowMs = 0
  }

  readonly #startMs: number

  now (): number {
    return this.#startMs + this.#nowMs
  }

  monotonic (): number {
    return this.#nowMs
  }

  schedule (delayMs: number, callback: () => void): Timer {
    const timer: Scheduled = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback, cancelled: false }
    this.#timers.push(timer)
    return { cancel: () => { timer.cancelled = true } }
  }

  /** Timers that wait */
  get pending (): number {
    return this.#timers.filter(timer => !timer.cancelled).length
  }

  /** Turns the clock, timer by timer, letting promises settle in between. */
  async advance (ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settled()
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
      await settled()
    }
    this.#nowMs = untilMs
  }

  /**
   * Turns the clock until `condition` holds.
   *
   * @throws Error when it does not within `limitMs` of virtual time
   */
  async until (condition: () => boolean, limitMs = 3_600_000): Promise<void> {
    const endMs = this.#nowMs + limitMs
    await settled()
    while (!condition()) {
      const next = this.#next(endMs)
      if (next === undefined) {
        throw new Error(`did not happen within ${limitMs} ms of virtual time`)
      }
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
      await settled()
    }
  }

  #next (untilMs: number): Scheduled | undefined {
    this.#timers = this.#timers.filter(timer => !timer.cancelled)
    let best: Scheduled | undefined
    for (const timer of this.#timers) {
      const earlier = best === undefined || timer.atMs < best.atMs || (timer.atMs === best.atMs && timer.order < best.order)
      if (timer.atMs <= untilMs && earlier) {
        best = timer
      }
    }
    if (best !== undefined) {
      this.#timers.splice(this.#timers.indexOf(best), 1)
    }
    return best
  }
}

/** Lets everything that is ready run: promises, and the callbacks of input and output. */
async function settled (): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise<void>(resolve => { setImmediate(resolve) })
  }
}
