import { invariant } from './errors.ts'
import { IP_BYTES, IpAddress } from './ip-address.ts'

/** Bits of an address. */
const BITS = 8 * IP_BYTES

/** Bits in front of an IPv4 address in its mapped form. */
const V4_OFFSET = 96

const ALL_ONES: IpAddress = IpAddress.fromWords(-1, -1, -1, -1)

/** Addresses that begin with the same bits. Immutable. */
export class IpRange {
  /** The bits after the first `bits` are 0 */
  readonly prefix: IpAddress
  /** Bits of the 128 that count: an IPv4 range of /24 has 120 */
  readonly bits: number
  readonly #mask: IpAddress

  private constructor (prefix: IpAddress, bits: number, mask: IpAddress) {
    this.prefix = prefix
    this.bits = bits
    this.#mask = mask
  }

  /**
   * The range that an address lies in. Bits after the prefix are cut off.
   *
   * @param bits - of the 128, also for an IPv4 address
   * @throws InvariantError unless `bits` is a whole number from 0 to 128
   */
  static of (ip: IpAddress, bits: number): IpRange {
    invariant(Number.isInteger(bits) && bits >= 0 && bits <= BITS, `a range has 0 to ${BITS} bits`)
    return new IpRange(ip.prefix(bits), bits, ALL_ONES.prefix(bits))
  }

  /**
   * Reads an address, or a range such as `10.0.0.0/8` or `2001:db8::/32`. Bits after the prefix are cut off.
   *
   * @returns undefined when the text is neither
   */
  static parse (text: string): IpRange | undefined {
    const [address = '', length, ...rest] = text.split('/', 3)
    const ip = IpAddress.parse(address)
    if (ip === undefined || rest.length > 0) {
      return undefined
    }
    if (length === undefined) {
      return IpRange.of(ip, BITS)
    }
    const offset = address.includes(':') ? 0 : V4_OFFSET
    const bits = /^(0|[1-9]\d{0,2})$/.test(length) ? Number(length) + offset : NaN
    return bits <= BITS ? IpRange.of(ip, bits) : undefined
  }

  /** Whether an address lies in it. */
  has (ip: IpAddress): boolean {
    // The last word first: it is what tells ranges of IPv4 apart
    const { prefix } = this
    const mask = this.#mask
    return (ip.word3 & mask.word3) === prefix.word3 && (ip.word0 & mask.word0) === prefix.word0 &&
      (ip.word1 & mask.word1) === prefix.word1 && (ip.word2 & mask.word2) === prefix.word2
  }

  /** `10.0.0.0/8`, `2001:db8::/32`: one spelling per range. A whole address is written without its length. */
  toString (): string {
    const { prefix, bits } = this
    // The mark of IPv4 ends with bit 95: a shorter prefix is never one
    return bits === BITS ? prefix.toString() : `${prefix.toString()}/${prefix.isIPv4 ? bits - V4_OFFSET : bits}`
  }
}
