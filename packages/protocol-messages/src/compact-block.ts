import { ByteReader, ByteWriter, invariant, PeerFault } from '@peerwright/core'
import { BITCOIN_HEADER_BYTES } from './bitcoin-header.ts'
import { TransactionList } from './block-view.ts'
import { sha256 } from './hash.ts'
import { HASH_BYTES } from './numbers.ts'
import { MIN_TRANSACTION_BYTES } from './transaction-walk.ts'
import { readTransaction, type TransactionView } from './transaction.ts'

/** Most transactions of a block that is sent so: their indices have 16 bits (BIP152). */
export const MAX_COMPACT_TRANSACTIONS = 65_535

/** Bytes of a short id. */
export const SHORT_ID_BYTES = 6

/** A transaction that comes whole. */
export interface PrefilledTransaction {
  /** Its place in the block */
  readonly index: number
  readonly transaction: Pick<TransactionView, 'bytes'>
}

/** A block without the transactions that the receiver is likely to have (BIP152). */
export interface CompactBlock {
  /** 80 bytes */
  readonly header: Uint8Array
  readonly nonce: bigint
  /** One after the other, 6 bytes each: of the transactions that do not come whole, in the order of the block */
  readonly shortIds: Uint8Array
  /** In the order of the block */
  readonly prefilled: readonly PrefilledTransaction[]
}

/** As Bitcoin's `cmpctblock`. */
export function encodeCompactBlock ({ header, nonce, shortIds, prefilled }: CompactBlock): Uint8Array {
  const size = prefilled.reduce((sum, { transaction }) => sum + transaction.bytes.length + 3, BITCOIN_HEADER_BYTES + 14 + shortIds.length)
  const writer = new ByteWriter(size).bytes(header).u64le(nonce).compactSize(shortIds.length / SHORT_ID_BYTES).bytes(shortIds).compactSize(prefilled.length)
  let last = -1
  for (const { index, transaction } of prefilled) {
    writer.compactSize(index - last - 1).bytes(transaction.bytes)
    last = index
  }
  return writer.finish()
}

/** @throws PeerFault with the codes of `ByteReader`, `bad-transaction`, `bad-compact-block` */
export function decodeCompactBlock (payload: Uint8Array): CompactBlock {
  const reader = new ByteReader(payload)
  const header = reader.bytes(BITCOIN_HEADER_BYTES)
  const nonce = reader.u64le()
  const shortIds = reader.bytes(SHORT_ID_BYTES * reader.compactSize(MAX_COMPACT_TRANSACTIONS))
  const short = shortIds.length / SHORT_ID_BYTES
  const count = reader.compactSize(Math.min(MAX_COMPACT_TRANSACTIONS - short, Math.floor(reader.remaining / (1 + MIN_TRANSACTION_BYTES))))
  if (short + count === 0) {
    throw new PeerFault('bad-compact-block', 'a block without transactions')
  }
  const prefilled: PrefilledTransaction[] = []
  let next = 0
  for (let at = 0; at < count; at++) {
    const index = next + reader.compactSize(MAX_COMPACT_TRANSACTIONS)
    // All places before it must be filled by short ids or by those that came before
    if (index > short + at) {
      throw new PeerFault('bad-compact-block', 'a transaction is for a place that the block does not have')
    }
    prefilled.push({ index, transaction: readTransaction(reader, payload) })
    next = index + 1
  }
  reader.end()
  return { header, nonce, shortIds, prefilled }
}

/** The key of a block's short ids: 16 bytes for SipHash-2-4 over wtxids, of which 6 bytes are kept (BIP152, version 2). */
export function shortIdKey ({ header, nonce }: Pick<CompactBlock, 'header' | 'nonce'>): Uint8Array {
  return sha256(new ByteWriter(BITCOIN_HEADER_BYTES + 8).bytes(header).u64le(nonce).finish()).subarray(0, 16)
}

/** The question for the transactions of a compact block that are missing. */
export interface GetBlockTransactions {
  /** The block: 32 bytes in the order of the wire */
  readonly id: Uint8Array
  /** Places in the block, each larger than the one before */
  readonly indices: Uint16Array
}

/** As Bitcoin's `getblocktxn`. */
export function encodeGetBlockTransactions ({ id, indices }: GetBlockTransactions): Uint8Array {
  const writer = new ByteWriter(HASH_BYTES + 3 + indices.length).bytes(id).compactSize(indices.length)
  let last = -1
  for (const index of indices) {
    invariant(index > last && index < MAX_COMPACT_TRANSACTIONS, 'indices rise, and are places in a block')
    writer.compactSize(index - last - 1)
    last = index
  }
  return writer.finish()
}

/** @throws PeerFault with the codes of `ByteReader` */
export function decodeGetBlockTransactions (payload: Uint8Array): GetBlockTransactions {
  const reader = new ByteReader(payload)
  const id = reader.bytes(HASH_BYTES)
  const indices = new Uint16Array(reader.compactSize(Math.min(MAX_COMPACT_TRANSACTIONS, reader.remaining)))
  let next = 0
  for (let at = 0; at < indices.length; at++) {
    next += reader.compactSize(MAX_COMPACT_TRANSACTIONS - 1 - next)
    indices[at] = next++
  }
  reader.end()
  return { id, indices }
}

/** The transactions that were asked for. */
export interface BlockTransactions {
  /** The block: 32 bytes in the order of the wire */
  readonly id: Uint8Array
  readonly transactions: TransactionList
}

/** As Bitcoin's `blocktxn`, of whole transactions. */
export function encodeBlockTransactions (id: Uint8Array, transactions: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(transactions.reduce((sum, { length }) => sum + length, HASH_BYTES + 9)).bytes(id).compactSize(transactions.length)
  for (const transaction of transactions) {
    writer.bytes(transaction)
  }
  return writer.finish()
}

/** @throws PeerFault with the codes of `ByteReader`, `bad-transaction` */
export function decodeBlockTransactions (payload: Uint8Array): BlockTransactions {
  const reader = new ByteReader(payload)
  const id = reader.bytes(HASH_BYTES)
  const transactions = TransactionList.read(reader, payload, reader.compactSize(MAX_COMPACT_TRANSACTIONS))
  reader.end()
  return { id, transactions }
}
