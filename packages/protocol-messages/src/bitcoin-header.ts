import { type ByteReader, fromHex, invariant, toReversedHex } from '@peerwright/core'
import type { BlockHeader, HeaderCodec } from '@peerwright/interface'
import { sha256d } from './hash-batch.ts'
import { HASH_BYTES } from './numbers.ts'
import { targetOf, workOf } from './target.ts'

/** Length of a Bitcoin header, in bytes: version 4, parent 32, Merkle root 32, time 4, bits 4, nonce 4. */
export const BITCOIN_HEADER_BYTES = 80

/** Headers of Bitcoin and its family: 80 bytes, hashed with SHA-256 twice, ids printed last byte first. */
export const bitcoinHeaderCodec: HeaderCodec = {
  maxSizeBytes: BITCOIN_HEADER_BYTES,
  read (reader: ByteReader): BlockHeader {
    const bytes = reader.bytes(BITCOIN_HEADER_BYTES)
    return {
      id: toReversedHex(sha256d(bytes)),
      parent: toReversedHex(bytes.subarray(4, 36)),
      work: workOf(bitcoinBits(bytes)),
      bytes
    }
  },
  provesWork ({ id, bytes }) {
    return BigInt(`0x${id}`) <= targetOf(bitcoinBits(bytes))
  },
  idToBytes (id) {
    const bytes = fromHex(id)
    invariant(bytes?.length === HASH_BYTES, 'a block id has 64 hexadecimal digits')
    return bytes.reverse()
  },
  idFromBytes: toReversedHex
}

/** The compact target of a header. */
export function bitcoinBits (header: Uint8Array): number {
  return u32(header, 72)
}

/** The time of a header, in seconds since the Unix epoch. */
export function bitcoinTime (header: Uint8Array): number {
  return u32(header, 68)
}

/** The Merkle root of a header: a view of 32 bytes in the order of the wire. */
export function bitcoinMerkleRoot (header: Uint8Array): Uint8Array {
  return header.subarray(36, 68)
}

function u32 (bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
}
