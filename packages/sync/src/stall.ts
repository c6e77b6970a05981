import { STALL_DECAY } from './constants.ts'

/** The bounds of the stall timeout. */
export interface StallRules {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * How long a peer may hold up the window. Doubles with each peer that is dropped, so that a slow link of our own does not cost
 * us one peer after the other, and falls back as blocks connect (ANCHORS 1.5, 4 no. 2).
 */
export class StallTimeout {
  readonly #rules: StallRules
  #ms: number

  constructor (rules: StallRules) {
    this.#rules = rules
    this.#ms = rules.minMs
  }

  /** The timeout now, in milliseconds */
  get ms (): number {
    return this.#ms
  }

  /** A peer was dropped for stalling. */
  dropped (): void {
    this.#ms = Math.min(this.#rules.maxMs, 2 * this.#ms)
  }

  /** A block connected. */
  connected (): void {
    this.#ms = Math.max(this.#rules.minMs, this.#ms * STALL_DECAY)
  }
}
