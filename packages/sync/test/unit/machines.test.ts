import assert from 'node:assert/strict'
import { OperationError, seededRandom } from '@peerwright/core'
import { createSync, SYNC_DEFAULTS } from '@peerwright/sync'
import { BlockWindow } from '../../src/block-window.ts'
import { phaseOf } from '../../src/progress.ts'
import { StallTimeout } from '../../src/stall.ts'
import { UploadBudget } from '../../src/upload-budget.ts'

describe('BlockWindow', () => {
  it('asks for every block until it is here, and never two peers at once, whatever happens (300 histories, seeds 1 to 300)', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed)
      const window = new BlockWindow<object>({ maxBlocks: 12, maxBytes: 400 })
      const peers = [{}, {}, {}]
      const asked = new Map<string, object>()
      const here = new Set<string>()
      let height = 0
      let tip = 0
      for (let step = 0; step < 600 && tip < 60; step++) {
        const room = Math.min(window.room, 60 - height)
        window.add(Array.from({ length: room }, (_, at) => ({ id: String(height + at + 1), height: height + at + 1 })))
        height += room
        assert.ok(window.size <= 12)
        const peer = peers[random.below(3)] as object
        const own = [...asked].filter(([, asker]) => asker === peer).map(([id]) => id)
        switch (random.below(4)) {
          case 0:
            for (const { id } of window.take(peer, 1 + random.below(4), ({ height: at }) => (at + random.below(3)) % 4 !== 0)) {
              assert.ok(!asked.has(id) && !here.has(id), `block ${id} is asked for twice`)
              asked.set(id, peer)
            }
            break
          case 1: {
            const id = own[0]
            if (id !== undefined) {
              const lowest = window.lowestMissing()?.ref.id
              const kept = window.received(id, 50)
              assert.equal(kept, here.size < 8 || id === lowest, 'what does not fit is not kept, unless all others wait for it')
              assert.ok(!window.received(id, 50))
              asked.delete(id)
              if (kept) {
                here.add(id)
              }
            }
            break
          }
          case 2:
            if (random.below(4) === 0) {
              window.giveBack(peer, own)
              for (const id of own) {
                asked.delete(id)
              }
            }
            break
          default: {
            const id = [...here][0]
            if (id !== undefined && random.below(10) === 0) {
              window.rejected(id)
              here.delete(id)
            }
          }
        }
        for (; here.has(String(tip + 1)); tip++) {
          window.connected(String(tip + 1))
          here.delete(String(tip + 1))
        }
        assert.equal(window.unconnectedBytes, 50 * here.size)
        const lowest = window.lowestMissing()
        assert.ok(lowest === undefined || lowest.ref.height >= tip + 1)
      }
      // From here all goes well: what is left must come
      for (let step = 0; step < 400 && tip < 60; step++) {
        for (const peer of peers) {
          window.giveBack(peer, [...asked].filter(([, asker]) => asker === peer).map(([id]) => id))
        }
        asked.clear()
        const room = Math.min(window.room, 60 - height)
        window.add(Array.from({ length: room }, (_, at) => ({ id: String(height + at + 1), height: height + at + 1 })))
        height += room
        for (const { id } of window.take(peers[0] as object, 5, () => true)) {
          window.received(id, 50)
          here.add(id)
        }
        for (; here.has(String(tip + 1)); tip++) {
          window.connected(String(tip + 1))
          here.delete(String(tip + 1))
        }
      }
      assert.equal(tip, 60, `seed ${seed}`)
      assert.equal(window.size, 0)
    }
  })

  it('asks for nothing but the lowest block once too many bytes wait', () => {
    const window = new BlockWindow<object>({ maxBlocks: 10, maxBytes: 120 })
    window.add([1, 2, 3, 4].map(height => ({ id: String(height), height })))
    const peer = {}
    window.take(peer, 2, ({ height }) => height > 1)
    window.received('2', 60)
    window.received('3', 60)
    assert.deepEqual(window.take(peer, 5, () => true).map(({ id }) => id), ['1'])
    assert.deepEqual(window.take(peer, 5, () => true), [])
  })

  it('counts what is asked for against its bytes, at the size that a block is thought to have', () => {
    const window = new BlockWindow<object>({ maxBlocks: 10, maxBytes: 100 })
    window.add([1, 2, 3, 4, 5].map(height => ({ id: String(height), height })))
    assert.deepEqual(window.take({}, 5, () => true, 40).map(({ id }) => id), ['1', '2', '3'])
    assert.equal(window.asked, 3)
  })

  it('lets go of blocks that the chain keeps once nothing below them is missing', () => {
    const window = new BlockWindow<object>({ maxBlocks: 3, maxBytes: 1_000 })
    window.add([1, 2, 3].map(height => ({ id: String(height), height })))
    const peer = {}
    window.take(peer, 3, () => true)
    for (const id of ['2', '3']) {
      window.received(id, 10, peer)
      window.accepted(id)
    }
    assert.deepEqual([window.size, window.room, window.unconnectedBytes], [3, 0, 20])
    window.received('1', 10, peer)
    assert.equal(window.bringer('1'), peer)
    window.accepted('1')
    assert.deepEqual([window.size, window.room, window.unconnectedBytes], [0, 3, 0])
  })

  it('keeps what is on both branches when the header chain turns', () => {
    const window = new BlockWindow<object>({ maxBlocks: 10, maxBytes: 1_000 })
    window.add([1, 2, 3, 4].map(height => ({ id: String(height), height })))
    const peer = {}
    window.take(peer, 3, () => true)
    window.received('1', 10)
    window.received('3', 10)
    window.retain(({ height }) => height < 3)
    assert.deepEqual([window.size, window.topHeight, window.asked, window.queued, window.unconnectedBytes], [2, 2, 1, 0, 10])
    window.add([{ id: '3b', height: 3 }])
    assert.deepEqual(window.take({}, 5, () => true).map(({ id }) => id), ['3b'])
  })

  it('lets a second peer be asked, and takes the block of whoever is first', () => {
    const window = new BlockWindow<object>({ maxBlocks: 10, maxBytes: 100 })
    window.add([{ id: 'a', height: 1 }])
    const [slow, quick] = [{}, {}]
    window.take(slow, 1, () => true)
    window.askAlso('a', quick)
    window.giveBack(slow, ['a'])
    assert.equal(window.queued, 0)
    assert.ok(window.received('a', 1))
    window.clear()
    assert.ok(!window.received('a', 1))
  })
})

