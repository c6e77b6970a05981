import { ByteReader, equalBytes } from '@peerwright/core'
import { bitcoinMerkleRoot } from './bitcoin-header.ts'
import type { BlockView } from './block-view.ts'
import { sha256d } from './hash.ts'
import { merkleRoot } from './merkle.ts'
import { HASH_BYTES } from './numbers.ts'
import { isCoinbase, type TransactionView, txid, wtxid } from './transaction.ts'

/** The output of the coinbase that commits to the witnesses begins so: OP_RETURN, 36 bytes, aa21a9ed (BIP141). */
const COMMITMENT_PREFIX = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed)

/**
 * Whether a block's transactions are those that its header and its coinbase commit to. Without a coinbase in front, what looks
 * like transactions may be inner nodes of the Merkle tree, with the same root (Bitcoin Core, IsBlockMutated). Whatever is wrong,
 * another body may still fit the header.
 */
export function checkCommitments (block: BlockView): 'valid' | 'merkle-mismatch' | 'mutated' | 'no-coinbase' | 'witness-mismatch' {
  const { root, mutated } = merkleRoot(hashes(block.transactions, txid))
  if (!equalBytes(root, bitcoinMerkleRoot(block.header))) {
    return 'merkle-mismatch'
  }
  if (mutated) {
    return 'mutated'
  }
  if (!isCoinbase(block.transactions[0] as TransactionView)) {
    return 'no-coinbase'
  }
  return witnessesMatch(block) ? 'valid' : 'witness-mismatch'
}

function hashes (transactions: readonly TransactionView[], hashOf: (transaction: TransactionView) => Uint8Array): Uint8Array {
  const leaves = new Uint8Array(HASH_BYTES * transactions.length)
  for (let index = 0; index < transactions.length; index++) {
    leaves.set(hashOf(transactions[index] as TransactionView), HASH_BYTES * index)
  }
  return leaves
}

/** BIP141: blocks with witnesses commit to them in the last such output of the coinbase. */
function witnessesMatch (block: BlockView): boolean {
  const coinbase = block.transactions[0] as TransactionView
  if (!block.transactions.some(transaction => transaction.segwit)) {
    return true
  }
  const commitment = findCommitment(coinbase)
  const reserved = reservedValue(coinbase)
  if (commitment === undefined || reserved === undefined) {
    return false
  }
  const leaves = hashes(block.transactions, wtxid)
  leaves.fill(0, 0, HASH_BYTES)
  const pair = new Uint8Array(2 * HASH_BYTES)
  pair.set(merkleRoot(leaves).root)
  pair.set(reserved, HASH_BYTES)
  return equalBytes(sha256d(pair), commitment)
}

function findCommitment (coinbase: TransactionView): Uint8Array | undefined {
  const reader = new ByteReader(coinbase.bytes.subarray(coinbase.coreStart, coinbase.coreEnd))
  const inputs = reader.compactSize(reader.remaining)
  for (let index = 0; index < inputs; index++) {
    reader.skip(36)
    reader.varBytes(reader.remaining)
    reader.skip(4)
  }
  let found: Uint8Array | undefined
  const outputs = reader.compactSize(reader.remaining)
  for (let index = 0; index < outputs; index++) {
    reader.skip(8)
    const script = reader.varBytes(reader.remaining)
    const commits = script.length >= COMMITMENT_PREFIX.length + HASH_BYTES && COMMITMENT_PREFIX.every((byte, at) => script[at] === byte)
    found = commits ? script.subarray(COMMITMENT_PREFIX.length, COMMITMENT_PREFIX.length + HASH_BYTES) : found
  }
  return found
}

/** The single witness item of the coinbase's input. */
function reservedValue (coinbase: TransactionView): Uint8Array | undefined {
  if (!coinbase.segwit) {
    return undefined
  }
  const reader = new ByteReader(coinbase.bytes.subarray(coinbase.coreEnd))
  const items = reader.compactSize(reader.remaining)
  const value = items === 1 ? reader.varBytes(reader.remaining) : undefined
  return value?.length === HASH_BYTES ? value : undefined
}
