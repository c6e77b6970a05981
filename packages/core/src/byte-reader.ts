import { PeerFault } from './errors.ts'

/**
 * Walks over received bytes. Nothing is copied: what it hands out are views onto the given bytes, and a length is
 * compared with what has arrived before anything is made of it.
 *
 * Every failure is a `PeerFault`: `truncated` (the bytes end early), `not-canonical` (a number written longer than
 * needed), `too-many` (a count over its limit), `trailing-bytes` (more than the message has).
 */
export class ByteReader {
  /** Index of the next byte to read */
  position = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes not yet read */
  get remaining (): number {
    return this.#bytes.length - this.position
  }

  u8 (): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16le (): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u16be (): number {
    return this.#view.getUint16(this.#take(2), false)
  }

  u32le (): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u32be (): number {
    return this.#view.getUint32(this.#take(4), false)
  }

  i32le (): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  u64le (): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  i64le (): bigint {
    return this.#view.getBigInt64(this.#take(8), true)
  }

  u64be (): bigint {
    return this.#view.getBigUint64(this.#take(8), false)
  }

  /** A view onto the next `length` bytes. */
  bytes (length: number): Uint8Array {
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** A view onto everything that is left. */
  rest (): Uint8Array {
    return this.bytes(this.remaining)
  }

  /** Steps over `length` bytes. */
  skip (length: number): void {
    this.#take(length)
  }

  /**
   * Bitcoin's CompactSize: 1, 3, 5 or 9 bytes, little-endian.
   *
   * @param limit - the largest value that makes sense here; at most 2^53 - 1
   */
  compactSize (limit: number): number {
    const first = this.u8()
    const value = first < 0xfd ? first : this.#wideCompactSize(first)
    if (value > limit) {
      throw new PeerFault('too-many', `a count or length is over its limit of ${limit}`)
    }
    return value
  }

  #wideCompactSize (first: number): number {
    if (first === 0xfd) {
      return this.#canonical(this.u16le(), 0xfd)
    }
    if (first === 0xfe) {
      return this.#canonical(this.u32le(), 0x1_0000)
    }
    return this.#canonical(Number(this.u64le()), 0x1_0000_0000)
  }

  #canonical (value: number, smallest: number): number {
    if (value < smallest) {
      throw new PeerFault('not-canonical', 'a count or length is written with more bytes than it needs')
    }
    return value
  }

  /** A CompactSize length of at most `limit`, and a view onto that many bytes. */
  varBytes (limit: number): Uint8Array {
    return this.bytes(this.compactSize(limit))
  }

  /** Ends the reading: nothing may be left. */
  end (): void {
    if (this.remaining > 0) {
      throw new PeerFault('trailing-bytes', `${this.remaining} bytes follow the end of the message`)
    }
  }

  #take (length: number): number {
    const start = this.position
    if (length > this.#bytes.length - start) {
      throw new PeerFault('truncated', `the message ends ${length - (this.#bytes.length - start)} bytes early`)
    }
    this.position = start + length
    return start
  }
}
