import { invariant } from '@peerwright/core'

/**
 * One text for one value, on every machine and in every language: canonical JSON (RFC 8785: no white space, keys in the order
 * of their code units, whole numbers in decimal), with a bigint as the text `"0x..."` of its lower-case hexadecimal digits.
 */
export function canonicalText (value: unknown): string {
  if (typeof value === 'bigint') {
    return `"0x${value.toString(16)}"`
  }
  if (typeof value === 'number') {
    invariant(Number.isSafeInteger(value), 'a profile holds whole numbers only')
    return String(value)
  }
  if (typeof value === 'string' || typeof value === 'boolean') {
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonicalText).join(',')}]`
  }
  invariant(typeof value === 'object' && value !== null, 'a profile holds text, numbers, lists and tables only')
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalText(item)}`).join(',')}}`
}
