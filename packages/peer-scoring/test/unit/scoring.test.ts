import assert from 'node:assert/strict'
import { DEFAULT_ADMISSION, NANO_ADMISSION, QUANTUMCOIN_ADMISSION, type ScoringPolicy } from '@peerwright/chain-spec'
import { NetAddress, type Offence } from '@peerwright/core'
import type { ScoreAction } from '@peerwright/interface'
import { PeerScoring, type Population, type ScoreNotice } from '@peerwright/peer-scoring'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const address = (ip = '192.0.2.1'): NetAddress => NetAddress.from(ip, 8333) ?? assert.fail(ip)
const WELL: Population = { connected: 20, outbound: 8, useful: 19, isOutbound: false }

interface Judge {
  readonly scoring: PeerScoring
  readonly notices: ScoreNotice[]
  see (peerId: string, offence: Offence, nowMs: number, rest?: { rule?: string, points?: number, ip?: string }): readonly ScoreAction[]
}

function judge (policy: ScoringPolicy, population: Partial<Population> = {}, exempt?: (peerId: string) => boolean): Judge {
  const notices: ScoreNotice[] = []
  const scoring = new PeerScoring({
    policy,
    host: { v4Bits: 32, v6Bits: 48 },
    population: () => ({ ...WELL, ...population }),
    onNotice: notice => { notices.push(notice) },
    ...(exempt === undefined ? {} : { exempt })
  })
  return {
    scoring,
    notices,
    see: (peerId, offence, nowMs, { rule = 'rule', points, ip } = {}) =>
      scoring.observe({ peerId, address: address(ip), rule, offence, ...(points === undefined ? {} : { points }) }, nowMs)
  }
}

const short = (actions: readonly ScoreAction[]): string => actions.map(action => {
  const ms = 'durationMs' in action ? action.durationMs : undefined
  return `${action.type}${action.type === 'ban' ? ` ${action.key}` : ''}${ms === undefined ? '' : ` ${ms / 1_000} s`}`
}).join(', ')

describe('the ladders', () => {
  it('QC-14 + warns, throttles for 30 s, 5 min and 30 min, bans for an hour, and then for good', () => {
    const { see } = judge(QUANTUMCOIN_ADMISSION.scoring)
    const reached = Array.from({ length: 17 }, (_, at) => short(see('peer', 'resource', at * 1_000)))
    assert.deepEqual(reached, [
      'warn, throttle 30 s', 'warn, throttle 30 s', 'throttle 300 s', 'throttle 300 s', 'throttle 300 s',
      ...Array.from({ length: 5 }, () => 'throttle 1800 s'), ...Array.from({ length: 5 }, () => 'ban peer 3600 s'), 'ban peer', 'ban peer'
    ])
  })

  it('QC-14 - forgets: an hour of good conduct after the consequence takes one violation off, and in the end all', () => {
    const { see, scoring } = judge(QUANTUMCOIN_ADMISSION.scoring)
    let nowMs = 0
    for (let violation = 0; violation < 3; violation++) {
      see('peer', 'resource', nowMs)
      nowMs += 1_000
    }
    // The third was at 2 s and throttles for 5 min
    const endMs = 2_000 + 5 * MINUTE
    const counted = (ms: number): number | undefined => scoring.explain('peer', ms)?.violations[0]
    assert.deepEqual([endMs, endMs + HOUR - 1, endMs + HOUR, endMs + 2 * HOUR, endMs + 3 * HOUR].map(counted), [3, 3, 2, 1, 0])
    assert.equal(short(see('peer', 'resource', endMs + 3 * HOUR)), 'warn, throttle 30 s')
    assert.equal(scoring.clear('peer'), true)
    assert.equal(counted(endMs + 3 * HOUR), undefined)
    assert.equal(short(see('peer', 'resource', endMs + 3 * HOUR)), 'warn, throttle 30 s')
  })

  it('NA-18 + disconnects a host for its first bad signature and lets it come back', () => {
    const { see } = judge(NANO_ADMISSION.scoring)
    assert.equal(short(see('peer', 'provable', 0)), 'disconnect')
  })

  it('NA-18 - excludes the host for 1 h, 6 h, 8 h, whatever id it comes with', () => {
    const { see } = judge(NANO_ADMISSION.scoring)
    see('a', 'provable', 0)
    assert.deepEqual(['b', 'c', 'd'].map((id, at) => short(see(id, 'provable', (at + 1) * 1_000))), ['ban host 3600 s', 'ban host 21600 s', 'ban host 28800 s'])
    assert.equal(short(see('e', 'provable', 5_000, { ip: '192.0.2.2' })), 'disconnect')
    assert.equal(short(see('f', 'provable', 6_000, { ip: '2001:db8:1::1' })), 'disconnect')
    assert.equal(short(see('g', 'provable', 7_000, { ip: '2001:db8:1:ffff::2' })), 'ban host 3600 s')
  })

  it('a proven fault is banned for half an hour, doubling to a day', () => {
    const { see } = judge(DEFAULT_ADMISSION.scoring)
    const hours = Array.from({ length: 8 }, (_, at) => short(see('peer', 'provable', at)))
    assert.deepEqual(hours, [1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400, 86_400].map(seconds => `ban peer ${seconds} s`))
  })
})

