import { type ByteReader, type ByteWriter, invariant } from '@peerwright/core'

/** Bytes of a hash, an id, a network id and of accumulated work. */
export const HASH_BYTES = 32

/** 256 bits, most significant byte first. */
export function readU256 (reader: ByteReader): bigint {
  let value = 0n
  for (let word = 0; word < 4; word++) {
    value = (value << 64n) | reader.u64be()
  }
  return value
}

/** 256 bits, most significant byte first. */
export function writeU256 (writer: ByteWriter, value: bigint): void {
  invariant(value >= 0n && value < 1n << 256n, 'work has 256 bits')
  for (let word = 3n; word >= 0n; word--) {
    writer.u64be((value >> (64n * word)) & 0xffff_ffff_ffff_ffffn)
  }
}
