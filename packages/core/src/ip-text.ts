/** Groups of 16 bits in an address. */
const GROUPS = 8

/** Longest text of an IPv6 address, with an embedded IPv4 part (RFC 5952). */
const MAX_TEXT = 45

/**
 * Reads an IPv4 address in dotted decimal or an IPv6 address in any form of RFC 4291, without zone or brackets.
 *
 * @returns eight groups of 16 bits, an IPv4 address in its mapped form; undefined when the text is neither
 */
export function parseIpText (text: string): number[] | undefined {
  if (text.length > MAX_TEXT) {
    return undefined
  }
  if (!text.includes(':')) {
    const v4 = parseIPv4(text)
    return v4 && [0, 0, 0, 0, 0, 0xffff, ...v4]
  }
  return parseIPv6(text)
}

function parseIPv4 (text: string): number[] | undefined {
  const parts = text.split('.')
  // A leading zero is refused: some parsers read it as octal, and two readers must never see two addresses
  const valid = parts.length === 4 && parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  const [first = 0, second = 0, third = 0, fourth = 0] = parts.map(Number)
  return valid ? [first << 8 | second, third << 8 | fourth] : undefined
}

function parseIPv6 (text: string): number[] | undefined {
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
  if (halves.length === 1 ? given !== GROUPS : given > GROUPS - 1) {
    return undefined
  }
  return [...head, ...new Array<number>(GROUPS - given).fill(0), ...tail]
}

function parseGroups (text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') {
    return []
  }
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const v4 = mayEndInV4 && index === parts.length - 1 && part.includes('.') ? parseIPv4(part) : undefined
    if (v4 !== undefined) {
      groups.push(...v4)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return undefined
    }
  }
  return groups
}

/** The canonical text of RFC 5952 for the eight groups of an IPv6 address. */
export function formatGroups (groups: readonly number[]): string {
  const zeros = longestZeroRun(groups)
  const hex = (from: number, to: number): string => groups.slice(from, to).map(group => group.toString(16)).join(':')
  return zeros === undefined ? hex(0, GROUPS) : `${hex(0, zeros.start)}::${hex(zeros.end, GROUPS)}`
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
