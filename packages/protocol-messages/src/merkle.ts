import { equalBytes } from '@peerwright/core'
import { sha256dEach } from './hash-batch.ts'
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
 * @param leaves - 32-byte hashes one after the other, at least one
 */
export function merkleRoot (leaves: Uint8Array): MerkleResult {
  let level = leaves
  let mutated = false
  while (level.length > HASH_BYTES) {
    const nodes = level
    mutated ||= hasTwins(nodes)
    level = sha256dEach(Math.ceil(nodes.length / (2 * HASH_BYTES)), index => {
      const pair = nodes.subarray(2 * HASH_BYTES * index, 2 * HASH_BYTES * (index + 1))
      return pair.length === HASH_BYTES ? [pair, pair] : pair
    })
  }
  return { root: level.slice(), mutated }
}

function hasTwins (nodes: Uint8Array): boolean {
  for (let at = 0; at + 2 * HASH_BYTES <= nodes.length; at += 2 * HASH_BYTES) {
    // Nearly all pairs differ in their first byte
    if (nodes[at] === nodes[at + HASH_BYTES] && equalBytes(nodes.subarray(at, at + HASH_BYTES), nodes.subarray(at + HASH_BYTES, at + 2 * HASH_BYTES))) {
      return true
    }
  }
  return false
}
