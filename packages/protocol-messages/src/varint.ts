import { invariant, PeerFault } from '@peerwright/core'

/** Longest varint in a frame: 5 bytes carry 35 bits, more than the largest message and the ids of a long session need. */
const MAX_VARINT_BYTES = 5

/** An unsigned LEB128 number (multiformats unsigned-varint), in its shortest form. */
export function encodeVarint (value: number): Uint8Array {
  invariant(Number.isSafeInteger(value) && value >= 0 && value < 2 ** 35, 'a varint is a whole number below 2^35')
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

/**
 * Reads an unsigned LEB128 number.
 *
 * @returns its value and the index after it, or `incomplete` when the bytes end within it
 * @throws PeerFault `bad-varint` when it is too long or not in its shortest form
 */
export function readVarint (bytes: Uint8Array, offset: number): { readonly value: number, readonly end: number } | 'incomplete' {
  let value = 0
  for (let length = 0; length < MAX_VARINT_BYTES; length++) {
    const byte = bytes[offset + length]
    if (byte === undefined) {
      return 'incomplete'
    }
    value += (byte & 0x7f) * 2 ** (7 * length)
    if (byte < 0x80) {
      if (byte === 0 && length > 0) {
        throw new PeerFault('bad-varint', 'a varint is written with more bytes than it needs')
      }
      return { value, end: offset + length + 1 }
    }
  }
  throw new PeerFault('bad-varint', `a varint is longer than ${MAX_VARINT_BYTES} bytes`)
}
