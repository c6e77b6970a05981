import { ByteReader, ByteWriter } from '@peerwright/core'

/** The payload of `ping` and `pong`: a nonce (BIP31). */
export function encodePing (nonce: bigint): Uint8Array {
  return new ByteWriter(8).u64le(nonce).finish()
}

/** @throws PeerFault with the codes of `ByteReader` */
export function decodePing (payload: Uint8Array): bigint {
  const reader = new ByteReader(payload)
  const nonce = reader.u64le()
  reader.end()
  return nonce
}
