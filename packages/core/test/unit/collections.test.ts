import assert from 'node:assert/strict'
import { BoundedMap, BoundedQueue, InvariantError, TokenBucket } from '@peerwright/core'
import fc from 'fast-check'

describe('BoundedMap', () => {
  it('lets the entry that was set or touched longest ago leave', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    assert.equal(map.touch('a'), 1)
    assert.deepEqual(map.set('c', 3), ['b', 2])
    assert.deepEqual([...map.keys()], ['a', 'c'])
    assert.deepEqual([...map.values()], [1, 3])
    assert.equal(map.get('b'), undefined)
    assert.ok(map.has('a') && map.delete('a') && !map.delete('a'))
    map.clear()
    assert.equal(map.size, 0)
  })

  it('does what a naive list of entries does', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('set', 'touch', 'delete'), fc.integer({ min: 0, max: 5 }))), history => {
      const map = new BoundedMap<number, number>(3)
      let model: number[] = []
      for (const [what, key] of history) {
        const known = model.includes(key)
        if (what === 'set') {
          model = [...model.filter(other => other !== key), key].slice(-3)
          map.set(key, key)
        } else if (what === 'touch' && known) {
          model = [...model.filter(other => other !== key), key]
          map.touch(key)
        } else if (what === 'delete') {
          model = model.filter(other => other !== key)
          map.delete(key)
        }
        assert.deepEqual([...map].map(([held]) => held), model)
      }
    }))
  })

  it('needs room for one', () => {
    assert.throws(() => new BoundedMap(0), InvariantError)
  })
})

describe('BoundedQueue', () => {
  it('refuses what does not fit, and keeps the order', () => {
    fc.assert(fc.property(fc.array(fc.option(fc.integer())), history => {
      const queue = new BoundedQueue<number>(4)
      const model: number[] = []
      for (const item of history) {
        if (item === null) {
          assert.equal(queue.peek(), model[0])
          assert.equal(queue.shift(), model.shift())
        } else {
          assert.equal(queue.push(item), model.length < 4)
          if (model.length < 4) {
            model.push(item)
          }
        }
        assert.equal(queue.size, model.length)
        assert.deepEqual([...queue], model)
      }
      queue.clear()
      assert.equal(queue.shift(), undefined)
    }))
  })

  it('needs room for one', () => {
    assert.throws(() => new BoundedQueue(0), InvariantError)
  })
})

describe('TokenBucket', () => {
  // Vectors of Nano's core_test/utility.cpp (NANO 1.7)
  it('passes the published vectors of a bucket of ten', () => {
    const bucket = new TokenBucket({ capacity: 10, perSecond: 10 }, 0)
    assert.ok(bucket.take(10, 0))
    assert.ok(!bucket.take(10, 0))
    assert.ok(bucket.take(3, 300))
    assert.ok(!bucket.take(10, 300))
    assert.ok(bucket.take(10, 1_300))
  })

  it('passes the published vectors of a slower bucket', () => {
    const bucket = new TokenBucket({ capacity: 10, perSecond: 5 }, 0)
    assert.ok(bucket.take(5, 0) && bucket.take(5, 0) && !bucket.take(5, 0))
    assert.ok(bucket.take(1, 200) && !bucket.take(1, 200))
  })

  it('does what a jar that is filled each millisecond does', () => {
    const events = fc.array(fc.record({ what: fc.constantFrom('take', 'charge'), tokens: fc.integer({ min: 0, max: 30 }), passMs: fc.integer({ min: -50, max: 200 }) }))
    // Eighths of a token each millisecond: both sides reckon without rounding
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 3 }), events, (capacity, eighths, history) => {
      const bucket = new TokenBucket({ capacity, perSecond: 125 * eighths }, 0)
      let [jar, filledMs, nowMs] = [8 * capacity, 0, 0]
      for (const { what, tokens, passMs } of history) {
        nowMs += passMs
        for (; filledMs < nowMs; filledMs++) {
          jar = Math.min(8 * capacity, jar + eighths)
        }
        assert.equal(bucket.available(nowMs), jar / 8)
        const enough = jar >= 8 * tokens
        if (what === 'take') {
          assert.equal(bucket.take(tokens, nowMs), enough)
        } else {
          bucket.charge(tokens, nowMs)
        }
        jar -= what === 'charge' || enough ? 8 * tokens : 0
      }
    }))
  })

  it('gives nothing for a clock that goes back', () => {
    const bucket = new TokenBucket({ capacity: 1, perSecond: 1 }, 1_000)
    assert.ok(bucket.take(1, 1_000))
    assert.ok(!bucket.take(1, 0))
    assert.ok(!bucket.take(1, 1_500))
    assert.ok(bucket.take(1, 2_000))
  })
})

describe('a token bucket in debt', () => {
  it('gives nothing until the debt is paid', () => {
    const bucket = new TokenBucket({ capacity: 10, perSecond: 10 }, 0)
    bucket.charge(30, 0)
    assert.equal(bucket.available(0), -20)
    assert.equal(bucket.take(1, 2_000), false)
    assert.equal(bucket.take(1, 2_100), true)
  })
})
