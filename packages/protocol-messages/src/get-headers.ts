import { ByteReader, ByteWriter } from '@peerwright/core'
import { HASH_BYTES } from './numbers.ts'

/** Most ids in a locator (Bitcoin Core, MAX_LOCATOR_SZ; ANCHORS 3.2). */
export const MAX_LOCATOR = 101

/** The question for headers. Ids are 32 bytes in the order of the wire. */
export interface GetHeaders {
  readonly protocolVersion: number
  readonly locator: readonly Uint8Array[]
  /** The last header that is wanted; absent for as many as there are */
  readonly stop?: Uint8Array
}

/** As Bitcoin's `getheaders`. */
export function encodeGetHeaders ({ protocolVersion, locator, stop }: GetHeaders): Uint8Array {
  const writer = new ByteWriter(4 + 1 + HASH_BYTES * (locator.length + 1)).u32le(protocolVersion).compactSize(locator.length)
  for (const id of locator) {
    writer.bytes(id)
  }
  return writer.bytes(stop ?? new Uint8Array(HASH_BYTES)).finish()
}

/** @throws PeerFault with the codes of `ByteReader` */
export function decodeGetHeaders (payload: Uint8Array): GetHeaders {
  const reader = new ByteReader(payload)
  const protocolVersion = reader.u32le()
  const locator = Array.from({ length: reader.compactSize(MAX_LOCATOR) }, () => reader.bytes(HASH_BYTES))
  const stop = reader.bytes(HASH_BYTES)
  reader.end()
  return { protocolVersion, locator, ...(stop.every(byte => byte === 0) ? {} : { stop }) }
}