describe('StallTimeout', () => {
  it('doubles each time that it runs out, up to its bound, and falls back with each block', () => {
    const stall = new StallTimeout({ minMs: 2_000, maxMs: 64_000 })
    const seen = Array.from({ length: 7 }, () => {
      stall.doubled()
      return stall.ms
    })
    assert.deepEqual(seen, [4_000, 8_000, 16_000, 32_000, 64_000, 64_000, 64_000])
    stall.connected()
    assert.equal(stall.ms, 54_400)
    for (let blocks = 0; blocks < 40; blocks++) {
      stall.connected()
    }
    assert.equal(stall.ms, 2_000)
  })
})

describe('UploadBudget', () => {
  it('begins anew after a day, and says when', () => {
    const budget = new UploadBudget(100, 0)
    assert.ok(budget.allows(100, 0))
    budget.spend(60, 0)
    assert.ok(budget.allows(40, 1_000) && !budget.allows(41, 1_000))
    assert.equal(budget.retryAfterSeconds(1_000), 86_399)
    assert.ok(budget.allows(100, 86_400_000))
    assert.ok(new UploadBudget(0, 0).allows(Number.MAX_SAFE_INTEGER, 0))
  })
})

describe('the phase', () => {
  it('follows from the facts', () => {
    const facts = { sessions: 1, bestWork: 5n, headerWork: 5n, tip: 'a', headerTip: 'a', mode: 'full' } as const
    assert.equal(phaseOf({ ...facts, sessions: 0 }), 'bootstrap')
    assert.equal(phaseOf({ ...facts, bestWork: undefined }), 'discovery')
    assert.equal(phaseOf({ ...facts, bestWork: 6n }), 'headers')
    assert.equal(phaseOf({ ...facts, headerTip: 'b' }), 'blocks')
    assert.equal(phaseOf({ ...facts, headerTip: 'b', mode: 'headers' }), 'maintenance')
    assert.equal(phaseOf(facts), 'maintenance')
  })
})

describe('options of sync', () => {
  it('are named when they are wrong', () => {
    for (const [name, value] of [['windowBlocks', 0], ['windowBytes', 5], ['maxBlockBytes', 0.5], ['stallTimeoutMs', 1], ['announceIntervalMs', 99], ['maxStallTimeoutMs', 100], ['minimumChainWork', -1n]] as const) {
      assert.throws(() => createSync({ ...SYNC_DEFAULTS, network: {} as never, chain: { headerTip: () => ({}) } as never, [name]: value }),
        (error: unknown) => error instanceof OperationError && error.code === 'invalid-option' && error.message.includes(name))
    }
  })
})
