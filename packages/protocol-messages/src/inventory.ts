import { ByteReader, ByteWriter } from '@peerwright/core'
import { HASH_BYTES } from './numbers.ts'

/** Most entries of Bitcoin's inventory messages (ANCHORS 3.2). */
export const MAX_INVENTORY = 50_000

/** Most entries of a `getdata` of ours (ANCHORS 3.2). */
export const MAX_GETDATA = 1_000

/** Inventory types: a block, with its witnesses (BIP144). */
export const INVENTORY_WITNESS_BLOCK = 0x4000_0002

/** One entry of an inventory. */
export interface InventoryEntry {
  readonly type: number
  /** 32 bytes, in the order of the wire */
  readonly id: Uint8Array
}

/** As Bitcoin's `inv`, `getdata`, `notfound`. */
export function encodeInventory (entries: readonly InventoryEntry[]): Uint8Array {
  const writer = new ByteWriter(9 + 36 * entries.length).compactSize(entries.length)
  for (const { type, id } of entries) {
    writer.u32le(type).bytes(id)
  }
  return writer.finish()
}

/**
 * @param limit - most entries: 50,000 for an `inv`, 1,000 for a `getdata` of ours
 * @throws PeerFault with the codes of `ByteReader`
 */
export function decodeInventory (payload: Uint8Array, limit: number): InventoryEntry[] {
  const reader = new ByteReader(payload)
  const count = reader.compactSize(limit)
  const entries: InventoryEntry[] = []
  for (let index = 0; index < count; index++) {
    entries.push({ type: reader.u32le(), id: reader.bytes(HASH_BYTES) })
  }
  reader.end()
  return entries
}
