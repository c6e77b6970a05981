import { ByteReader, invariant, PeerFault } from '@peerwright/core'
import { BITCOIN_HEADER_BYTES } from './bitcoin-header.ts'
import { compactSizeBytes, full, putCompactSize, room } from './fixed-bytes.ts'
import { putTransaction, transactionBytes, type TransactionParts } from './transaction-parts.ts'
import { MIN_TRANSACTION_BYTES, TransactionWalk } from './transaction-walk.ts'
import type { TransactionView } from './transaction.ts'

/** Where inputs begin: after the version, and after the marker and flag of the form with witnesses (BIP144). */
const CORE_START = 4
const SEGWIT_CORE_START = 6

/** Transactions as they lie in received bytes: walked over to the end, made into views when they are asked for. */
export class TransactionList {
  readonly length: number
  readonly #bytes: Uint8Array
  /** Two numbers each, and the end of the last one: where it begins; where its outputs end, doubled, and 1 more with witnesses */
  readonly #numbers: Uint32Array

  private constructor (bytes: Uint8Array, length: number, numbers: Uint32Array) {
    this.#bytes = bytes
    this.length = length
    this.#numbers = numbers
  }

  /**
   * Walks over `count` transactions.
   *
   * @throws PeerFault with the codes of `ByteReader`, `bad-transaction`
   */
  static read (reader: ByteReader, source: Uint8Array, count: number): TransactionList {
    if (count * MIN_TRANSACTION_BYTES > reader.remaining) {
      throw new PeerFault('too-many', `${count} transactions are more than the bytes that are left`)
    }
    const numbers = new Uint32Array(2 * count + 1)
    const walk = new TransactionWalk(source, reader.position)
    for (let index = 0; index < count; index++) {
      walk.next()
      numbers[2 * index] = walk.start
      numbers[2 * index + 1] = (walk.coreEnd - walk.start) * 2 + (walk.segwit ? 1 : 0)
    }
    numbers[2 * count] = walk.end
    reader.position = walk.end
    return new TransactionList(source, count, numbers)
  }

  at (index: number): TransactionView {
    invariant(index >= 0 && index < this.length, 'a transaction of the list')
    const core = this.#numbers[2 * index + 1] ?? 0
    const segwit = (core & 1) === 1
    return {
      bytes: this.#bytes.subarray(this.#numbers[2 * index], this.#numbers[2 * index + 2]),
      segwit,
      coreStart: segwit ? SEGWIT_CORE_START : CORE_START,
      coreEnd: core >>> 1
    }
  }

  toArray (): TransactionView[] {
    return Array.from({ length: this.length }, (_, index) => this.at(index))
  }
}

/** A block as it lies in received bytes. */
export class BlockView {
  /** 80 bytes */
  readonly header: Uint8Array
  /** The transactions without a view for each of them: for who looks at a few, or reads on in the bytes */
  readonly list: TransactionList
  #transactions: readonly TransactionView[] | undefined

  constructor (header: Uint8Array, list: TransactionList) {
    this.header = header
    this.list = list
  }

  /** All transactions; the views are made when they are first asked for */
  get transactions (): readonly TransactionView[] {
    this.#transactions ??= this.list.toArray()
    return this.#transactions
  }
}

/**
 * Walks over a block from end to end.
 *
 * @throws PeerFault with the codes of `ByteReader`, `bad-transaction`, `bad-block`
 */
export function decodeBlock (payload: Uint8Array): BlockView {
  const reader = new ByteReader(payload)
  const header = reader.bytes(BITCOIN_HEADER_BYTES)
  const count = reader.compactSize(Math.floor(reader.remaining / MIN_TRANSACTION_BYTES))
  if (count === 0) {
    throw new PeerFault('bad-block', 'a block without transactions')
  }
  const list = TransactionList.read(reader, payload, count)
  reader.end()
  return new BlockView(header, list)
}

/** A header of 80 bytes and transactions, whole ones or in parts, as a `block`. */
export function encodeBlock (header: Uint8Array, transactions: ReadonlyArray<Uint8Array | TransactionParts>): Uint8Array {
  invariant(header.length === BITCOIN_HEADER_BYTES && transactions.length > 0, 'a block has a header of 80 bytes and transactions')
  let sizeBytes = BITCOIN_HEADER_BYTES + compactSizeBytes(transactions.length)
  for (const transaction of transactions) {
    sizeBytes += transaction instanceof Uint8Array ? transaction.length : transactionBytes(transaction)
  }
  const { bytes, view } = room(sizeBytes)
  bytes.set(header)
  let at = putCompactSize(bytes, BITCOIN_HEADER_BYTES, transactions.length)
  for (const transaction of transactions) {
    if (transaction instanceof Uint8Array) {
      bytes.set(transaction, at)
      at += transaction.length
    } else {
      at = putTransaction(bytes, view, at, transaction)
    }
  }
  return full(bytes, at)
}
