import { ByteReader, PeerFault } from '@peerwright/core'

/** Smallest input: outpoint 36, empty script 1, sequence 4. Bounds a count by the bytes that are there. */
const MIN_INPUT_BYTES = 41

/** Smallest output: value 8, empty script 1. */
const MIN_OUTPUT_BYTES = 9

/** Smallest transaction: version 4, one input and its count, a count of no outputs, lock time 4. */
export const MIN_TRANSACTION_BYTES: number = 4 + 1 + MIN_INPUT_BYTES + 1 + 4

/**
 * Steps over transactions that lie one after the other. It works on indices alone and makes nothing, for a block has thousands of
 * them; every count and length is compared with what is left.
 */
export class TransactionWalk {
  /** Where the last transaction begins, and where the next one does */
  start: number
  end: number
  /** Where its inputs and outputs begin and end */
  coreStart = 0
  coreEnd = 0
  /** Whether it is in the form with witnesses (BIP144) */
  segwit = false
  readonly #bytes: Uint8Array

  constructor (bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.start = at
    this.end = at
  }

  /** @throws PeerFault with the codes of `ByteReader`, `bad-transaction` */
  next (): void {
    this.start = this.end
    this.#skip(4)
    this.coreStart = this.end
    let inputs = this.#count(MIN_INPUT_BYTES)
    this.segwit = inputs === 0
    if (this.segwit) {
      if (this.#bytes[this.end] !== 1) {
        this.#skip(1)
        throw new PeerFault('bad-transaction', 'a transaction without inputs, or with unknown flags')
      }
      this.end++
      this.coreStart = this.end
      inputs = this.#count(MIN_INPUT_BYTES)
    }
    if (inputs === 0) {
      throw new PeerFault('bad-transaction', 'a transaction without inputs')
    }
    for (let index = 0; index < inputs; index++) {
      this.#skip(36)
      this.#skip(this.#count(1))
      this.#skip(4)
    }
    const outputs = this.#count(MIN_OUTPUT_BYTES)
    for (let index = 0; index < outputs; index++) {
      this.#skip(8)
      this.#skip(this.#count(1))
    }
    this.coreEnd = this.end
    if (this.segwit) {
      this.#witnesses(inputs)
    }
    this.#skip(4)
  }

  /** One list of items per input. The form with witnesses is for transactions that have some (Bitcoin Core, "superfluous witness record"). */
  #witnesses (inputs: number): void {
    let all = 0
    for (let index = 0; index < inputs; index++) {
      const items = this.#count(1)
      all += items
      for (let item = 0; item < items; item++) {
        this.#skip(this.#count(1))
      }
    }
    if (all === 0) {
      throw new PeerFault('bad-transaction', 'a transaction in the form with witnesses has none')
    }
  }

  #skip (length: number): void {
    if (length > this.#bytes.length - this.end) {
      throw new PeerFault('truncated', `a transaction ends ${length - (this.#bytes.length - this.end)} bytes early`)
    }
    this.end += length
  }

  /** A CompactSize: how many things follow, each of at least `smallestBytes`. */
  #count (smallestBytes: number): number {
    const first = this.#bytes[this.end]
    if (first === undefined || first >= 0xfd) {
      return this.#wideCount(smallestBytes)
    }
    this.end++
    if (first * smallestBytes > this.#bytes.length - this.end) {
      throw new PeerFault('too-many', 'a count or length in a transaction is over what is left')
    }
    return first
  }

  #wideCount (smallestBytes: number): number {
    const reader = new ByteReader(this.#bytes.subarray(this.end, this.end + 9))
    const value = reader.compactSize(Number.MAX_SAFE_INTEGER)
    this.end += reader.position
    if (value * smallestBytes > this.#bytes.length - this.end) {
      throw new PeerFault('too-many', 'a count or length in a transaction is over what is left')
    }
    return value
  }
}
