import assert from 'node:assert/strict'
import { type Random, seededRandom } from '@peerwright/core'
import { LinkModel, type LinkQuality } from '../../src/link-model.ts'

const IDEAL: LinkQuality = { latencyMs: 40, jitterMs: 0, loss: 0, bytesPerSecond: Infinity }

/** Draws what it is told, in shares from 0 to 1. */
function dice (...shares: readonly number[]): Random {
  const left = [...shares]
  return {
    bytes: () => assert.fail('no bytes are drawn'),
    below: limit => Math.floor((left.shift() ?? assert.fail('more is drawn than there is')) * limit)
  }
}

const link = (quality: Partial<LinkQuality>, random: Random = dice()): LinkModel => new LinkModel({ ...IDEAL, ...quality }, random)

describe('the model of a link', () => {
  it('brings bytes after the latency, and draws nothing where nothing is random', () => {
    assert.equal(link({}).send(1_000_000, 100), 140)
  })

  it('puts bytes on the wire one after the other, as fast as the line is', () => {
    const slow = link({ bytesPerSecond: 1_000 })
    assert.equal(slow.send(500, 0), 540)
    assert.equal(slow.busyUntilMs, 500)
    assert.equal(slow.send(250, 100), 790, 'waits for the first')
    assert.equal(slow.send(100, 2_000), 2_140, 'the line had become free')
    assert.equal(slow.busyUntilMs, 2_100)
  })

  it('adds jitter of at most what it is told', () => {
    assert.equal(link({ jitterMs: 10 }, dice(0)).send(1, 0), 40)
    assert.equal(link({ jitterMs: 10 }, dice(0.5)).send(1, 0), 45)
    const random = seededRandom(3)
    for (let count = 0; count < 1_000; count++) {
      const atMs = link({ jitterMs: 10 }, random).send(1, 0)
      assert.ok(atMs >= 40 && atMs < 50, String(atMs))
    }
  })

  it('keeps the order: who was quicker waits for who was sent before', () => {
    const model = link({ jitterMs: 8 }, dice(0.875, 0.125, 0.5))
    assert.deepEqual([model.send(1, 0), model.send(1, 1), model.send(1, 20)], [47, 47, 64])
  })

  it('sends a lost segment again after a round trip, at least 200 ms, and waits twice as long each further time', () => {
    assert.equal(link({ loss: 0.5 }, dice(0.6)).send(100, 0), 40, 'not lost')
    assert.equal(link({ loss: 0.5 }, dice(0.4, 0.6)).send(100, 0), 240, 'lost once')
    assert.equal(link({ loss: 0.5 }, dice(0.4, 0.4, 0.4, 0.6)).send(100, 0), 40 + 200 + 400 + 800, 'lost three times')
    assert.equal(link({ loss: 0.5, latencyMs: 300 }, dice(0.4, 0.6)).send(100, 0), 300 + 600, 'a long way')
  })

  it('draws for each segment of 1,460 bytes, and the worst one counts', () => {
    assert.equal(link({ loss: 0.5 }, dice(0.9, 0.4, 0.6, 0.9)).send(3 * 1_460, 0), 240)
    assert.equal(link({ loss: 0.5 }, dice(0.9, 0.9)).send(1_461, 0), 40)
  })

  it('loses the share that it is told', () => {
    const random = seededRandom(9)
    let late = 0
    for (let count = 0; count < 20_000; count++) {
      late += link({ loss: 0.1 }, random).send(1_000, 0) > 40 ? 1 : 0
    }
    // Standard deviation: sqrt(20,000 * 0.1 * 0.9) = 42
    assert.ok(Math.abs(late - 2_000) < 5 * 42, String(late))
  })
})
