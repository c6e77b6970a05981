import { BoundedQueue } from '@peerwright/core'

/** How much in how long. */
export interface WindowLimit {
  readonly messages: number
  readonly bytes: number
  readonly windowMs: number
}

/**
 * Lets at most so many messages and bytes through in any window of the length, exactly: it remembers each one until it is too old.
 * What is not let through is not counted.
 */
export class SlidingWindow {
  readonly #limit: WindowLimit
  readonly #taken: BoundedQueue<{ readonly bytes: number, readonly atMs: number }>
  #bytes = 0

  constructor (limit: WindowLimit) {
    this.#limit = limit
    this.#taken = new BoundedQueue(limit.messages)
  }

  /** Lets one message through, or says which bound it would break. */
  take (bytes: number, nowMs: number): 'taken' | 'messages' | 'bytes' {
    this.#forget(nowMs)
    if (this.#taken.size >= this.#limit.messages) {
      return 'messages'
    }
    if (this.#bytes + bytes > this.#limit.bytes) {
      return 'bytes'
    }
    this.#taken.push({ bytes, atMs: nowMs })
    this.#bytes += bytes
    return 'taken'
  }

  /** Time until the oldest message is too old to count, in milliseconds */
  freeIn (nowMs: number): number {
    const oldest = this.#taken.peek()
    return oldest === undefined ? 0 : Math.max(0, oldest.atMs + this.#limit.windowMs - nowMs)
  }

  #forget (nowMs: number): void {
    for (let oldest = this.#taken.peek(); oldest !== undefined && nowMs - oldest.atMs >= this.#limit.windowMs; oldest = this.#taken.peek()) {
      this.#bytes -= oldest.bytes
      this.#taken.shift()
    }
  }
}
