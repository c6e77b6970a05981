import { type ByteReader, PeerFault } from '@peerwright/core'
import { type Message, whole } from './hash-batch.ts'
import { sha256d } from './hash.ts'

/** Smallest input: outpoint 36, empty script 1, sequence 4. Bounds a count by the bytes that are there. */
const MIN_INPUT_BYTES = 41

/** Smallest output: value 8, empty script 1. */
const MIN_OUTPUT_BYTES = 9

/** A transaction as it lies in received bytes: views, nothing copied, hashes on demand. */
export interface TransactionView {
  /** The whole transaction, with its witnesses */
  readonly bytes: Uint8Array
  /** Whether it is in the form with witnesses (BIP144) */
  readonly segwit: boolean
  /** Where inputs and outputs begin and end in `bytes` */
  readonly coreStart: number
  readonly coreEnd: number
}

/**
 * Walks over one transaction; every count and length is compared with what is left.
 *
 * @throws PeerFault with the codes of `ByteReader`, `bad-transaction`
 */
export function readTransaction (reader: ByteReader, source: Uint8Array): TransactionView {
  const start = reader.position
  reader.skip(4)
  let coreStart = reader.position
  let inputs = count(reader, MIN_INPUT_BYTES)
  const segwit = inputs === 0
  if (segwit) {
    if (reader.u8() !== 1) {
      throw new PeerFault('bad-transaction', 'a transaction without inputs, or with unknown flags')
    }
    coreStart = reader.position
    inputs = count(reader, MIN_INPUT_BYTES)
  }
  for (let index = 0; index < inputs; index++) {
    reader.skip(36)
    reader.varBytes(reader.remaining)
    reader.skip(4)
  }
  const outputs = count(reader, MIN_OUTPUT_BYTES)
  for (let index = 0; index < outputs; index++) {
    reader.skip(8)
    reader.varBytes(reader.remaining)
  }
  const coreEnd = reader.position
  if (segwit) {
    for (let index = 0; index < inputs; index++) {
      const items = count(reader, 1)
      for (let item = 0; item < items; item++) {
        reader.varBytes(reader.remaining)
      }
    }
  }
  reader.skip(4)
  return { bytes: source.subarray(start, reader.position), segwit, coreStart: coreStart - start, coreEnd: coreEnd - start }
}

/** Whether its only input spends nothing: it creates coins. */
export function isCoinbase ({ bytes, coreStart }: TransactionView): boolean {
  const outpoint = bytes.subarray(coreStart + 1, coreStart + 37)
  return bytes[coreStart] === 1 && outpoint.every((byte, at) => byte === (at < 32 ? 0 : 0xff))
}

function count (reader: ByteReader, smallestBytes: number): number {
  return reader.compactSize(Math.floor(reader.remaining / smallestBytes))
}

/** What the transaction's id is the hash of: everything but its witnesses. */
export function txidMessage ({ bytes, segwit, coreStart, coreEnd }: TransactionView): Message {
  return segwit ? [bytes.subarray(0, 4), bytes.subarray(coreStart, coreEnd), bytes.subarray(bytes.length - 4)] : bytes
}

/** The transaction's id, in the order of the wire. */
export function txid (transaction: TransactionView): Uint8Array {
  return sha256d(whole(txidMessage(transaction)))
}

/** The transaction's id with its witnesses (BIP141), in the order of the wire. */
export function wtxid (transaction: TransactionView): Uint8Array {
  return sha256d(transaction.bytes)
}
