import { equalBytes } from '@peerwright/core'
import { sha256d } from './hash.ts'
import { HASH_BYTES } from './numbers.ts'

/** A Merkle root, and whether the list could have been made longer without changing it. */
export interface MerkleResult {
  readonly root: Uint8Array
  /** Two neighbours are the same: the list may be a mutation of a shorter one with the same root (CVE-2012-2459) */
  readonly mutated: boolean
}

/**
 * The Merkle root of Bitcoin: pairs are hashed together level by level; an odd last one is paired with itself.
 *
 * @param leaves - 32-byte hashes one after the other, at least one; overwritten
 */
export function merkleRoot (leaves: Uint8Array): MerkleResult {
  let count = leaves.length / HASH_BYTES
  let mutated = false
  const pair = new Uint8Array(2 * HASH_BYTES)
  while (count > 1) {
    for (let at = 0; at < count; at += 2) {
      const left = leaves.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)
      const right = at + 1 < count ? leaves.subarray((at + 1) * HASH_BYTES, (at + 2) * HASH_BYTES) : left
      mutated ||= right !== left && equalBytes(left, right)
      pair.set(left)
      pair.set(right, HASH_BYTES)
      leaves.set(sha256d(pair), (at >> 1) * HASH_BYTES)
    }
    count = (count + 1) >> 1
  }
  return { root: leaves.slice(0, HASH_BYTES), mutated }
}
