import { ByteReader, ByteWriter } from '@peerwright/core'
import { HASH_BYTES, readU256, writeU256 } from './numbers.ts'

/** What a chain ends with. */
export interface Tip {
  /** 32 bytes, in the order of the wire */
  readonly id: Uint8Array
  readonly height: number
  /** Accumulated work */
  readonly work: bigint
}

/** 68 bytes: id, height, work. */
export function encodeTip ({ id, height, work }: Tip): Uint8Array {
  const writer = new ByteWriter(68).bytes(id).u32le(height)
  writeU256(writer, work)
  return writer.finish()
}

/** @throws PeerFault with the codes of `ByteReader` */
export function decodeTip (payload: Uint8Array): Tip {
  const reader = new ByteReader(payload)
  const id = reader.bytes(HASH_BYTES)
  const height = reader.u32le()
  const work = readU256(reader)
  reader.end()
  return { id, height, work }
}
