import { invariant } from '@peerwright/core'

/** Up to so many bytes, a loop is quicker than a call of `set`: 1 ns for each, against 12 for the call. Measured: bench/wire. */
const MAX_LOOPED_BYTES = 8

/** Bytes of a CompactSize, for values up to 2^32 - 1. */
export function compactSizeBytes (value: number): number {
  return value < 0xfd ? 1 : value <= 0xffff ? 3 : 5
}

/**
 * Fills bytes whose number is known before: for long messages, where a `ByteWriter` would ask for room at each of many thousand
 * fields. What goes in is our own data.
 */
export class FixedWriter {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  #at = 0

  constructor (sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes)
    this.#view = new DataView(this.bytes.buffer)
  }

  u8 (value: number): void {
    this.bytes[this.#at++] = value
  }

  u16be (value: number): void {
    this.#view.setUint16(this.#at, value, false)
    this.#at += 2
  }

  u32le (value: number): void {
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  u64le (value: bigint): void {
    this.#view.setBigUint64(this.#at, value, true)
    this.#at += 8
  }

  /** A count or length below 2^32. */
  compactSize (value: number): void {
    if (value < 0xfd) {
      this.u8(value)
    } else if (value <= 0xffff) {
      this.u8(0xfd)
      this.u8(value & 0xff)
      this.u8(value >>> 8)
    } else {
      this.u8(0xfe)
      this.u32le(value)
    }
  }

  copy (from: Uint8Array): void {
    const { bytes } = this
    const start = this.#at
    const { length } = from
    if (length <= MAX_LOOPED_BYTES) {
      for (let index = 0; index < length; index++) {
        bytes[start + index] = from[index] ?? 0
      }
    } else {
      bytes.set(from, start)
    }
    this.#at = start + length
  }

  /** A field that has always the same length. */
  copyExactly (from: Uint8Array, length: number): void {
    invariant(from.length === length, 'a field has its length')
    this.copy(from)
  }

  /** Leaves zeros. */
  skip (length: number): void {
    this.#at += length
  }

  /** A length and the bytes. */
  varBytes (from: Uint8Array): void {
    this.compactSize(from.length)
    this.copy(from)
  }

  /** The bytes, which must be full. */
  finish (): Uint8Array {
    invariant(this.#at === this.bytes.length, 'a message is as long as it was reckoned')
    return this.bytes
  }
}

/** Room for a list whose entries have the same size, with its count written; `start` is where the first entry goes. */
export function countedList (count: number, entryBytes: number): { readonly bytes: Uint8Array<ArrayBuffer>, readonly start: number } {
  const start = compactSizeBytes(count)
  const writer = new FixedWriter(start + entryBytes * count)
  writer.compactSize(count)
  return { bytes: writer.bytes, start }
}
