import { ByteReader } from '@peerwright/core'
import { HASH_BYTES } from './numbers.ts'
import { readText } from './text.ts'

/** Longest name of a command (the classic frame), and longest reason (Bitcoin Core until 0.19, MAX_REJECT_MESSAGE_LENGTH), in bytes. */
const MAX_COMMAND_BYTES = 12
const MAX_REASON_BYTES = 111

/** Why a node did not take a message (BIP61). We read it from old nodes and never send it: a reason helps an attacker as well. */
export interface Reject {
  readonly command: string
  /** 0x01 malformed, 0x10 invalid, 0x11 obsolete, 0x12 duplicate, 0x40 to 0x43 policy */
  readonly code: number
  /** Fit for a log */
  readonly reason: string
  /** The block or transaction that is meant: 32 bytes in the order of the wire */
  readonly id?: Uint8Array
}

/** @throws PeerFault with the codes of `ByteReader` */
export function decodeReject (payload: Uint8Array): Reject {
  const reader = new ByteReader(payload)
  const command = readText(reader, MAX_COMMAND_BYTES)
  const code = reader.u8()
  const reason = readText(reader, MAX_REASON_BYTES)
  const id = reader.remaining === 0 ? undefined : reader.bytes(HASH_BYTES)
  reader.end()
  return { command, code, reason, ...(id === undefined ? {} : { id }) }
}
