import assert from 'node:assert/strict'
import { DEFAULT_ADMISSION, QUANTUMCOIN_ADMISSION } from '@peerwright/chain-spec'
import { seededRandom } from '@peerwright/core'
import { messageType } from '@peerwright/protocol-messages'
import { VIOLATION_SPACING_MS } from '../../src/constants.ts'
import { Overload } from '../../src/overload.ts'
import { SlidingWindow } from '../../src/sliding-window.ts'
import { Door, sessionOf } from '../support/admission.ts'

const SEED = Number(process.env['PEERWRIGHT_SEED'] ?? Date.now() % 1_000_000)
const MINUTE = 60_000
const MIB = 1_048_576

/** The violations that are told from now on. Nothing follows from them. */
function observedBy (door: Door): string[] {
  const rules: string[] = []
  door.scoring.observe = ({ rule }) => {
    rules.push(rule)
    return []
  }
  return rules
}

describe('the budget of live traffic', () => {
  it('QC-13 + lets a hundred messages and one MiB a minute through, and again when the minute is over', () => {
    const door = new Door()
    const [a, b] = [sessionOf('a', '198.51.100.1'), sessionOf('b', '198.51.100.2')]
    for (const startMs of [0, MINUTE, 2 * MINUTE]) {
      assert.deepEqual(Array.from({ length: 100 }, () => door.frame(a, 'inv', 37, startMs)), new Array(100).fill('handle'))
      assert.equal(door.frame(b, 'tx', 400_000, startMs), 'handle')
      assert.equal(door.frame(b, 'tx', 400_000, startMs), 'handle')
      assert.equal(door.frame(b, 'tx', MIB - 800_000, startMs), 'handle')
    }
    assert.deepEqual(door.admission.counters().throttled, {})
  })

  it('QC-13 - throttles the 101st, and the byte over one MiB, of all peers of an IP together', () => {
    const door = new Door()
    const pair = [sessionOf('a', '198.51.100.1'), sessionOf('b', '::ffff:198.51.100.1')]
    const decisions = Array.from({ length: 102 }, (_, index) => door.frame(pair[index % 2] ?? assert.fail(), 'inv', 37, index * 500))
    assert.deepEqual(decisions.indexOf('throttle'), 100)
    const bytes = new Door()
    const c = sessionOf('c')
    assert.deepEqual([bytes.frame(c, 'tx', MIB - 1, 0), bytes.frame(c, 'tx', 2, 0)], ['handle', 'throttle'])
    assert.deepEqual(bytes.admission.counters().throttled, { 'live-bytes': 1 })
  })

  it('5.3 an unsolicited MiB and a byte is throttled, an answer that we asked for is not counted', () => {
    const door = new Door()
    const peer = sessionOf('a')
    assert.equal(door.frame(peer, 'inv', 37, 0), 'handle')
    // The last ten are more than anybody may owe
    for (let asked = 0; asked < 110; asked += 10) {
      door.admission.expect(peer, messageType('tx'), 10, 0)
    }
    assert.deepEqual(Array.from({ length: 100 }, () => door.frame(peer, 'tx', 400_000, 0)), new Array(100).fill('handle'))
    assert.equal(door.frame(peer, 'tx', MIB, 0), 'throttle')
    door.admission.expect(peer, messageType('tx'), 1, 0)
    // A new session of it owes nothing, and a peer that was not heard yet may owe
    assert.equal(door.frame(sessionOf('a', '198.51.100.1', { openedMs: 1 }), 'tx', MIB, 1), 'throttle')
    door.admission.expect(sessionOf('b'), messageType('tx'), 1, 1)
    assert.deepEqual([door.frame(sessionOf('b'), 'tx', MIB, 1), door.frame(sessionOf('b'), 'tx', MIB, 1)], ['handle', 'throttle'])
  })

  it('pings, one request for peers, and answers have allowances of their own', () => {
    const door = new Door()
    const peer = sessionOf('a')
    for (let index = 0; index < 101; index++) {
      door.frame(peer, 'inv', 37, 0)
    }
    assert.equal(door.frame(peer, 'inv', 37, 1), 'throttle')
    assert.deepEqual(Array.from({ length: 30 }, () => door.frame(peer, 'ping', 8, 1)), new Array(30).fill('handle'))
    assert.equal(door.frame(peer, 'ping', 8, 1), 'throttle')
    assert.deepEqual([door.frame(peer, 'get-peers', 0, 1), door.frame(peer, 'get-peers', 0, 1)], ['handle', 'throttle'])
    assert.equal(door.frame(peer, 'block', 4_000_000, 1), 'handle')
    assert.equal(door.frame(peer, 'ping', 8, 2_001), 'handle')
  })

  it('a throttled peer is answered busy with the time to wait, and goes on after it', () => {
    const door = new Door()
    const peer = sessionOf('a')
    for (let index = 0; index < 101; index++) {
      door.frame(peer, 'inv', 37, 0)
    }
    // QuantumCoin's first step
    assert.equal(door.frame(peer, 'getheaders', 100, 1), 'throttle')
    assert.equal(door.admission.retryAfter(peer, 1), 60)
    assert.equal(door.frame(peer, 'getheaders', 100, 30_001), 'handle')
    assert.deepEqual(door.types('warned').length, 1)
  })

  it('a peer ten times above its budget for a minute is dropped, one that bursts is not', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION })
    const [flood, burst] = [sessionOf('flood', '198.51.100.1'), sessionOf('burst', '198.51.100.2')]
    for (let index = 0; index < 50_000; index++) {
      assert.notEqual(door.frame(burst, 'inv', 37, 0), 'disconnect')
    }
    let droppedMs = 0
    for (let atMs = 0; droppedMs === 0 && atMs < 2 * MINUTE; atMs += 5) {
      droppedMs = door.frame(flood, 'inv', 37, atMs) === 'disconnect' ? atMs : 0
    }
    assert.ok(droppedMs >= MINUTE && droppedMs <= MINUTE + 11_000, `${droppedMs}`)
    door.admission.ended(flood, { code: 'fault', remote: false, fault: Object.assign(new Error('x'), { name: 'PeerFault', code: 'over-budget', offence: 'resource' }) }, droppedMs)
    assert.deepEqual(door.types('banned').length, 1)
  })

  it('QC-14 + a flood is one violation in ten seconds, however many frames it has, QC-14 - and then another one', () => {
    const door = new Door()
    const violations = observedBy(door)
    const flood = (nowMs: number): number => {
      for (let count = 0; count < 200; count++) {
        door.admission.frame(sessionOf('a'), 0xf0, 10, nowMs)
      }
      return violations.length
    }
    assert.deepEqual([flood(0), flood(VIOLATION_SPACING_MS - 1), flood(VIOLATION_SPACING_MS)], [1, 1, 2])
  })

  it('QC-14 + what a peer sends while it is held is no violation, nor what others have used up', () => {
    const door = new Door({ policy: { ...DEFAULT_ADMISSION, budgets: { ...DEFAULT_ADMISSION.budgets, bootstrap: { perSecond: 1_000, burstSeconds: 1 } } } })
    const violations = observedBy(door)
    const [held, other] = [sessionOf('a'), sessionOf('b')]
    door.admission.enforcer.apply([{ type: 'throttle', rule: 'test', durationMs: MINUTE }], 'a', held.address, 0)
    assert.equal(door.frame(held, 'inv', 37, 0), 'throttle')
    Object.assign(other.facts, { bytesOut: 5_000 })
    assert.equal(door.frame(other, 'getdata', 37, 0), 'throttle')
    assert.deepEqual([door.admission.counters().throttled, violations], [{ held: 1, bootstrap: 1 }, []])
  })

  it('nothing but ten times too much in each sixth of a minute is overload', () => {
    const [steady, gaps] = [new Overload({ messages: 60, bytes: 1_000_000, windowMs: MINUTE }), new Overload({ messages: 60, bytes: 1_000_000, windowMs: MINUTE })]
    for (let atMs = 0; atMs < 10 * MINUTE; atMs += 100) {
      // 100 in ten seconds is exactly ten times as much
      assert.equal(steady.count(1, atMs), false)
      // Twenty times as much, but every other ten seconds nothing
      const flood = atMs % 20_000 < 10_000
      assert.equal(flood && (gaps.count(1, atMs) || gaps.count(1, atMs)), false)
    }
  })

  it(`the window agrees with a naive one after any history (seed ${SEED})`, () => {
    const random = seededRandom(SEED)
    const window = new SlidingWindow({ messages: 10, bytes: 1_000, windowMs: 1_000 })
    let taken: Array<{ bytes: number, atMs: number }> = []
    let nowMs = 0
    for (let turn = 0; turn < 20_000; turn++) {
      nowMs += random.below(150)
      const bytes = random.below(400)
      taken = taken.filter(({ atMs }) => nowMs - atMs < 1_000)
      const sum = taken.reduce((total, message) => total + message.bytes, bytes)
      const expected = taken.length >= 10 ? 'messages' : sum > 1_000 ? 'bytes' : 'taken'
      assert.equal(window.take(bytes, nowMs), expected)
      if (expected === 'taken') {
        taken.push({ bytes, atMs: nowMs })
      }
    }
  })
})

