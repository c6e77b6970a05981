import assert from 'node:assert/strict'
import { equalBytes, PeerFault } from '@peerwright/core'
import { needs } from '@peerwright/testing'
import {
  bitcoinMerkleRoot, type BlockView, checkCommitments, type CompactBlock, decodeBlock, decodeCompactBlock, encodeBlock, encodeCompactBlock,
  encodeTransaction, merkleRoot, partsOf, SHORT_ID_BYTES, shortIdKey, txids, Witness, wtxid
} from '../../src/index.ts'
import { firstBlocks, REAL_BLOCKS, REAL_COMPACT_BLOCK, realFile } from '../support/real.ts'
import { sipHash } from '../support/sip-hash.ts'

function read (context: Mocha.Context, name: string): Uint8Array {
  const bytes = realFile(name)
  needs(context, bytes !== undefined, 'no real blocks: shared/data is not beside the repository')
  return bytes
}

/** Taken apart down to scripts and witness items, and put together. */
function rebuilt (block: BlockView): Uint8Array {
  return encodeBlock(block.header, block.transactions.map(transaction => {
    const { inputs, ...parts } = partsOf(transaction)
    return encodeTransaction({ ...parts, inputs: inputs.map(input => ({ ...input, witness: Witness.of([...input.witness]) })) })
  }))
}

/** The short id of a transaction (BIP152), as a number. */
function shortId (key: Uint8Array, id: Uint8Array): bigint {
  return sipHash(key, id) & 0xffff_ffff_ffffn
}

function shortIdsOf ({ shortIds }: CompactBlock): bigint[] {
  return Array.from({ length: shortIds.length / SHORT_ID_BYTES }, (_, index) => {
    const bytes = shortIds.subarray(SHORT_ID_BYTES * index, SHORT_ID_BYTES * (index + 1))
    return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
  })
}

describe('real messages of Bitcoin', () => {
  for (const name of REAL_BLOCKS) {
    it(`QC-25 + ${name} is taken apart and encoded to the same bytes`, function () {
      const bytes = read(this, name)
      assert.ok(equalBytes(rebuilt(decodeBlock(bytes)), bytes))
    })
  }

  it('QC-25 + the first 255 blocks after genesis decode, encode to the same bytes, and have the transactions of their Merkle roots', function () {
    const blocks = firstBlocks()
    needs(this, blocks.length > 0, 'no real blocks: shared/data is not beside the repository')
    assert.equal(blocks.length, 255)
    for (const bytes of blocks) {
      const block = decodeBlock(bytes)
      assert.ok(equalBytes(rebuilt(block), bytes))
      assert.equal(checkCommitments(block), 'valid')
      assert.deepEqual(merkleRoot(txids(block)).root, Uint8Array.from(bitcoinMerkleRoot(block.header)))
    }
  })

  it('QC-25 + the compact block encodes to the same bytes, and its short ids are those of the whole block', function () {
    const bytes = read(this, REAL_COMPACT_BLOCK)
    const whole = decodeBlock(read(this, 'block426884.raw'))
    const compact = decodeCompactBlock(bytes)
    assert.ok(equalBytes(encodeCompactBlock(compact), bytes))
    assert.deepEqual(compact.header, whole.header)
    const key = shortIdKey(compact)
    // Without witnesses in the block, wtxids are txids, and both versions of BIP152 agree
    const prefilled = new Map(compact.prefilled.map(({ index, transaction }) => [index, transaction.bytes]))
    const rest = whole.transactions.filter((transaction, index) => {
      const given = prefilled.get(index)
      assert.ok(given === undefined || equalBytes(given, transaction.bytes))
      return given === undefined
    })
    assert.deepEqual(shortIdsOf(compact), rest.map(transaction => shortId(key, wtxid(transaction))))
  })

  it('QC-25 - a real block that is cut short, at any of 200 places, is a fault', function () {
    const bytes = read(this, 'block928816.raw')
    for (let part = 0; part < 200; part++) {
      assert.throws(() => decodeBlock(bytes.subarray(0, Math.floor(bytes.length * part / 200))), PeerFault)
    }
  })
})
