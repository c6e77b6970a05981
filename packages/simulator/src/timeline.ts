import type { Clock, Timer } from '@peerwright/core'

interface Scheduled extends Timer {
  readonly atMs: number
  /** Of two at the same time the one that was scheduled first comes first */
  readonly order: number
  callback: (() => void) | undefined
}

/** What `now` says at the beginning of every run: the same seed must see the same dates. */
const EPOCH_MS = 1_700_000_000_000

/** Time that passes as fast as the work in it is done. What is due at the same moment runs in the order it was scheduled. */
export class Timeline implements Clock {
  readonly #heap: Scheduled[] = []
  #nowMs = 0
  #order = 0
  #events = 0

  /** Callbacks that have run */
  get events (): number {
    return this.#events
  }

  now (): number {
    return EPOCH_MS + this.#nowMs
  }

  monotonic (): number {
    return this.#nowMs
  }

  schedule (delayMs: number, callback: () => void): Timer {
    const timer: Scheduled = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      callback,
      cancel: () => { timer.callback = undefined }
    }
    this.#push(timer)
    return timer
  }

  /**
   * Lets time pass until `untilMs`, or until `done` says so.
   *
   * @param settle - lets everything that is ready run: promises, and what they lead to
   * @returns whether `done` said so
   */
  async run (untilMs: number, settle: () => Promise<void>, done: () => boolean = () => false): Promise<boolean> {
    await settle()
    while (!done()) {
      const atMs = this.#next()
      if (atMs === undefined || atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs)
        return false
      }
      this.#nowMs = atMs
      while (this.#next() === atMs) {
        const { callback } = this.#pop()
        this.#events++
        callback?.()
      }
      await settle()
    }
    return true
  }

  /** When the next callback is due; those taken back are thrown away on the way. */
  #next (): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]?.callback === undefined) {
      this.#pop()
    }
    return this.#heap[0]?.atMs
  }

  #push (timer: Scheduled): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as Scheduled
      if (!before(timer, above)) {
        break
      }
      heap[at] = above
      at = parent
    }
    heap[at] = timer
  }

  #pop (): Scheduled {
    const heap = this.#heap
    const first = heap[0] as Scheduled
    const last = heap.pop() as Scheduled
    const { length } = heap
    if (length > 0) {
      let at = 0
      for (;;) {
        let child = 2 * at + 1
        if (child >= length) {
          break
        }
        if (child + 1 < length && before(heap[child + 1] as Scheduled, heap[child] as Scheduled)) {
          child++
        }
        if (!before(heap[child] as Scheduled, last)) {
          break
        }
        heap[at] = heap[child] as Scheduled
        at = child
      }
      heap[at] = last
    }
    return first
  }
}

function before (a: Scheduled, b: Scheduled): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
