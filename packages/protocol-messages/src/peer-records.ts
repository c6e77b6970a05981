import { ByteReader, ByteWriter, invariant, PeerFault } from '@peerwright/core'
import { fixedLimit } from './message-table.ts'

/** Most records in a message (ANCHORS 3.5). */
export const MAX_PEER_RECORDS = 1_000

/** Largest signed envelope, in bytes. Chosen: an ML-DSA-44 key and signature (3,732) and addresses. */
const MAX_ENVELOPE_BYTES = 4_096

/** Smallest entry: time 4, length 1, envelope 1. */
const MIN_ENTRY_BYTES = 6

/** A peer that somebody has heard of. */
export interface PeerRecordEntry {
  /** When it was last seen, as the sender has it: seconds since the Unix epoch */
  readonly seenSeconds: number
  /** libp2p's signed peer record, with its sequence number and addresses: not opened here */
  readonly envelope: Uint8Array
}

/** Addresses as sessions carry them. */
export interface PeerRecords {
  /** How often an announcement may still be passed on; 0 for an answer to `get-peers` */
  readonly hops: number
  readonly entries: readonly PeerRecordEntry[]
}

/** Hops 1, count, and per record the time 4 and the envelope with its length. */
export function encodePeerRecords ({ hops, entries }: PeerRecords): Uint8Array {
  invariant(entries.length <= MAX_PEER_RECORDS, `at most ${MAX_PEER_RECORDS} records`)
  const writer = new ByteWriter(4 + entries.length * 256).u8(hops).compactSize(entries.length)
  for (const { seenSeconds, envelope } of entries) {
    invariant(envelope.length > 0 && envelope.length <= MAX_ENVELOPE_BYTES, `an envelope has 1 to ${MAX_ENVELOPE_BYTES} bytes`)
    writer.u32le(seenSeconds).varBytes(envelope)
  }
  invariant(writer.length <= fixedLimit('peer-records'), 'the records fit their message')
  return writer.finish()
}

/** @throws PeerFault with the codes of `ByteReader`, `bad-peer-records` */
export function decodePeerRecords (payload: Uint8Array): PeerRecords {
  const reader = new ByteReader(payload)
  const hops = reader.u8()
  const count = reader.compactSize(Math.min(MAX_PEER_RECORDS, Math.floor(reader.remaining / MIN_ENTRY_BYTES)))
  const entries: PeerRecordEntry[] = []
  for (let index = 0; index < count; index++) {
    const seenSeconds = reader.u32le()
    const envelope = reader.varBytes(MAX_ENVELOPE_BYTES)
    if (envelope.length === 0) {
      throw new PeerFault('bad-peer-records', 'a peer record without content')
    }
    entries.push({ seenSeconds, envelope })
  }
  reader.end()
  return { hops, entries }
}