describe('ambiguous conduct', () => {
  it('warns, throttles, cools down, and the third cool-down in an hour is a ban', () => {
    const { see, scoring } = judge(DEFAULT_ADMISSION.scoring)
    const actions = Array.from({ length: 10 }, () => short(see('peer', 'ambiguous', 0, { rule: 'stall', points: -5 })))
    assert.deepEqual(actions.map(action => action.replace(/ \d.*/, '')), ['', 'warn', '', 'throttle', 'throttle', 'throttle', 'throttle', 'throttle', 'throttle', 'throttle'])
    assert.match(actions[7] ?? '', /throttle 600 s, cool-down 900 s/)
    assert.match(actions[9] ?? '', /ban peer 1800 s/)
    assert.equal(scoring.score('peer', 0), -50_000)
  })

  it('a slow link, one timeout a minute, is never sent away; a stall a minute is', () => {
    const { see, scoring } = judge(DEFAULT_ADMISSION.scoring)
    for (let minute = 0; minute < 600; minute++) {
      assert.doesNotMatch(short(see('slow', 'ambiguous', minute * MINUTE, { rule: 'timeout' })), /cool-down|ban/)
    }
    assert.ok(scoring.score('slow', 600 * MINUTE) > -30_000)
    const stalls = Array.from({ length: 20 }, (_, minute) => short(see('stalls', 'ambiguous', 600 * MINUTE + minute * MINUTE, { points: -5, rule: 'stall' })))
    assert.match(stalls.join(), /cool-down/)
  })

  it('S29 costs nothing when our own event loop stood still', () => {
    const { see, scoring, notices } = judge(DEFAULT_ADMISSION.scoring)
    scoring.health.lag(5_000, 5_000)
    const actions = Array.from({ length: 20 }, (_, at) => see(`peer ${at}`, 'ambiguous', 5_000, { rule: 'timeout', points: -50 }))
    assert.deepEqual(actions.flat(), [])
    assert.deepEqual([scoring.size, scoring.frozen().length], [0, 20])
    assert.deepEqual(notices, [{ type: 'frozen', reason: 'lag', rule: 'timeout' }])
    assert.notDeepEqual(see('peer', 'ambiguous', 15_001, { points: -50 }), [])
  })

  it('S29 S30 costs nothing when many fail alike, not even the first', () => {
    const { see, scoring } = judge(DEFAULT_ADMISSION.scoring)
    const actions = Array.from({ length: 20 }, (_, at) => see(`peer ${at}`, 'ambiguous', at, { rule: 'dial-failed' }))
    assert.deepEqual(actions.flat(), [])
    assert.deepEqual(Array.from({ length: 20 }, (_, at) => scoring.score(`peer ${at}`, 20)), new Array(20).fill(0))
  })

  it('is judged when few fail alike, and when nobody is of use it is not', () => {
    const { see, scoring } = judge(DEFAULT_ADMISSION.scoring)
    for (let at = 0; at < 5; at++) {
      see(`peer ${at}`, 'ambiguous', at)
    }
    assert.equal(scoring.score('peer 0', 0), -2_000)
    const alone = judge(DEFAULT_ADMISSION.scoring, { useful: 0, connected: 1 })
    alone.see('peer', 'ambiguous', 0, { points: -100 })
    assert.equal(alone.scoring.score('peer', 0), 0)
  })

  it('ends no outbound session below the floor', () => {
    const held = judge(DEFAULT_ADMISSION.scoring, { outbound: 4, isOutbound: true })
    assert.doesNotMatch(short(held.see('peer', 'ambiguous', 0, { points: -100 })), /cool-down|ban/)
    assert.deepEqual(held.notices, [{ type: 'floor-held', peerId: 'peer' }])
    assert.match(short(judge(DEFAULT_ADMISSION.scoring, { outbound: 5, isOutbound: true }).see('peer', 'ambiguous', 0, { points: -100 })), /cool-down/)
  })
})

describe('the guards of bans', () => {
  it('one rule bans no more than a tenth of the peers in ten minutes; then it only ends sessions', () => {
    const { see, notices } = judge(DEFAULT_ADMISSION.scoring, { connected: 100 })
    const actions = Array.from({ length: 20 }, (_, at) => short(see(`peer ${at}`, 'provable', at)))
    const banned = actions.filter(action => action.startsWith('ban')).length
    assert.ok(banned >= 10 && banned <= 12, `${banned}`)
    assert.equal(actions.at(-1), 'disconnect')
    assert.deepEqual(notices.at(-1), { type: 'rule-suspended', rule: 'rule' })
    assert.match(short(see('another', 'provable', 20, { rule: 'another-rule' })), /^ban/)
    assert.match(short(see('later', 'provable', 20 + 10 * MINUTE)), /^ban/)
  })

  it('exempt peers lose their session for a proven fault and nothing else', () => {
    const { see, scoring } = judge(DEFAULT_ADMISSION.scoring, {}, peerId => peerId === 'friend')
    assert.equal(short(see('friend', 'provable', 0)), 'disconnect')
    assert.equal(short(see('friend', 'ambiguous', 0, { points: -100 })), '')
    assert.equal(scoring.size, 0)
  })

  it('S31 100,000 offenders keep the table at its bound, and those met more than once are still known', () => {
    const { see, scoring } = judge(DEFAULT_ADMISSION.scoring, { connected: 100_000, useful: 99_999 })
    for (let at = 0; at < 10; at++) {
      see('old', 'provable', at)
    }
    for (let at = 0; at < 100_000; at++) {
      see(`peer ${at}`, 'provable', 100 + at)
    }
    assert.ok(scoring.size <= 10_000)
    assert.equal(scoring.explain('old', 100_100)?.violations[0], 10)
  })
})
