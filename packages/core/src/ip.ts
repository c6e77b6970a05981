/** An IP address in its one internal form: 16 bytes, an IPv4 address as `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2). */
export type IpBytes = Uint8Array

/** Length of the internal form, in bytes. */
export const IP_BYTES = 16

/** The first 12 bytes of an IPv4-mapped address. */
const V4_PREFIX: Uint8Array = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

/** Longest text of an IPv6 address, with an embedded IPv4 part (RFC 5952). */
const MAX_TEXT = 45

/** Whether the 16 bytes stand for an IPv4 address. */
export function isIPv4 (ip: IpBytes): boolean {
  return V4_PREFIX.every((byte, at) => ip[at] === byte)
}

/** The internal form of an address given as 4 or 16 bytes, or undefined for any other length. */
export function ipFromBytes (bytes: Uint8Array): IpBytes | undefined {
  if (bytes.length === IP_BYTES) {
    return Uint8Array.from(bytes)
  }
  return bytes.length === 4 ? mapped(bytes) : undefined
}

function mapped (v4: Uint8Array): IpBytes {
  const ip = new Uint8Array(IP_BYTES)
  ip.set(V4_PREFIX)
  ip.set(v4, V4_PREFIX.length)
  return ip
}

/**
 * Reads an IPv4 address in dotted decimal or an IPv6 address in any form of RFC 4291, without zone or brackets.
 *
 * @returns undefined when the text is neither
 */
export function parseIp (text: string): IpBytes | undefined {
  if (text.length > MAX_TEXT) {
    return undefined
  }
  if (!text.includes(':')) {
    const v4 = parseIPv4(text)
    return v4 === undefined ? undefined : mapped(v4)
  }
  return parseIPv6(text)
}

function parseIPv4 (text: string): Uint8Array | undefined {
  const parts = text.split('.')
  // A leading zero is refused: some parsers read it as octal, and two readers must never see two addresses
  const valid = parts.length === 4 && parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  return valid ? Uint8Array.from(parts, Number) : undefined
}

function parseIPv6 (text: string): IpBytes | undefined {
  const halves = text.split('::')
  if (halves.length > 2) {
    return undefined
  }
  const head = parseGroups(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : []
  if (head === undefined || tail === undefined) {
    return undefined
  }
  const given = head.length + tail.length
  // "::" stands for at least one group of zeros
  if (halves.length === 1 ? given !== IP_BYTES : given > IP_BYTES - 2) {
    return undefined
  }
  const ip = new Uint8Array(IP_BYTES)
  ip.set(head)
  ip.set(tail, IP_BYTES - tail.length)
  return ip
}

function parseGroups (text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') {
    return []
  }
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    const v4 = mayEndInV4 && index === groups.length - 1 && group.includes('.') ? parseIPv4(group) : undefined
    if (v4 !== undefined) {
      bytes.push(...v4)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 0xff)
    } else {
      return undefined
    }
  }
  return bytes
}

/** Dotted decimal for IPv4, the canonical text of RFC 5952 for IPv6. */
export function formatIp (ip: IpBytes): string {
  if (isIPv4(ip)) {
    return ip.subarray(12).join('.')
  }
  const groups = Array.from({ length: 8 }, (_, at) => ((ip[2 * at] ?? 0) << 8) | (ip[2 * at + 1] ?? 0))
  const zeros = longestZeroRun(groups)
  const hex = (from: number, to: number): string => groups.slice(from, to).map(group => group.toString(16)).join(':')
  return zeros === undefined ? hex(0, 8) : `${hex(0, zeros.start)}::${hex(zeros.end, 8)}`
}

/** The first longest run of at least two zero groups (RFC 5952, 4.2). */
function longestZeroRun (groups: readonly number[]): { start: number, end: number } | undefined {
  let best: { start: number, end: number } | undefined
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (end < groups.length && groups[end] === 0) {
      end++
    }
    if (end - start >= 2 && end - start > (best === undefined ? 0 : best.end - best.start)) {
      best = { start, end }
    }
    start = Math.max(start, end - 1)
  }
  return best
}
