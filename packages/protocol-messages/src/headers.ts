import { ByteReader, PeerFault } from '@peerwright/core'
import type { BlockHeader, HeaderCodec } from '@peerwright/interface'
import { compactSizeBytes, full, putCompactSize, room } from './fixed-bytes.ts'

/** Most headers in a message (Bitcoin Core, MAX_HEADERS_RESULTS; ANCHORS 3.2). */
export const MAX_HEADERS = 2_000

/** As Bitcoin's `headers`: each header is followed by a transaction count of 0. */
export function encodeHeaders (headers: readonly Uint8Array[]): Uint8Array {
  let sizeBytes = compactSizeBytes(headers.length)
  for (const { length } of headers) {
    sizeBytes += length + 1
  }
  const { bytes } = room(sizeBytes)
  let at = putCompactSize(bytes, 0, headers.length)
  for (const header of headers) {
    bytes.set(header, at)
    at += header.length
    bytes[at++] = 0
  }
  return full(bytes, at)
}

/**
 * @throws PeerFault with the codes of `ByteReader` and of the codec, `headers-not-continuous` when one is not the child of the
 * one before it
 */
export function decodeHeaders (payload: Uint8Array, codec: HeaderCodec): BlockHeader[] {
  const reader = new ByteReader(payload)
  const count = reader.compactSize(MAX_HEADERS)
  const headers: BlockHeader[] = []
  let last: BlockHeader | undefined
  for (let index = 0; index < count; index++) {
    const header = codec.read(reader)
    if (reader.u8() !== 0) {
      throw new PeerFault('bad-headers', 'a header comes with transactions')
    }
    if (last !== undefined && header.parent !== last.id) {
      throw new PeerFault('headers-not-continuous', `header ${index} is not the child of the one before it`)
    }
    headers.push(header)
    last = header
  }
  reader.end()
  return headers
}
