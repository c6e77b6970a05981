import { ByteReader, ByteWriter } from '@peerwright/core'
import type { Goodbye, GoodbyeCode } from '@peerwright/interface'
import { printable } from './text.ts'

/** Longest text of a goodbye, in bytes (DESIGN, "The life of a session"). */
const MAX_TEXT_BYTES = 128

/** Longest time that a goodbye may ask to stay away, in seconds. Chosen: a day, the longest temporary ban (ANCHORS 6.3). */
const MAX_RETRY_AFTER_SECONDS = 86_400

/** The codes and their numbers on the wire. A number keeps its meaning for ever. */
export const GOODBYE_CODES: Readonly<Record<GoodbyeCode, number>> = {
  done: 0,
  shutdown: 1,
  'too-many-peers': 2,
  'wrong-network': 3,
  obsolete: 4,
  self: 5,
  duplicate: 6,
  timeout: 7,
  fault: 8,
  slow: 9,
  useless: 10,
  'low-work': 11,
  banned: 12,
  busy: 13
}

const NAMES: ReadonlyMap<number, GoodbyeCode> = new Map(Object.entries(GOODBYE_CODES).map(([name, number]) => [number, name as GoodbyeCode]))

/** A text that is too long is cut at a character. */
export function encodeGoodbye (goodbye: Goodbye): Uint8Array {
  const text = new Uint8Array(MAX_TEXT_BYTES)
  const { written } = new TextEncoder().encodeInto(goodbye.text ?? '', text)
  return new ByteWriter(5 + written).u8(GOODBYE_CODES[goodbye.code]).u32le(goodbye.retryAfterSeconds ?? 0).bytes(text.subarray(0, written)).finish()
}

/**
 * A code that we do not know, from a newer node, counts as `done`. A time to stay away is cut to a day.
 *
 * @throws PeerFault with the codes of `ByteReader`
 */
export function decodeGoodbye (payload: Uint8Array): Goodbye {
  const reader = new ByteReader(payload)
  const code = NAMES.get(reader.u8()) ?? 'done'
  const retryAfterSeconds = Math.min(reader.u32le(), MAX_RETRY_AFTER_SECONDS)
  const text = printable(reader.bytes(Math.min(reader.remaining, MAX_TEXT_BYTES)))
  reader.end()
  return { code, ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}), ...(text === '' ? {} : { text }) }
}
