import { ByteWriter } from '@peerwright/core'
import type { Reject } from '../../src/index.ts'

/** What an old node sends. We have no encoder for it: we never send one. */
export function rejectBytes ({ command, code, reason, id }: Reject): Uint8Array {
  const encoder = new TextEncoder()
  const writer = new ByteWriter().varBytes(encoder.encode(command)).u8(code).varBytes(encoder.encode(reason))
  return (id === undefined ? writer : writer.bytes(id)).finish()
}
