import { formatIp, IP_BYTES, type IpBytes, isIPv4, parseIp } from './ip.ts'

/** Addresses that begin with the same bits. */
export interface IpRange {
  /** 16 bytes; the bits after the first `bits` are 0 */
  readonly prefix: IpBytes
  /** Bits of the 16 bytes that count: an IPv4 range of /24 has 120 */
  readonly bits: number
}

/** Bits in front of an IPv4 address in its 16-byte form. */
const V4_OFFSET = 96

/**
 * Reads an address, or a range such as `10.0.0.0/8` or `2001:db8::/32`. Bits after the prefix are cut off.
 *
 * @returns undefined when the text is neither
 */
export function parseCidr (text: string): IpRange | undefined {
  const [address = '', length, ...rest] = text.split('/')
  const ip = parseIp(address)
  if (ip === undefined || rest.length > 0) {
    return undefined
  }
  const offset = address.includes(':') ? 0 : V4_OFFSET
  if (length === undefined) {
    return { prefix: ip, bits: 8 * IP_BYTES }
  }
  const bits = /^(0|[1-9]\d{0,2})$/.test(length) ? Number(length) + offset : NaN
  return bits <= 8 * IP_BYTES ? { prefix: ipPrefix(ip, bits), bits } : undefined
}

/** The first `bits` of an address, the rest 0. */
export function ipPrefix (ip: IpBytes, bits: number): IpBytes {
  return ip.map((byte, at) => {
    const kept = Math.max(0, Math.min(8, bits - 8 * at))
    return (byte >> (8 - kept)) << (8 - kept)
  })
}

/** Whether an address lies in a range. */
export function inRange (ip: IpBytes, { prefix, bits }: IpRange): boolean {
  const whole = bits >> 3
  for (let at = 0; at < whole; at++) {
    if (ip[at] !== prefix[at]) {
      return false
    }
  }
  const rest = bits & 7
  return rest === 0 || ((ip[whole] ?? 0) ^ (prefix[whole] ?? 0)) >> (8 - rest) === 0
}

/** `10.0.0.0/8`, `2001:db8::/32`: one spelling per range. A whole address is written without its length. */
export function formatCidr ({ prefix, bits }: IpRange): string {
  const v4 = isIPv4(prefix) && bits >= V4_OFFSET
  return bits === 8 * IP_BYTES ? formatIp(prefix) : `${formatIp(prefix)}/${v4 ? bits - V4_OFFSET : bits}`
}
