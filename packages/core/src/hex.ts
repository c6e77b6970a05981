const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))

/** The value of each hexadecimal digit by its code; -1 for what is none. */
const NIBBLES = Int8Array.from({ length: 128 }, (_, code) => /[0-9a-fA-F]/.test(String.fromCharCode(code)) ? Number.parseInt(String.fromCharCode(code), 16) : -1)

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
  if (text.length % 2 !== 0) {
    return undefined
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at++) {
    const high = NIBBLES[text.charCodeAt(2 * at)]
    const low = NIBBLES[text.charCodeAt(2 * at + 1)]
    if (high === undefined || low === undefined || high < 0 || low < 0) {
      return undefined
    }
    bytes[at] = 16 * high + low
  }
  return bytes
}
