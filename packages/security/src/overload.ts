import { OVERLOAD_FACTOR, OVERLOAD_MS, OVERLOAD_SLOTS } from './constants.ts'
import type { WindowLimit } from './sliding-window.ts'

const SLOT_MS = OVERLOAD_MS / OVERLOAD_SLOTS

/**
 * Whether a peer has sent far more than its budget for a whole minute: more than ten times as much in each sixth of it. A short burst,
 * however large, is not that.
 */
export class Overload {
  readonly #messages: number
  readonly #bytes: number
  #slot = -Infinity
  #sentMessages = 0
  #sentBytes = 0
  #above = 0

  constructor ({ messages, bytes, windowMs }: WindowLimit) {
    this.#messages = OVERLOAD_FACTOR * messages * SLOT_MS / windowMs
    this.#bytes = OVERLOAD_FACTOR * bytes * SLOT_MS / windowMs
  }

  /** Counts a message, let through or not. @returns whether it was too much for too long */
  count (bytes: number, nowMs: number): boolean {
    const slot = Math.floor(nowMs / SLOT_MS)
    if (slot !== this.#slot) {
      const whole = slot === this.#slot + 1 && (this.#sentMessages > this.#messages || this.#sentBytes > this.#bytes)
      this.#above = whole ? this.#above + 1 : 0
      this.#slot = slot
      this.#sentMessages = 0
      this.#sentBytes = 0
    }
    this.#sentMessages++
    this.#sentBytes += bytes
    return this.#above >= OVERLOAD_SLOTS
  }
}
