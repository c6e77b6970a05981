import { ByteReader, equalBytes } from '@peerwright/core'
import { bitcoinMerkleRoot } from './bitcoin-header.ts'
import type { BlockView } from './block-view.ts'
import { sha256d, sha256dEach } from './hash-batch.ts'
import { merkleRoot } from './merkle.ts'
import { HASH_BYTES } from './numbers.ts'
import { isCoinbase, type TransactionView, txidMessage } from './transaction.ts'

/** The output of the coinbase that commits to the witnesses begins so: OP_RETURN, 36 bytes, aa21a9ed (BIP141). */
const COMMITMENT_PREFIX = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed)

/** How a block's body is judged. */
export interface CommitmentRules {
  /** Whether witnesses are in force where the block stands (BIP141); yes when not told */
  readonly segwit?: boolean
}

/** What a block's body is found to be. */
export type CommitmentVerdict = 'valid' | 'merkle-mismatch' | 'mutated' | 'no-coinbase' | 'witness-mismatch' | 'witness-unexpected'

/**
 * Whether a block's transactions are those that its header and its coinbase commit to. Without a coinbase in front, what looks
 * like transactions may be inner nodes of the Merkle tree, with the same root (Bitcoin Core, IsBlockMutated). Whatever is wrong,
 * another body may still fit the header.
 */
export function checkCommitments (block: BlockView, { segwit = true }: CommitmentRules = {}): CommitmentVerdict {
  const { root, mutated } = merkleRoot(txids(block))
  if (!equalBytes(root, bitcoinMerkleRoot(block.header))) {
    return 'merkle-mismatch'
  }
  if (mutated) {
    return 'mutated'
  }
  const [coinbase] = block.transactions
  if (coinbase === undefined || !isCoinbase(coinbase)) {
    return 'no-coinbase'
  }
  const commitment = segwit ? findCommitment(coinbase) : undefined
  if (commitment !== undefined) {
    return witnessesMatch(block, coinbase, commitment) ? 'valid' : 'witness-mismatch'
  }
  return block.transactions.some(transaction => transaction.segwit) ? 'witness-unexpected' : 'valid'
}

/** The ids of a block's transactions, 32 bytes each, one after the other, in the order of the wire. */
export function txids ({ transactions }: BlockView): Uint8Array {
  return sha256dEach(transactions.length, index => txidMessage(transactions[index] as TransactionView))
}

/** The ids with witnesses (BIP141); the coinbase's is zero. */
export function wtxids ({ transactions }: BlockView): Uint8Array {
  const hashes = sha256dEach(transactions.length, index => (transactions[index] as TransactionView).bytes)
  return hashes.fill(0, 0, HASH_BYTES)
}

/** A commitment that is there holds, even if a block without its witnesses says nothing of them (Bitcoin Core, CheckWitnessMalleation). */
function witnessesMatch (block: BlockView, coinbase: TransactionView, commitment: Uint8Array): boolean {
  const reserved = reservedValue(coinbase)
  if (reserved === undefined) {
    return false
  }
  const pair = new Uint8Array(2 * HASH_BYTES)
  pair.set(merkleRoot(wtxids(block)).root)
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
