import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { ByteReader, toReversedHex } from '@peerwright/core'
import { needs } from '@peerwright/testing'
import { BITCOIN_HEADER_BYTES, bitcoinBits, bitcoinHeaderCodec, type BlockView, checkCommitments, decodeBlock, targetOf, txid, txids, wtxid } from '../../src/index.ts'
import { txidMessage } from '../../src/transaction.ts'

/** Real blocks; they lie beside the project and not in it. */
const DATA = new URL('../../../../../shared/data/bitcoin/', import.meta.url)

/**
 * What the headers say of themselves; the proof of work vouches for it. 928816 is dated 2016-09-19 and of a difficulty far
 * below the main chain's: a block of the test network, with witnesses and without Taproot.
 */
const BLOCKS = [
  { name: 'block300025.raw', id: /^0{16}/, segwit: false },
  { name: 'block426884.raw', id: /^0{16}/, segwit: false },
  { name: 'block928816.raw', id: /^0{13}/, segwit: true }
]

function read (context: Mocha.Context, name: string): Uint8Array {
  const url = new URL(name, DATA)
  needs(context, existsSync(url), 'no real blocks: shared/data is not beside the repository')
  return readFileSync(url)
}

function flip (bytes: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

/** Where a transaction begins in the block. */
function startOf (block: BlockView, bytes: Uint8Array, index: number): number {
  return (block.transactions[index] as BlockView['transactions'][number]).bytes.byteOffset - bytes.byteOffset
}

describe('real Bitcoin blocks', () => {
  for (const { name, id, segwit } of BLOCKS) {
    it(`${name} walks to its end, and its Merkle root and witnesses are right`, function () {
      const bytes = read(this, name)
      const block = decodeBlock(bytes)
      const header = bitcoinHeaderCodec.read(new ByteReader(bytes))
      assert.match(header.id, id)
      assert.ok(BigInt(`0x${header.id}`) <= targetOf(bitcoinBits(bytes)), 'it is real work')
      assert.equal(checkCommitments(block), 'valid')
      assert.equal(block.transactions.some(transaction => transaction.segwit), segwit)
      const last = block.transactions.at(-1)
      assert.equal(startOf(block, bytes, block.transactions.length - 1) + (last?.bytes.length ?? 0), bytes.length)
    })

    it(`${name} with one bit of a transaction changed is refused`, function () {
      const bytes = read(this, name)
      const block = decodeBlock(bytes)
      // The last byte of the lock time: the form stays right
      const second = startOf(block, bytes, 2) - 1
      assert.equal(checkCommitments(decodeBlock(flip(bytes, second))), 'merkle-mismatch')
    })
  }

  it('block928816.raw with one bit of a witness changed keeps its Merkle root and is refused', function () {
    const bytes = read(this, 'block928816.raw')
    const block = decodeBlock(bytes)
    const index = block.transactions.findIndex((transaction, at) => at > 0 && transaction.segwit)
    const spent = block.transactions[index]
    assert.ok(spent !== undefined)
    // The last byte before the lock time ends the last item of the last witness, or is the length of an empty one
    const changed = decodeBlock(flip(bytes, startOf(block, bytes, index) + spent.bytes.length - 5))
    assert.equal(checkCommitments(changed), 'witness-mismatch')
    const after = changed.transactions[index]
    assert.ok(after !== undefined)
    assert.deepEqual(txid(after), txid(spent))
    assert.notDeepEqual(wtxid(after), wtxid(spent))
  })

  it('block928816.raw stripped of all witnesses keeps its Merkle root and is refused; where witnesses are not in force yet, they are', function () {
    const bytes = read(this, 'block928816.raw')
    const block = decodeBlock(bytes)
    const parts: Uint8Array[] = [bytes.subarray(0, block.transactions[0]?.bytes.byteOffset as number - bytes.byteOffset)]
    for (const transaction of block.transactions) {
      const message = txidMessage(transaction)
      parts.push(...message instanceof Uint8Array ? [message] : message)
    }
    const stripped = decodeBlock(Uint8Array.from(Buffer.concat(parts)))
    assert.deepEqual(txids(stripped), txids(block))
    assert.equal(checkCommitments(stripped), 'witness-mismatch')
    assert.equal(checkCommitments(stripped, { segwit: false }), 'valid')
    assert.equal(checkCommitments(block, { segwit: false }), 'witness-unexpected')
  })

  it('real headers prove their work, and do not with another nonce', function () {
    for (const name of ['block300025.raw', 'block426884.raw', 'block928816.raw']) {
      const bytes = Uint8Array.from(read(this, name).subarray(0, BITCOIN_HEADER_BYTES))
      assert.equal(bitcoinHeaderCodec.provesWork?.(bitcoinHeaderCodec.read(new ByteReader(bytes))), true)
      bytes[79] = (bytes[79] ?? 0) ^ 1
      assert.equal(bitcoinHeaderCodec.provesWork?.(bitcoinHeaderCodec.read(new ByteReader(bytes))), false)
    }
  })

  it('the first block after genesis has the one transaction that its Merkle root is', function () {
    const bytes = read(this, 'mainnet-blocks-1-256.dat')
    const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true)
    const block = decodeBlock(bytes.subarray(8, 8 + size))
    assert.equal(block.transactions.length, 1)
    const [coinbase] = block.transactions
    assert.ok(coinbase !== undefined)
    assert.equal(toReversedHex(txid(coinbase)), '0e3e2357e806b6cdb1f70b54c3a3a17b6714ee1f0e68bebb44a74b1efd512098')
  })
})
