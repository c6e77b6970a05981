import { formatGroups, parseIpText } from './ip-text.ts'

/** Length of an address in bytes. */
export const IP_BYTES = 16

/** The third word of an IPv4-mapped address; the two before it are 0. */
const V4_MARK = 0xffff

/**
 * An IP address in its one internal form: 128 bits, an IPv4 address as `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2). Immutable.
 *
 * Its four words are signed, the first the highest: V8 keeps a signed number of 32 bits in the object itself, an unsigned one of
 * 2^31 and more in a box of its own, and reading boxes takes longer than reading bytes (measured: bench/wire, `addr: encode`).
 */
export class IpAddress {
  /** Bits 0 to 31, from -2^31 to 2^31 - 1 */
  readonly word0: number
  readonly word1: number
  readonly word2: number
  /** Bits 96 to 127: all of an IPv4 address */
  readonly word3: number

  private constructor (word0: number, word1: number, word2: number, word3: number) {
    this.word0 = word0 | 0
    this.word1 = word1 | 0
    this.word2 = word2 | 0
    this.word3 = word3 | 0
  }

  /** The address of four words of 32 bits, signed or not, the first the highest. */
  static fromWords (word0: number, word1: number, word2: number, word3: number): IpAddress {
    return new IpAddress(word0, word1, word2, word3)
  }

  /** The address of 4 or 16 bytes, undefined for any other length. */
  static fromBytes (bytes: Uint8Array): IpAddress | undefined {
    switch (bytes.length) {
      case 4:
        return new IpAddress(0, 0, V4_MARK, wordAt(bytes, 0))
      case IP_BYTES:
        return new IpAddress(wordAt(bytes, 0), wordAt(bytes, 4), wordAt(bytes, 8), wordAt(bytes, 12))
      default:
        return undefined
    }
  }

  /**
   * The address of the 16 bytes at an index.
   *
   * @throws RangeError when the view ends before them: how long it is was compared before
   */
  static read (view: DataView, at: number): IpAddress {
    return new IpAddress(view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12))
  }

  /**
   * Reads an IPv4 address in dotted decimal or an IPv6 address in any form of RFC 4291, without zone or brackets.
   *
   * @returns undefined when the text is neither
   */
  static parse (text: string): IpAddress | undefined {
    const groups = parseIpText(text)
    const word = (at: number): number => (groups?.[at] ?? 0) << 16 | (groups?.[at + 1] ?? 0)
    return groups && new IpAddress(word(0), word(2), word(4), word(6))
  }

  /** Whether it stands for an IPv4 address */
  get isIPv4 (): boolean {
    return this.word2 === V4_MARK && this.word0 === 0 && this.word1 === 0
  }

  equals (other: IpAddress): boolean {
    return this.word3 === other.word3 && this.word0 === other.word0 && this.word1 === other.word1 && this.word2 === other.word2
  }

  /** One of the 16 bytes, 0 to 15; those of an IPv4 address are the last four. */
  byteAt (index: number): number {
    const word = index < 8 ? index < 4 ? this.word0 : this.word1 : index < 12 ? this.word2 : this.word3
    return word >> 24 - 8 * (index & 3) & 0xff
  }

  /** The first `bits` of the 128, the rest 0. */
  prefix (bits: number): IpAddress {
    return new IpAddress(this.word0 & wordMask(bits, 0), this.word1 & wordMask(bits, 1), this.word2 & wordMask(bits, 2), this.word3 & wordMask(bits, 3))
  }

  /** 16 bytes of the caller's own. */
  toBytes (): Uint8Array {
    return Uint8Array.from({ length: IP_BYTES }, (_, at) => this.byteAt(at))
  }

  /** Dotted decimal for IPv4, the canonical text of RFC 5952 for IPv6: one spelling per address, fit as a key. */
  toString (): string {
    if (this.isIPv4) {
      return `${this.byteAt(12)}.${this.byteAt(13)}.${this.byteAt(14)}.${this.byteAt(15)}`
    }
    return formatGroups([this.word0, this.word1, this.word2, this.word3].flatMap(word => [word >>> 16, word & 0xffff]))
  }
}

/** Without a `DataView`: V8 would have to move the few bytes out of its heap for one. */
function wordAt (bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 24 | (bytes[at + 1] ?? 0) << 16 | (bytes[at + 2] ?? 0) << 8 | (bytes[at + 3] ?? 0)
}

/** The bits of word 0 to 3 that are among the first `bits` of the 128. */
function wordMask (bits: number, word: number): number {
  const kept = Math.max(0, Math.min(32, bits - 32 * word))
  return kept === 0 ? 0 : -1 << 32 - kept
}
