/** What a part of a message is to its reader. */
type Role = 'fixed' | 'count' | 'length' | 'data'

/** A part of a message: a field, or the number that says how many or how long. */
export interface Piece {
  readonly role: Role
  readonly bytes: Uint8Array
}

/** A number from 0 to below `limit`. */
export type Draw = (limit: number) => number

/** Numbers that follow from a seed alone (mulberry32). */
export function drawFrom (seed: number): Draw {
  let state = seed >>> 0
  return limit => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

/** How to make a field of a message, as its parts. */
export type Field = (draw: Draw) => Piece[]

/** Random bytes, exactly so many. */
export const fixed = (length: number): Field => draw => [{ role: 'fixed', bytes: randomBytes(draw, length) }]

/** One of some values. */
export const oneOf = (...values: readonly Uint8Array[]): Field => draw => [{ role: 'fixed', bytes: values[draw(values.length)] ?? new Uint8Array(0) }]

/** A byte below `limit`. */
export const byteBelow = (limit: number): Field => draw => [{ role: 'fixed', bytes: Uint8Array.of(draw(limit)) }]

/** Random bytes without a length in front. */
export const rest = (max: number): Field => draw => [{ role: 'data', bytes: randomBytes(draw, draw(max + 1)) }]

/** A length and so many bytes. */
export const data = (min: number, max: number): Field => draw => {
  const bytes = randomBytes(draw, min + draw(max - min + 1))
  return [{ role: 'length', bytes: compactSize(bytes.length) }, { role: 'data', bytes }]
}

/** A length and a text of small letters. */
export const text = (max: number): Field => draw => {
  const bytes = randomBytes(draw, draw(max + 1)).map(byte => 0x61 + byte % 26)
  return [{ role: 'length', bytes: compactSize(bytes.length) }, { role: 'data', bytes }]
}

/** A count and so many times the same fields. */
export const list = (min: number, max: number, ...fields: readonly Field[]): Field => draw => {
  const count = min + draw(max - min + 1)
  return [{ role: 'count', bytes: compactSize(count) }, ...Array.from({ length: count }, () => fields.flatMap(field => field(draw))).flat()]
}

/** One after the other. */
export const all = (...fields: readonly Field[]): Field => draw => fields.flatMap(field => field(draw))

/** One of several. */
export const either = (...fields: readonly Field[]): Field => draw => fields[draw(fields.length)]?.(draw) ?? []

/** The bytes of a message made of parts. */
export function join (pieces: readonly Piece[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece.bytes, at)
    at += piece.bytes.length
  }
  return bytes
}

/** Bitcoin's CompactSize, written anew: the fuzzer does not lean on what it tries. */
export function compactSize (value: number): Uint8Array {
  return value < 0xfd ? Uint8Array.of(value) : longForm(value, value <= 0xffff ? 2 : value <= 0xffff_ffff ? 4 : 8)
}

/** A CompactSize in a form of so many bytes, shortest or not. */
export function longForm (value: number, width: 2 | 4 | 8): Uint8Array {
  const bytes = new Uint8Array(1 + width)
  const view = new DataView(bytes.buffer)
  bytes[0] = width === 2 ? 0xfd : width === 4 ? 0xfe : 0xff
  view.setUint16(1, value & 0xffff, true)
  if (width > 2) {
    view.setUint32(1, value % 2 ** 32, true)
  }
  if (width > 4) {
    view.setUint32(5, Math.floor(value / 2 ** 32), true)
  }
  return bytes
}

function randomBytes (draw: Draw, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) {
    bytes[at] = draw(256)
  }
  return bytes
}
