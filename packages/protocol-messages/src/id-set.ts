import { invariant, type Random } from '@peerwright/core'
import { HASH_BYTES } from './numbers.ts'

const WORDS = HASH_BYTES / 4

/** Largest capacity. Chosen: 64 MiB of ids. */
const MAX_CAPACITY = 2_097_152

/**
 * A set of 32-byte ids, such as those that a peer has announced, looked up right where they lie in a message. It holds at most
 * `capacity` of them in about 48 bytes each; when a new one comes into a full set, the one that was added first leaves.
 *
 * Ids are whatever a peer writes, so the hash has secret multipliers (multiply-shift: Dietzfelbinger et al., 1997), and equal
 * hashes hang in chains: nobody can choose ids that all lie in one of them.
 */
export class IdSet {
  readonly capacity: number
  #size = 0
  /** Where the next id goes; in a full set, that of the oldest */
  #next = 0
  readonly #ids: Uint8Array
  readonly #hashes: Int32Array
  /** The first slot of each chain, and the slot behind each slot; one more than the slot, 0 for none */
  readonly #heads: Int32Array
  readonly #behind: Int32Array
  /** 32 less the bits of a chain's number */
  readonly #shift: number
  readonly #multipliers: Int32Array

  /**
   * @param capacity - most ids, 1 to 2,097,152
   * @param random - draws the multipliers; a peer must not guess them
   */
  constructor (capacity: number, random: Random) {
    invariant(Number.isInteger(capacity) && capacity >= 1 && capacity <= MAX_CAPACITY, `a set of ids holds 1 to ${MAX_CAPACITY}`)
    const bits = Math.max(1, Math.ceil(Math.log2(capacity)))
    this.capacity = capacity
    this.#ids = new Uint8Array(HASH_BYTES * capacity)
    this.#hashes = new Int32Array(capacity)
    this.#behind = new Int32Array(capacity)
    this.#heads = new Int32Array(2 ** bits)
    this.#shift = 32 - bits
    this.#multipliers = Int32Array.from({ length: WORDS }, () => random.below(2 ** 32) | 1)
  }

  /** Ids held now */
  get size (): number {
    return this.#size
  }

  /** @param at - where the id begins in `bytes` */
  has (bytes: Uint8Array, at = 0): boolean {
    return this.#find(bytes, at, this.#hash(bytes, at))
  }

  /**
   * @param at - where the id begins in `bytes`
   * @returns whether it is new
   */
  add (bytes: Uint8Array, at = 0): boolean {
    const hash = this.#hash(bytes, at)
    if (this.#find(bytes, at, hash)) {
      return false
    }
    const slot = this.#next
    if (this.#size === this.capacity) {
      this.#forget(slot)
    }
    this.#ids.set(bytes.subarray(at, at + HASH_BYTES), HASH_BYTES * slot)
    this.#hashes[slot] = hash
    this.#behind[slot] = this.#heads[hash >>> this.#shift] ?? 0
    this.#heads[hash >>> this.#shift] = slot + 1
    this.#next = (slot + 1) % this.capacity
    this.#size++
    return true
  }

  #find (bytes: Uint8Array, at: number, hash: number): boolean {
    let link = this.#heads[hash >>> this.#shift] ?? 0
    while (link !== 0) {
      if (this.#hashes[link - 1] === hash && this.#isAt(link - 1, bytes, at)) {
        return true
      }
      link = this.#behind[link - 1] ?? 0
    }
    return false
  }

  #isAt (slot: number, bytes: Uint8Array, at: number): boolean {
    const ids = this.#ids
    const start = HASH_BYTES * slot
    for (let offset = 0; offset < HASH_BYTES; offset++) {
      if (ids[start + offset] !== bytes[at + offset]) {
        return false
      }
    }
    return true
  }

  #forget (slot: number): void {
    const chain = (this.#hashes[slot] ?? 0) >>> this.#shift
    const behind = this.#behind[slot] ?? 0
    if (this.#heads[chain] === slot + 1) {
      this.#heads[chain] = behind
    } else {
      let link = this.#heads[chain] ?? 0
      while (this.#behind[link - 1] !== slot + 1) {
        link = this.#behind[link - 1] ?? 0
      }
      this.#behind[link - 1] = behind
    }
    this.#size--
  }

  #hash (bytes: Uint8Array, at: number): number {
    invariant(at + HASH_BYTES <= bytes.length, 'an id has 32 bytes')
    const multipliers = this.#multipliers
    let hash = 0
    for (let word = 0; word < WORDS; word++) {
      const start = at + 4 * word
      const value = (bytes[start] ?? 0) | ((bytes[start + 1] ?? 0) << 8) | ((bytes[start + 2] ?? 0) << 16) | ((bytes[start + 3] ?? 0) << 24)
      hash = (hash + Math.imul(value, multipliers[word] ?? 0)) | 0
    }
    return hash
  }
}
