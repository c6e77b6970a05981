import assert from 'node:assert/strict'
import { ByteReader, ByteWriter, InvariantError, PeerFault } from '@peerwright/core'
import {
  type CompactBlock, decodeBlockTransactions, decodeCompactBlock, decodeFeeFilter, decodeGetBlockTransactions, decodeHeaderList, decodeProof, decodeQuantumProof,
  decodeReject, decodeSendCompact, decodeTransaction, encodeBlockTransactions, encodeCompactBlock, encodeFeeFilter, encodeGetBlockTransactions, encodeProof,
  encodeQuantumProof, encodeTransaction, MAX_CERTIFICATE_BYTES, MAX_COMPACT_TRANSACTIONS, partsOf, type TransactionParts, Witness
} from '@peerwright/protocol-messages'
import { rejectBytes } from '../support/reject.ts'

const fault = (code: string) => (error: unknown): boolean => error instanceof PeerFault && error.code === code

const id = new Uint8Array(32).fill(7)
const PARTS: TransactionParts = {
  version: 2,
  inputs: [{ id, index: 1, script: Uint8Array.of(), sequence: 5, witness: Witness.of([Uint8Array.of(1, 2)]) }, { id, index: 2, script: Uint8Array.of(9), sequence: 6, witness: Witness.EMPTY }],
  outputs: [{ value: 50n, script: Uint8Array.of(0x51) }],
  lockTime: 8,
  segwit: true
}
const TX = encodeTransaction(PARTS)

/** A compact block of six short ids, with whole transactions at these places. */
function compact (...indices: readonly number[]): CompactBlock {
  return { header: new Uint8Array(80), nonce: 3n, shortIds: new Uint8Array(36), prefilled: indices.map(index => ({ index, transaction: decodeTransaction(TX) })) }
}

