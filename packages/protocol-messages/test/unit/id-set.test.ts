import assert from 'node:assert/strict'
import { InvariantError, seededRandom } from '@peerwright/core'
import { IdSet } from '@peerwright/protocol-messages'
import fc from 'fast-check'

const id = (number: number): Uint8Array => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, number, true)
  return bytes
}

describe('a set of ids', () => {
  it('answers as a list would that forgets its oldest', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(), fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 40 }))), (capacity, seed, steps) => {
      const set = new IdSet(capacity, seededRandom(seed))
      let model: number[] = []
      for (const [adds, number] of steps) {
        assert.equal(adds ? set.add(id(number)) : set.has(id(number)), adds !== model.includes(number))
        if (adds && !model.includes(number)) {
          model = [...model, number].slice(-capacity)
        }
        assert.equal(set.size, model.length)
      }
      for (let number = 0; number <= 40; number++) {
        assert.equal(set.has(id(number)), model.includes(number))
      }
    }))
  })

  it('reads an id where it lies', () => {
    const set = new IdSet(4, seededRandom(1))
    const message = Uint8Array.of(1, 2, 3, ...id(7), 9)
    assert.equal(set.add(message, 3), true)
    assert.equal(set.has(id(7)), true)
    assert.equal(set.has(message, 2), false)
    assert.throws(() => set.has(message, 5), InvariantError)
    assert.throws(() => new IdSet(0, seededRandom(1)), InvariantError)
  })

  it('ids that differ in their highest bits alone do not fall together', () => {
    const set = new IdSet(4_096, seededRandom(2))
    const made = Array.from({ length: 4_096 }, (_, number) => {
      const bytes = new Uint8Array(32)
      for (let word = 0; word < 6; word++) {
        bytes[4 * word + 3] = ((number >> (2 * word)) & 3) << 6
      }
      return bytes
    })
    const startMs = performance.now()
    made.forEach(bytes => set.add(bytes))
    assert.ok(made.every(bytes => set.has(bytes)))
    // One chain of 4,096 would need 17 million comparisons for either
    assert.ok(performance.now() - startMs < 1_000)
  })
})
