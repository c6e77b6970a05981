import assert from 'node:assert/strict'
import { PeerFault } from '@peerwright/core'
import { NOISE_ID, PQ_NOISE_AES_ID, PQ_NOISE_ID, STICKY_EXPIRY_MS, StickyMemory } from '../../src/index.ts'

describe('the memory of hybrid channels', () => {
  it('QC-09 + knows a peer for 30 days from the last time, and not a moment longer', () => {
    const memory = new StickyMemory()
    memory.remember('a', 1_000)
    memory.remember('a', 5_000)
    assert.equal(memory.seen('a', 5_000 + STICKY_EXPIRY_MS), 5_000)
    assert.equal(memory.seen('a', 5_001 + STICKY_EXPIRY_MS), undefined)
    assert.equal(memory.size, 0)
    assert.equal(memory.seen('b', 0), undefined)
  })

  it('QC-09 - holds so many peers and no more: who was not seen for longest leaves', () => {
    const memory = new StickyMemory([['a', 1], ['b', 2], ['c', 3]], { limit: 2 })
    assert.deepEqual(memory.entries(), [['b', 2], ['c', 3]])
    memory.remember('b', 4)
    memory.remember('d', 5)
    assert.deepEqual(memory.entries(), [['b', 4], ['d', 5]])
    assert.deepEqual([memory.forget('b'), memory.forget('b'), memory.size], [true, false, 1])
  })

  it('QC-09 + forgets a peer that has withdrawn the hybrid after its last channel', () => {
    const memory = new StickyMemory([['a', 5_000], ['b', 5_000]])
    const before = memory.revision
    assert.equal(memory.withdraw({ peerId: 'a', encrypters: [NOISE_ID], timeSeconds: 6 }, 7_000), true)
    assert.deepEqual(memory.entries(), [['b', 5_000]])
    assert.notEqual(memory.revision, before)
    assert.equal(memory.withdraw({ peerId: 'a', encrypters: [NOISE_ID], timeSeconds: 6 }, 7_000), false)
  })

  it('QC-09 - does not take a withdrawal that was said before the last channel, or that goes on offering the hybrid', () => {
    const memory = new StickyMemory([['a', 5_000]])
    const code = (expected: string) => (error: unknown): boolean => error instanceof PeerFault && error.code === expected
    const withdraw = (timeSeconds: number, encrypters: readonly string[] = [NOISE_ID]) => (): void => { memory.withdraw({ peerId: 'a', encrypters, timeSeconds }, 7_000) }
    assert.throws(withdraw(5), code('stale-withdrawal'))
    assert.throws(withdraw(6, [NOISE_ID, PQ_NOISE_ID]), code('hybrid-offered'))
    assert.throws(withdraw(6, [PQ_NOISE_AES_ID]), code('hybrid-offered'))
    assert.deepEqual(memory.entries(), [['a', 5_000]])
    withdraw(6)()
    memory.remember('a', 8_000)
    assert.throws(withdraw(6), code('stale-withdrawal'))
  })
})
