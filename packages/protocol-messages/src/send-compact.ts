import { ByteReader, ByteWriter } from '@peerwright/core'

/** How blocks are to be announced to the sender (BIP152). */
export interface SendCompact {
  /** Whether compact blocks are to come unasked */
  readonly highBandwidth: boolean
  /** 1: short ids of txids, 2: of wtxids. Other versions are to be ignored */
  readonly version: bigint
}

/** As Bitcoin's `sendcmpct`. */
export function encodeSendCompact ({ highBandwidth, version }: SendCompact): Uint8Array {
  return new ByteWriter(9).u8(highBandwidth ? 1 : 0).u64le(version).finish()
}

/** @throws PeerFault with the codes of `ByteReader` */
export function decodeSendCompact (payload: Uint8Array): SendCompact {
  const reader = new ByteReader(payload)
  // Bitcoin Core reads the byte as a bool: whatever is not 0 is true
  const highBandwidth = reader.u8() !== 0
  const version = reader.u64le()
  reader.end()
  return { highBandwidth, version }
}
