import { ByteReader } from '@peerwright/core'
import { type Message, sha256d, whole } from './hash-batch.ts'
import { TransactionWalk } from './transaction-walk.ts'

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
 * @param source - the bytes that `reader` reads
 * @throws PeerFault with the codes of `ByteReader`, `bad-transaction`
 */
export function readTransaction (reader: ByteReader, source: Uint8Array): TransactionView {
  const walk = new TransactionWalk(source, reader.position)
  walk.next()
  reader.position = walk.end
  return viewOf(source, walk)
}

/**
 * The one transaction of a `tx`.
 *
 * @throws PeerFault with the codes of `ByteReader`, `bad-transaction`
 */
export function decodeTransaction (payload: Uint8Array): TransactionView {
  const reader = new ByteReader(payload)
  const transaction = readTransaction(reader, payload)
  reader.end()
  return transaction
}

/** The transaction that a walk stands at the end of. */
function viewOf (source: Uint8Array, { start, coreStart, coreEnd, end, segwit }: TransactionWalk): TransactionView {
  return { bytes: source.subarray(start, end), segwit, coreStart: coreStart - start, coreEnd: coreEnd - start }
}

/** Whether its only input spends nothing: it creates coins. */
export function isCoinbase ({ bytes, coreStart }: TransactionView): boolean {
  const outpoint = bytes.subarray(coreStart + 1, coreStart + 37)
  return bytes[coreStart] === 1 && outpoint.every((byte, at) => byte === (at < 32 ? 0 : 0xff))
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
