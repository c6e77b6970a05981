import { ByteReader, invariant } from '@peerwright/core'
import { countedList, full } from './fixed-bytes.ts'
import { HASH_BYTES } from './numbers.ts'

/** Most entries of Bitcoin's inventory messages (ANCHORS 3.2). */
export const MAX_INVENTORY = 50_000

/** Most entries of a `getdata` of ours (ANCHORS 3.2). */
export const MAX_GETDATA = 1_000

/** Inventory type: a transaction by its txid. */
export const INVENTORY_TRANSACTION = 1

/** Inventory type: a block. */
export const INVENTORY_BLOCK = 2

/** Inventory type: a transaction by its wtxid (BIP339). */
export const INVENTORY_WTXID = 5

/** Inventory type: a transaction with its witnesses (BIP144). */
export const INVENTORY_WITNESS_TRANSACTION = 0x4000_0001

/** Inventory type: a block with its witnesses (BIP144). */
export const INVENTORY_WITNESS_BLOCK = 0x4000_0002

/** Bytes of an entry: type 4, id 32. */
const ENTRY_BYTES = 4 + HASH_BYTES

/** One entry of an inventory. */
export interface InventoryEntry {
  readonly type: number
  /** 32 bytes, in the order of the wire */
  readonly id: Uint8Array
}

/** An inventory as it lies in received bytes: nothing is made of an entry before it is asked for. */
export class InventoryList implements Iterable<InventoryEntry> {
  readonly length: number
  /** The entries one after the other, 36 bytes each: for who reads in place, from `idStart` on */
  readonly bytes: Uint8Array

  /** @param bytes - the entries, without their count */
  constructor (bytes: Uint8Array) {
    this.bytes = bytes
    this.length = bytes.length / ENTRY_BYTES
  }

  typeAt (index: number): number {
    const at = ENTRY_BYTES * index
    const { bytes } = this
    return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  }

  /** Where an id begins in `bytes` */
  idStart (index: number): number {
    return ENTRY_BYTES * index + 4
  }

  /** A view onto 32 bytes, in the order of the wire */
  idAt (index: number): Uint8Array {
    return this.bytes.subarray(this.idStart(index), this.idStart(index) + HASH_BYTES)
  }

  at (index: number): InventoryEntry {
    return { type: this.typeAt(index), id: this.idAt(index) }
  }

  * [Symbol.iterator] (): Generator<InventoryEntry> {
    for (let index = 0; index < this.length; index++) {
      yield this.at(index)
    }
  }
}

/** As Bitcoin's `inv`, `getdata`, `notfound`. */
export function encodeInventory (entries: readonly InventoryEntry[] | InventoryList): Uint8Array {
  const { bytes, view, start } = countedList(entries.length, ENTRY_BYTES)
  if (entries instanceof InventoryList) {
    bytes.set(entries.bytes, start)
    return bytes
  }
  let at = start
  for (const { type, id } of entries) {
    invariant(id.length === HASH_BYTES, 'an id has 32 bytes')
    view.setUint32(at, type, true)
    bytes.set(id, at + 4)
    at += ENTRY_BYTES
  }
  return full(bytes, at)
}

/**
 * @param limit - most entries: 50,000 for an `inv`, 1,000 for a `getdata` of ours
 * @throws PeerFault with the codes of `ByteReader`
 */
export function decodeInventory (payload: Uint8Array, limit: number): InventoryList {
  const reader = new ByteReader(payload)
  const bytes = reader.bytes(ENTRY_BYTES * reader.compactSize(limit))
  reader.end()
  return new InventoryList(bytes)
}
