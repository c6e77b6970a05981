import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { encodeRecord, Ledger, type LedgerBlock, type LedgerInit } from '../../src/index.ts'
import { ALL_SUITES, isFault, isOperation, NOW, peerOf } from '../support/peers.ts'
import { NETWORK_ID, registrationOf, registrySuite } from '../support/registry-suite.ts'

const ledger = (init: Partial<LedgerInit> = {}): Ledger => new Ledger({ networkId: NETWORK_ID, suites: ALL_SUITES, nowSeconds: () => NOW, ...init })

describe('the ledger in memory', () => {
  registrySuite({ createRegistry: rules => Promise.resolve(ledger(rules)), settle: () => Promise.resolve() })

  /** A ledger with three registrations, its blocks as they would be kept. */
  const filled = async (): Promise<{ first: Ledger, blocks: LedgerBlock[] }> => {
    const first = ledger()
    for (const number of [1, 2, 3]) {
      await first.register(await registrationOf(await peerOf(number), number))
    }
    return { first, blocks: structuredClone([...first.blocks()]) }
  }

  it('QN-06 + is followed by a copy, from nothing or from where it stands', async () => {
    const { blocks } = await filled()
    const copy = ledger()
    await copy.follow(blocks.slice(0, 1))
    await copy.follow(blocks)
    await copy.follow(blocks.slice(0, 2))
    assert.deepEqual(copy.blocks(), blocks)
    assert.equal((await copy.lookup((await peerOf(3)).peerId))?.status, 'active')
  })

  it('QN-06 - shows where a copy was edited, in any field of any block', async () => {
    const { blocks } = await filled()
    const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1)
    for (const index of blocks.keys()) {
      const block = blocks[index]!
      const edits: LedgerBlock[] = [
        { ...block, previous: flip(block.previous, 0) },
        { ...block, timeSeconds: block.timeSeconds + 1 },
        { ...block, record: flip(block.record, 40) },
        { ...block, hash: flip(block.hash, 31) }
      ]
      for (const edit of edits) {
        const copy = ledger()
        await assert.rejects(copy.follow(blocks.with(index, edit)), isFault('ledger-edited'))
        assert.deepEqual(copy.blocks(), [], 'nothing of it was taken')
      }
    }
    await assert.rejects(ledger().follow(blocks.slice(1)), isFault('ledger-edited'))
    await assert.rejects(ledger().follow([blocks[0]!, blocks[2]!]), isFault('ledger-edited'))
  })

  it('QN-06 - shows where two histories part', async () => {
    const { first, blocks } = await filled()
    const other = ledger()
    await other.follow(blocks.slice(0, 2))
    await other.register(await registrationOf(await peerOf(4), 4))
    const error: unknown = await first.follow(other.blocks()).catch((reason: unknown) => reason)
    assert.ok(isFault('ledger-forked')(error) && error instanceof Error && error.message.includes('block 2'))
    assert.deepEqual(first.blocks(), blocks)
  })

  it('QN-06 - believes no history that was written anew: its hashes fit, its signatures do not', async () => {
    const { blocks } = await filled()
    const [first] = blocks
    const record = encodeRecord({ type: 'register', registration: { ...await registrationOf(await peerOf(1), 1), walletAddress: 'thief' } }).slice()
    const time = Buffer.alloc(4)
    time.writeUInt32LE(first!.timeSeconds)
    const hash = new Uint8Array(createHash('sha256').update(first!.previous).update(time).update(record).digest())
    const copy = ledger()
    await assert.rejects(copy.follow([{ ...first!, record, hash }]), isFault('bad-registration'))
    assert.deepEqual(copy.blocks(), [])
  })

  it('QN-06 - holds no more blocks than it may', async () => {
    const { blocks } = await filled()
    const small = ledger({ maxBlocks: 2 })
    await assert.rejects(small.follow(blocks), isOperation('registry-full'))
    await small.follow(blocks.slice(0, 2))
    await assert.rejects(small.register(await registrationOf(await peerOf(4), 4)), isOperation('registry-full'))
  })

  it('QN-06 - of two registrations of one activation at the same time one holds', async () => {
    const both = ledger()
    const results = await Promise.allSettled([both.register(await registrationOf(await peerOf(1), 1)), both.register(await registrationOf(await peerOf(2), 1))])
    assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'rejected'])
  })
})
