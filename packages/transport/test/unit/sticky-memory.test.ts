import assert from 'node:assert/strict'
import { STICKY_EXPIRY_MS, StickyMemory } from '../../src/index.ts'

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
})