describe('the budgets of REQUIREMENTS 5.3', () => {
  it('5.3 ten honest peers that relay 14 transactions a second for ten minutes, three behind one IP: nobody is throttled', () => {
    const door = new Door()
    const peers = Array.from({ length: 10 }, (_, index) => sessionOf(`peer ${index}`, index < 3 ? '198.51.100.1' : `203.0.113.${index}`))
    for (let atMs = 0; atMs < 10 * MINUTE; atMs += 3_000) {
      for (const peer of peers) {
        // 42 ids in three seconds, in one inventory; each transaction is asked of one of the ten
        assert.equal(door.frame(peer, 'inv', 1 + 42 * 36, atMs), 'handle')
        door.admission.expect(peer, messageType('tx'), 4, atMs)
        assert.deepEqual(Array.from({ length: 4 }, () => door.frame(peer, 'tx', 400, atMs + 100)), new Array(4).fill('handle'))
        assert.equal(atMs % 120_000 === 0 ? door.frame(peer, 'ping', 8, atMs) : 'handle', 'handle')
      }
    }
    assert.deepEqual([door.admission.counters().throttled, door.scoring.size], [{}, 0])
  })

  it('5.3 5,000 blocks and 20 MiB in under a minute, asked by one peer: no throttle, a clean score', () => {
    const door = new Door()
    const session = sessionOf('a')
    const facts = session.facts as { bytesOut: number }
    for (let asked = 0; asked < 5_000; asked += 16) {
      assert.equal(door.frame(session, 'getdata', 1 + 16 * 36, asked * 10), 'handle')
      facts.bytesOut += 16 * 4_195
    }
    assert.ok(facts.bytesOut >= 20 * MIB)
    assert.deepEqual([door.admission.counters().throttled, door.scoring.size], [{}, 0])
  })

  it('bulk pays for the bytes that were served: above its rate a peer is told to wait, and others are not', () => {
    const door = new Door({ policy: { ...DEFAULT_ADMISSION, budgets: { ...DEFAULT_ADMISSION.budgets, peerBytes: { perSecond: 1_000_000, burstSeconds: 2 } } } })
    const [greedy, other] = [sessionOf('greedy'), sessionOf('other')]
    assert.equal(door.frame(greedy, 'getdata', 37, 0), 'handle')
    Object.assign(greedy.facts, { bytesOut: 5_000_000 })
    assert.equal(door.frame(greedy, 'getdata', 37, 0), 'throttle')
    assert.equal(door.admission.retryAfter(greedy, 0), 4)
    assert.equal(door.frame(other, 'getdata', 37, 0), 'handle')
    assert.equal(door.frame(greedy, 'getdata', 37, 4_000), 'handle')
    // A new session of the same peer does not begin anew
    Object.assign(greedy.facts, { bytesOut: 9_000_000 })
    assert.equal(door.frame(greedy, 'getdata', 37, 4_001), 'throttle')
    assert.equal(door.frame(sessionOf('greedy', '198.51.100.1', { openedMs: 5_000 }), 'getdata', 37, 4_500), 'throttle')
  })

  it('a range with the permissions relay or download has no budget of that kind', () => {
    const permissions = [{ range: '198.51.100.1', grants: ['relay'] }, { range: '198.51.100.2', grants: ['download', 'relay'] }] as const
    const door = new Door({ policy: { ...QUANTUMCOIN_ADMISSION, permissions, budgets: { ...QUANTUMCOIN_ADMISSION.budgets, peerBytes: { perSecond: 1_000, burstSeconds: 1 } } } })
    const decide = (ip: string): string[] => {
      const session = sessionOf(`peer ${ip}`, ip, { bytesOut: 1e9 })
      const invs = Array.from({ length: 200 }, () => door.frame(session, 'inv', 37, 0))
      return [invs.at(-1) ?? '', door.frame(sessionOf(`other ${ip}`, ip, { bytesOut: 1e9 }), 'getdata', 37, 0)]
    }
    assert.deepEqual(['198.51.100.1', '198.51.100.2', '198.51.100.3'].map(decide), [['handle', 'throttle'], ['handle', 'handle'], ['throttle', 'throttle']])
  })

  it('telemetry has a bucket of its own: a flood of other traffic takes nothing from it, and it cannot take more', () => {
    const door = new Door({ policy: { ...QUANTUMCOIN_ADMISSION, budgets: { ...DEFAULT_ADMISSION.budgets, generic: { perSecond: 1_000, burstSeconds: 1 } } } })
    assert.deepEqual([door.frame(sessionOf('a'), 'tx', 1_000, 0), door.frame(sessionOf('b'), 'tx', 1_000, 0)], ['handle', 'throttle'])
    assert.deepEqual(door.admission.counters().throttled, { generic: 1 })
    assert.equal(door.scoring.size, 0)
    const { traffic } = door.admission
    let given = 0
    while (traffic.take('telemetry', 1_024, 0)) {
      given++
    }
    assert.equal(given, 250)
    assert.equal(traffic.take('generic', 1_000, 1_000), true)
  })
})
