import { ByteReader, ByteWriter, PeerFault } from '@peerwright/core'
import type { BulkEnd } from '@peerwright/interface'

/** The ends by their number on the wire. */
const ENDS: readonly BulkEnd[] = ['complete', 'not-found', 'busy', 'pruned']

/** How an answer ended. */
export interface End {
  readonly end: BulkEnd
  /** With `busy`: when to ask again; 0 when nothing is said */
  readonly retryAfterSeconds: number
}

/** One byte for the end, four for the time. */
export function encodeEnd ({ end, retryAfterSeconds }: End): Uint8Array {
  return new ByteWriter(5).u8(ENDS.indexOf(end)).u32le(retryAfterSeconds).finish()
}

/** @throws PeerFault with the codes of `ByteReader`, `bad-end` */
export function decodeEnd (payload: Uint8Array): End {
  const reader = new ByteReader(payload)
  const end = ENDS[reader.u8()]
  const retryAfterSeconds = reader.u32le()
  reader.end()
  if (end === undefined) {
    throw new PeerFault('bad-end', 'an answer ends in a way that there is not')
  }
  return { end, retryAfterSeconds }
}
