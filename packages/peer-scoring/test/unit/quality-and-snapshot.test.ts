import assert from 'node:assert/strict'
import { QUANTUMCOIN_ADMISSION } from '@peerwright/chain-spec'
import { NetAddress, OperationError } from '@peerwright/core'
import type { PeerFacts } from '@peerwright/interface'
import { PeerScoring, rateQuality, ReliabilityBook, restoreScores, type ScoringInit, snapshotScores } from '@peerwright/peer-scoring'

const address = NetAddress.from('192.0.2.1', 8333) ?? assert.fail()
const INIT: ScoringInit = {
  policy: QUANTUMCOIN_ADMISSION.scoring,
  host: QUANTUMCOIN_ADMISSION.connections.host,
  population: () => ({ connected: 20, outbound: 8, useful: 19, isOutbound: false })
}

describe('the quality of peers', () => {
  const facts: PeerFacts = { openedMs: 0, bytesIn: 0, bytesOut: 0, minRttMs: 50, bulkBytesPerSecond: 2_000_000 }
  const good = { score: 0, violations: 0, reliability: 900 }
  const total = (facts: PeerFacts, conduct = good): number => rateQuality(facts, conduct, 3_600_000).total

  it('QC-18 + ranks by latency, throughput, reliability, uptime and compliance', () => {
    assert.deepEqual(rateQuality(facts, good, 3_600_000), { latency: 667, throughput: 656, reliability: 900, uptime: 500, compliance: 1_000, total: 764 })
    assert.deepEqual(rateQuality({ openedMs: 0, bytesIn: 0, bytesOut: 0 }, { ...good, reliability: new ReliabilityBook().of('new') }, 0).total, 525)
    const book = new ReliabilityBook()
    book.record('lossy', false)
    book.record('fine', true)
    assert.deepEqual(['lossy', 'new', 'fine'].map(peer => book.of(peer)), [450, 500, 550])
  })

  it('QC-18 - slow, lossy, young and disobedient peers rank below, each for itself', () => {
    for (const [what, value] of [
      ['slow', total({ ...facts, minRttMs: 900 })],
      ['narrow', total({ ...facts, bulkBytesPerSecond: 10_000 })],
      ['lossy', total(facts, { ...good, reliability: 400 })],
      ['young', total({ ...facts, openedMs: 3_590_000 })],
      ['disliked', total(facts, { ...good, score: -40_000 })],
      ['disobedient', total(facts, { ...good, violations: 2 })]
    ] as const) {
      assert.ok(value < total(facts), what)
    }
  })
})

describe('stored scores', () => {
  function judged (): PeerScoring {
    const scoring = new PeerScoring(INIT)
    scoring.observe({ peerId: 'a', address, rule: 'stall', offence: 'ambiguous', points: -8, evidence: 'block 7' }, 1_000)
    for (let at = 0; at < 12; at++) {
      scoring.observe({ peerId: 'b', address, rule: 'bad-block', offence: 'provable' }, 1_000)
    }
    return scoring
  }

  it('S32 come back after a restart, faded by the time in between, and still add up', () => {
    const stored: unknown = JSON.parse(JSON.stringify(snapshotScores(judged(), INIT, 1_000)))
    const scoring = new PeerScoring(INIT)
    restoreScores(scoring, INIT, stored, 50, 600_000)
    const explained = scoring.explain('a', 50) ?? assert.fail()
    assert.equal(explained.score, -4_000)
    assert.deepEqual(explained.entries.map(({ rule, left, evidence }) => [rule, left, evidence]), [['stall', -4_000, 'block 7']])
    assert.deepEqual(scoring.explain('b', 50)?.violations, [12])
    // Its ban of an hour has 50 minutes left, and the forgetting begins after it
    assert.deepEqual([50 * 60_000 + 3_600_000 - 1, 50 * 60_000 + 3_600_050].map(ms => scoring.explain('b', ms)?.violations), [[12], [11]])
  })

  it('leave out those that nothing is held against any more', () => {
    assert.deepEqual(snapshotScores(judged(), INIT, 30 * 86_400_000), [])
  })

  it('that are damaged are refused whole', () => {
    for (const damaged of [null, {}, [{}], [{ key: 'a', known: true, entries: [{ rule: 'x', left: 5 }], counts: [], pausedMs: 0 }], [{ key: '', known: true, entries: [], counts: [], pausedMs: 0 }]]) {
      const scoring = new PeerScoring(INIT)
      assert.throws(() => { restoreScores(scoring, INIT, damaged, 0, 0) }, (error: unknown) => error instanceof OperationError && error.code === 'damaged')
      assert.equal(scoring.size, 0)
    }
  })
})
