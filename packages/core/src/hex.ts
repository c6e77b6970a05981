const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal of `bytes`, first byte first. */
export function toHex (bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    text += DIGITS[byte] ?? ''
  }
  return text
}

/** Lower-case hexadecimal of `bytes`, last byte first: the way Bitcoin prints its hashes. */
export function toReversedHex (bytes: Uint8Array): string {
  let text = ''
  for (let at = bytes.length - 1; at >= 0; at--) {
    text += DIGITS[bytes[at] ?? 0] ?? ''
  }
  return text
}

/**
 * The bytes that hexadecimal `text` stands for, or undefined when it is not hexadecimal of whole bytes.
 */
export function fromHex (text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    return undefined
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16)
  }
  return bytes
}

/** Whether two byte strings are the same. Not in constant time: for public values only. */
export function equalBytes (a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) {
    return false
  }
  for (let at = 0; at < a.length; at++) {
    if (a[at] !== b[at]) {
      return false
    }
  }
  return true
}
