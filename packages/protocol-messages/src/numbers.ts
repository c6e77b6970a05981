import { type ByteReader, type ByteWriter, invariant, PeerFault } from '@peerwright/core'

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

/** Bitcoin's CompactSize over the whole of 64 bits, as service bits need it. */
export function readCompactU64 (reader: ByteReader): bigint {
  const first = reader.u8()
  if (first < 0xfd) {
    return BigInt(first)
  }
  const value = first === 0xfd ? BigInt(reader.u16le()) : first === 0xfe ? BigInt(reader.u32le()) : reader.u64le()
  const smallest = first === 0xfd ? 0xfdn : first === 0xfe ? 0x1_0000n : 0x1_0000_0000n
  if (value < smallest) {
    throw new PeerFault('not-canonical', 'a number is written with more bytes than it needs')
  }
  return value
}

/** Bitcoin's CompactSize over the whole of 64 bits, in its shortest form. */
export function writeCompactU64 (writer: ByteWriter, value: bigint): void {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) {
    writer.compactSize(Number(value))
  } else {
    writer.u8(0xff).u64le(value)
  }
}
