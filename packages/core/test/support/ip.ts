import assert from 'node:assert/strict'
import { IpAddress } from '@peerwright/core'
import fc from 'fast-check'

/** The address of a text. */
export const ip = (text: string): IpAddress => IpAddress.parse(text) ?? assert.fail(`${text} is an address`)

/** The address of 16 bytes. */
export const fromBytes = (bytes: Uint8Array): IpAddress => IpAddress.fromBytes(bytes) ?? assert.fail(`${bytes.length} bytes are no address`)

/** The first bits of some bytes, one after the other: slow, and simple enough to believe. */
export function keepBits (bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, at) => {
    let kept = 0
    for (let bit = 0; bit < 8 && 8 * at + bit < bits; bit++) {
      kept += byte & 0x80 >> bit
    }
    return kept
  })
}

const group = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(0xffff), fc.constantFrom(1, 0x7fff, 0x8000, 0xffff))
const v6 = fc.array(group, { minLength: 8, maxLength: 8 }).map(groups => Uint8Array.from(groups.flatMap(value => [value >> 8, value & 0xff])))
const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(bytes => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes))
const almostV4 = fc.tuple(v4, fc.nat(95)).map(([bytes, bit]) => flipped(bytes, bit))

/** 16 bytes: any, with runs of zeros and the ends of numbers in them, IPv4 in its mapped form, and one bit beside it. */
export const addressBytes: fc.Arbitrary<Uint8Array> = fc.oneof(v6, v4, almostV4, fc.uint8Array({ minLength: 16, maxLength: 16 }))

/** The same but for one bit. */
export function flipped (bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ 0x80 >> (bit & 7))
}
