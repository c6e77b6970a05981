import { INITIAL_BLOCK_BYTES, STALL_INTERVALS } from './constants.ts'

/** What the last blocks were like: how large, and how long one took. */
export class BlockSize {
  #bytes: number = INITIAL_BLOCK_BYTES
  #intervalMs = 0

  /** Size that the next block is thought to have, in bytes */
  get bytes (): number {
    return this.#bytes
  }

  /** A peer that is quiet for longer than this is quieter than others, in milliseconds */
  get usualMs (): number {
    return STALL_INTERVALS * this.#intervalMs
  }

  /** A block came, so long after the last byte of the same peer. */
  seen (sizeBytes: number, intervalMs: number): void {
    // Rises fast, falls slowly: to ask for too little costs a round trip, for too much it costs memory
    this.#bytes = Math.max(1, this.#bytes + (sizeBytes - this.#bytes) / (sizeBytes > this.#bytes ? 4 : 16))
    this.#intervalMs += (intervalMs - this.#intervalMs) / 16
  }
}
