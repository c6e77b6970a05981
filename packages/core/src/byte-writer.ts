import { invariant } from './errors.ts'

/** Bytes a writer starts with when it is not told better: most messages are smaller. */
const DEFAULT_CAPACITY_BYTES = 256

/**
 * Builds a message. Grows as needed; what goes in is our own data, so a value out of range is our bug.
 * Each method makes room before it touches the view: growing replaces it.
 */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  /** @param capacityBytes - the expected size; a good guess saves copies */
  constructor (capacityBytes: number = DEFAULT_CAPACITY_BYTES) {
    this.#bytes = new Uint8Array(capacityBytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Bytes written so far */
  get length (): number {
    return this.#length
  }

  u8 (value: number): this {
    const at = this.#grow(1)
    this.#view.setUint8(at, value)
    return this
  }

  u16le (value: number): this {
    const at = this.#grow(2)
    this.#view.setUint16(at, value, true)
    return this
  }

  u16be (value: number): this {
    const at = this.#grow(2)
    this.#view.setUint16(at, value, false)
    return this
  }

  u32le (value: number): this {
    const at = this.#grow(4)
    this.#view.setUint32(at, value, true)
    return this
  }

  u32be (value: number): this {
    const at = this.#grow(4)
    this.#view.setUint32(at, value, false)
    return this
  }

  i32le (value: number): this {
    const at = this.#grow(4)
    this.#view.setInt32(at, value, true)
    return this
  }

  u64le (value: bigint): this {
    const at = this.#grow(8)
    this.#view.setBigUint64(at, value, true)
    return this
  }

  i64le (value: bigint): this {
    const at = this.#grow(8)
    this.#view.setBigInt64(at, value, true)
    return this
  }

  u64be (value: bigint): this {
    const at = this.#grow(8)
    this.#view.setBigUint64(at, value, false)
    return this
  }

  bytes (value: Uint8Array): this {
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** Bitcoin's CompactSize, in its shortest form. */
  compactSize (value: number): this {
    invariant(Number.isSafeInteger(value) && value >= 0, 'a CompactSize is a whole number up to 2^53 - 1')
    if (value < 0xfd) {
      return this.u8(value)
    }
    if (value <= 0xffff) {
      return this.u8(0xfd).u16le(value)
    }
    if (value <= 0xffff_ffff) {
      return this.u8(0xfe).u32le(value)
    }
    return this.u8(0xff).u64le(BigInt(value))
  }

  /** A CompactSize length and the bytes. */
  varBytes (value: Uint8Array): this {
    return this.compactSize(value.length).bytes(value)
  }

  /** What was written: a view, valid until the next write. */
  finish (): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow (more: number): number {
    const start = this.#length
    const needed = start + more
    if (needed > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
      bytes.set(this.#bytes.subarray(0, start))
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer)
    }
    this.#length = needed
    return start
  }
}
