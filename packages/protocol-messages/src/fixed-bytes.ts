import { allocUnsafe, invariant } from '@peerwright/core'

// For long messages, whose length is reckoned before: a `ByteWriter` would ask for room at each of many thousand fields. What goes
// in is our own data; each function writes at an index and returns the one behind.

/** Bytes of a CompactSize, for values up to 2^32 - 1. */
export function compactSizeBytes (value: number): number {
  return value < 0xfd ? 1 : value <= 0xffff ? 3 : 5
}

/** A count or length below 2^32. */
export function putCompactSize (bytes: Uint8Array, at: number, value: number): number {
  if (value < 0xfd) {
    bytes[at] = value
    return at + 1
  }
  bytes[at + 1] = value
  bytes[at + 2] = value >>> 8
  if (value <= 0xffff) {
    bytes[at] = 0xfd
    return at + 3
  }
  bytes[at] = 0xfe
  bytes[at + 3] = value >>> 16
  bytes[at + 4] = value >>> 24
  return at + 5
}

/** A length and so many bytes. */
export function putVarBytes (bytes: Uint8Array, at: number, from: Uint8Array): number {
  const start = putCompactSize(bytes, at, from.length)
  if (from.length > 0) {
    bytes.set(from, start)
  }
  return start + from.length
}

/**
 * Room for a message, which holds anything until it is written: every byte must be, and `full` asks for that. To have it cleared before
 * takes as long as a third of the writing (measured: bench/wire).
 */
export function room (sizeBytes: number): { readonly bytes: Uint8Array, readonly view: DataView } {
  const bytes = allocUnsafe(sizeBytes)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, sizeBytes) }
}

/** Room for a list whose entries have the same size, with its count written; `start` is where the first entry goes. */
export function countedList (count: number, entryBytes: number): { readonly bytes: Uint8Array, readonly view: DataView, readonly start: number } {
  const { bytes, view } = room(compactSizeBytes(count) + entryBytes * count)
  return { bytes, view, start: putCompactSize(bytes, 0, count) }
}

/** The bytes, which must be full: all were written, one after the other, up to the end. */
export function full (bytes: Uint8Array, at: number): Uint8Array {
  invariant(at === bytes.length, 'a message is as long as it was reckoned')
  return bytes
}
