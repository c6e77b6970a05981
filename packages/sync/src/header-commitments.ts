import type { Random } from '@peerwright/core'
import type { ChainPoint } from '@peerwright/interface'
import { sha256 } from '@peerwright/protocol-messages'
import { MAX_COMMITMENT_BYTES } from './constants.ts'

const SALT_BYTES = 16

/**
 * One bit of every so many headers, by which they are known again when they come a second time (Bitcoin Core, headerssync.h). Which
 * headers, and which bit, depends on a secret: whoever sends others the second time guesses each bit with one chance in two.
 */
export class HeaderCommitments {
  readonly #period: number
  readonly #salted: Uint8Array
  readonly #first: number
  readonly #maxBytes: number
  #bits = new Uint8Array(64)
  #count = 0

  /**
   * @param start - where the headers begin
   * @param period - headers for one bit
   */
  constructor (start: ChainPoint, period: number, random: Random, maxBytes: number = MAX_COMMITMENT_BYTES) {
    this.#period = period
    this.#maxBytes = maxBytes
    this.#salted = new Uint8Array(SALT_BYTES + 32)
    this.#salted.set(random.bytes(SALT_BYTES))
    this.#first = start.height + 1 + random.below(period)
  }

  /** Bytes that are held */
  get sizeBytes (): number {
    return this.#bits.length
  }

  /**
   * Takes the next header in.
   *
   * @param id - its 32 bytes, asked for only where they count
   * @returns false when there is no room for more
   */
  add (height: number, id: () => Uint8Array): boolean {
    if (!this.#counts(height)) {
      return true
    }
    if (this.#count === 8 * this.#bits.length) {
      if (this.#bits.length >= this.#maxBytes) {
        return false
      }
      const larger = new Uint8Array(Math.min(2 * this.#bits.length, this.#maxBytes))
      larger.set(this.#bits)
      this.#bits = larger
    }
    const byte = this.#count >> 3
    this.#bits[byte] = (this.#bits[byte] ?? 0) | this.#bitOf(id()) << (this.#count & 7)
    this.#count++
    return true
  }

  /** Whether the header at this height may be the one that was taken in there; true where none counts. */
  matches (height: number, id: () => Uint8Array): boolean {
    if (!this.#counts(height)) {
      return true
    }
    const index = (height - this.#first) / this.#period
    return index < this.#count && ((this.#bits[index >> 3] ?? 0) >> (index & 7) & 1) === this.#bitOf(id())
  }

  #counts (height: number): boolean {
    return height >= this.#first && (height - this.#first) % this.#period === 0
  }

  #bitOf (id: Uint8Array): number {
    this.#salted.set(id, SALT_BYTES)
    return (sha256(this.#salted)[0] ?? 0) & 1
  }
}
