import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Ledger } from '../../src/ledger.ts'

const HALF_LIFE = 600_000
const RUNS = Number(process.env['PEERWRIGHT_FUZZ_RUNS'] ?? 200)

type Event = { readonly type: 'add', readonly points: number } | { readonly type: 'wait', readonly ms: number } | { readonly type: 'pause', readonly ms: number }

const events = fc.array(fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('add' as const), points: fc.integer({ min: -8_000, max: -1 }) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2 * HALF_LIFE }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('pause' as const), ms: fc.integer({ min: 0, max: HALF_LIFE }) }) }
), { maxLength: 200 })

describe('a ledger', () => {
  it('S32 an explanation sums exactly to the score, after any history', () => {
    fc.assert(fc.property(events, history => {
      const ledger = new Ledger(HALF_LIFE)
      let nowMs = 0
      for (const event of history) {
        apply(ledger, event, nowMs)
        nowMs += event.type === 'wait' ? event.ms : 0
        const entries = ledger.explain(nowMs)
        assert.equal(entries.reduce((sum, { left }) => sum + left, 0), ledger.score(nowMs))
        assert.ok(entries.length <= 64 && entries.every(({ left }) => Number.isSafeInteger(left)))
        assert.ok(ledger.score(nowMs) <= 0 && ledger.score(nowMs) >= -100_064)
      }
    }), { numRuns: RUNS })
  })

  it('agrees with a naive one that fades a sum of real numbers', () => {
    fc.assert(fc.property(events, history => {
      const ledger = new Ledger(HALF_LIFE)
      let [naive, nowMs, pausedUntilMs] = [0, 0, 0]
      for (const event of history) {
        apply(ledger, event, nowMs)
        if (event.type === 'add') {
          naive = Math.max(-100_000, naive + event.points)
        } else if (event.type === 'pause') {
          pausedUntilMs = Math.max(pausedUntilMs, nowMs + event.ms)
        } else {
          const endMs = nowMs + event.ms
          naive *= 2 ** (-(Math.max(endMs, pausedUntilMs) - Math.max(nowMs, pausedUntilMs)) / HALF_LIFE)
          nowMs = endMs
        }
        // Half a thousandth for each entry, and for each time that two were added up
        assert.ok(Math.abs(ledger.score(nowMs) - naive) <= 0.5 * (64 + history.length), `${ledger.score(nowMs)} and ${naive}`)
      }
    }), { numRuns: RUNS })
  })

  it('forgets half in a half-life, and everything in the end', () => {
    const ledger = new Ledger(HALF_LIFE)
    ledger.add('stall', -8_000, 0)
    assert.deepEqual([0, 1, 2, 3].map(lives => ledger.score(lives * HALF_LIFE)), [-8_000, -4_000, -2_000, -1_000])
    assert.equal(ledger.timeTo(-1_000, 0), 3 * HALF_LIFE)
    assert.equal(ledger.score(20 * HALF_LIFE), 0)
  })

  it('stands still while the peer is banned', () => {
    const ledger = new Ledger(HALF_LIFE)
    ledger.add('stall', -8_000, 0)
    ledger.pause(HALF_LIFE, 0)
    assert.deepEqual([ledger.score(HALF_LIFE), ledger.score(2 * HALF_LIFE)], [-8_000, -4_000])
    assert.equal(ledger.timeTo(-4_000, 0), 2 * HALF_LIFE)
  })

  it('never goes below the lowest score', () => {
    const ledger = new Ledger(HALF_LIFE)
    for (let at = 0; at < 200; at++) {
      ledger.add('stall', -5_000, 0)
    }
    assert.equal(ledger.score(0), -100_000)
  })

  it('takes back what a rule cost lately', () => {
    const ledger = new Ledger(HALF_LIFE)
    ledger.add('timeout', -2_000, 0)
    ledger.add('stall', -5_000, 40_000)
    ledger.add('timeout', -2_000, 40_000)
    ledger.strike('timeout', 30_000, 40_000)
    assert.deepEqual(ledger.explain(40_000).map(({ rule, ageMs }) => [rule, ageMs]), [['timeout', 40_000], ['stall', 0]])
  })
})

function apply (ledger: Ledger, event: Event, nowMs: number): void {
  if (event.type === 'add') {
    ledger.add('rule', event.points, nowMs)
  } else if (event.type === 'pause') {
    ledger.pause(event.ms, nowMs)
  }
}