describe('messages of relay', () => {
  it('a transaction is what its parts say, with witnesses and without', () => {
    assert.deepEqual(partsOf(decodeTransaction(TX)), PARTS)
    const bare = { ...PARTS, segwit: false, inputs: PARTS.inputs.map(input => ({ ...input, witness: Witness.EMPTY })) }
    assert.deepEqual(partsOf(decodeTransaction(encodeTransaction(bare))), bare)
    assert.throws(() => decodeTransaction(encodeTransaction({ ...bare, segwit: true })), fault('bad-transaction'), 'the form with witnesses, without any')
    assert.throws(() => decodeTransaction(Uint8Array.of(2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)), fault('bad-transaction'), 'no inputs')
    assert.throws(() => decodeTransaction(Uint8Array.of(2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0)), fault('bad-transaction'), 'unknown flags')
    assert.throws(() => decodeTransaction(Uint8Array.of(...TX, 0)), fault('trailing-bytes'))
    assert.throws(() => encodeTransaction({ ...PARTS, inputs: [] }), InvariantError)
  })

  it('a witness is what its items say, and nothing longer or shorter', () => {
    const items = [new Uint8Array(0), Uint8Array.of(1, 2), new Uint8Array(300).fill(3)]
    const witness = Witness.of(items)
    assert.deepEqual([...witness], items)
    assert.equal(witness.length, 3)
    assert.equal(witness.bytes.length, 1 + 1 + 3 + 303)
    assert.deepEqual([...Witness.EMPTY], [])
    const reader = new ByteReader(Uint8Array.of(9, ...witness.bytes, 9))
    reader.u8()
    assert.deepEqual([...Witness.read(reader)], items)
    assert.equal(reader.remaining, 1)
    assert.throws(() => Witness.read(new ByteReader(witness.bytes.subarray(0, -1))), PeerFault)
  })

  it('a compact block says where its whole transactions go', () => {
    const block = decodeCompactBlock(encodeCompactBlock(compact(0, 3, 7)))
    assert.deepEqual(block.prefilled.map(({ index }) => index), [0, 3, 7])
    assert.deepEqual(block.prefilled.map(({ transaction }) => [...transaction.bytes]), [[...TX], [...TX], [...TX]])
    assert.equal(block.nonce, 3n)
    assert.throws(() => decodeCompactBlock(encodeCompactBlock(compact(7))), fault('bad-compact-block'), 'a place behind the end')
    assert.throws(() => decodeCompactBlock(encodeCompactBlock(compact(0, 8))), fault('bad-compact-block'))
    assert.throws(() => decodeCompactBlock(new Uint8Array(90)), fault('bad-compact-block'), 'no transactions')
  })

  it('getblocktxn counts from index to index, up to the last place of a block', () => {
    for (const indices of [[], [0], [0, 1, 2], [5, 300, MAX_COMPACT_TRANSACTIONS - 1]]) {
      const asked = { id, indices: Uint16Array.from(indices) }
      assert.deepEqual(decodeGetBlockTransactions(encodeGetBlockTransactions(asked)), asked)
    }
    const over = new ByteWriter().bytes(id).compactSize(2).compactSize(0xfffe).compactSize(0).finish()
    assert.throws(() => decodeGetBlockTransactions(over), fault('too-many'))
    assert.throws(() => encodeGetBlockTransactions({ id, indices: Uint16Array.of(3, 3) }), InvariantError)
  })

  it('blocktxn gives transactions one by one', () => {
    const { id: block, transactions } = decodeBlockTransactions(encodeBlockTransactions(id, [TX, TX]))
    assert.deepEqual([...block], [...id])
    assert.equal(transactions.length, 2)
    assert.deepEqual(partsOf(transactions.at(1)), PARTS)
    assert.throws(() => transactions.at(2), InvariantError)
  })

  it('feefilter and sendcmpct keep to what may be said', () => {
    assert.equal(decodeFeeFilter(encodeFeeFilter(1_000n)), 1_000n)
    assert.equal(decodeFeeFilter(new ByteWriter().i64le(-1n).finish()), undefined)
    assert.equal(decodeFeeFilter(new ByteWriter().i64le(2_100_000_000_000_001n).finish()), undefined)
    assert.throws(() => encodeFeeFilter(-1n), InvariantError)
    assert.deepEqual(decodeSendCompact(Uint8Array.of(2, 2, 0, 0, 0, 0, 0, 0, 0)), { highBandwidth: true, version: 2n })
  })

  it('headers are looked at one by one, and hashed only for their links', () => {
    // Bitcoin's genesis and first block, as the main chain has them
    const root = '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a'
    const genesis = Buffer.from(`01000000${'00'.repeat(32)}${root}29ab5f49ffff001d1dac2b7c`, 'hex')
    const other = Uint8Array.from(genesis)
    const list = decodeHeaderList(Uint8Array.of(2, ...genesis, 0, ...other, 0))
    assert.equal(list.length, 2)
    assert.deepEqual([list.versionAt(0), list.timeAt(0), list.bitsAt(0), list.nonceAt(0)], [1, 1_231_006_505, 0x1d00_ffff, 2_083_236_893])
    assert.equal(Buffer.from(list.idAt(0)).reverse().toString('hex'), '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f')
    assert.equal(Buffer.from(list.merkleRootAt(1)).toString('hex'), root)
    assert.equal(list.isContinuous(), false)
    other.set(list.idAt(0), 4)
    assert.equal(decodeHeaderList(Uint8Array.of(2, ...genesis, 0, ...other, 0)).isContinuous(), true)
    assert.throws(() => decodeHeaderList(Uint8Array.of(1, ...genesis, 1)), fault('bad-headers'))
  })

  it('reject is read, with a block or transaction and without, and made fit for a log', () => {
    assert.deepEqual(decodeReject(rejectBytes({ command: 'tx', code: 0x42, reason: 'dust\n' })), { command: 'tx', code: 0x42, reason: 'dust?' })
    assert.deepEqual(decodeReject(rejectBytes({ command: 'block', code: 0x10, reason: 'x', id })).id, id)
    assert.throws(() => decodeReject(rejectBytes({ command: 'block', code: 1, reason: '' }).with(0, 13)), fault('too-many'))
  })

  it('proofs have the sizes of their suite, and no other', () => {
    const publicKey = new Uint8Array(1_312)
    const signature = new Uint8Array(2_420)
    const proof = { suite: 'ml-dsa-44', id, publicKey, signature } as const
    const bytes = encodeQuantumProof(proof)
    assert.deepEqual(decodeQuantumProof(bytes), proof)
    assert.throws(() => decodeQuantumProof(bytes.with(0, 2)), fault('truncated'))
    assert.throws(() => decodeQuantumProof(bytes.with(0, 9)), fault('unknown-suite'))
    assert.throws(() => encodeQuantumProof({ ...proof, suite: 'ml-dsa-65' }), InvariantError)
    const answer = { step: 'answer', suite: 'ml-dsa-44', challenge: id, timeSeconds: 5, certificate: publicKey, signature } as const
    assert.deepEqual(decodeProof(encodeProof(answer)), answer)
    assert.throws(() => encodeProof({ ...answer, suite: 'ml-dsa-65' }), InvariantError)
    assert.throws(() => encodeProof({ ...answer, certificate: new Uint8Array(MAX_CERTIFICATE_BYTES + 1) }), InvariantError)
    assert.throws(() => decodeProof(encodeProof(answer).with(40, 0xff)), fault('too-many'))
    const challenge = encodeProof({ step: 'challenge', challenge: id, suites: ['ml-dsa-87', 'ml-dsa-44'] })
    assert.deepEqual(decodeProof(challenge.with(challenge.length - 1, 99)), { step: 'challenge', challenge: id, suites: ['ml-dsa-87'] }, 'an unknown suite is left out')
    assert.throws(() => decodeProof(challenge.with(0, 2)), fault('bad-proof'))
  })
})
