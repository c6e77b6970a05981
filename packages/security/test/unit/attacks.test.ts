import assert from 'node:assert/strict'
import { DEFAULT_ADMISSION, QUANTUMCOIN_ADMISSION } from '@peerwright/chain-spec'
import { IpRange } from '@peerwright/core'
import { type AttackPattern, PeerAdmission } from '@peerwright/security'
import { severityOf, ThreatBook } from '../../src/threat-book.ts'
import { at, Door, sessionOf } from '../support/admission.ts'

const MINUTE = 60_000
const patterns = (door: Door): AttackPattern[] => door.admission.watch.attacks.map(({ pattern }) => pattern)
/** Comes, and goes again without having said who it is. */
const leaves = (door: Door, ip: string, nowMs: number, heldMs: number): void => {
  const address = at(ip)
  if (door.inbound(address, nowMs) === undefined) {
    door.admission.closed(address, 'inbound', nowMs + heldMs)
  }
}

/** One attacker each, beside which an honest peer comes, relays, asks and goes. */
const ATTACKERS: ReadonlyArray<readonly [AttackPattern, number, (door: Door) => void]> = [
  ['connection-flood', 0.8, door => { for (let attempt = 0; attempt < 130; attempt++) { door.inbound(at('192.0.2.1'), attempt * 400) } }],
  ['message-flood', 0.9, door => { for (let sent = 0; sent < 5_000; sent++) { door.frame(sessionOf('bad', '192.0.2.1'), 'inv', 37, sent) } }],
  ['slow-loris', 0.7, door => { for (let held = 0; held < 5; held++) { leaves(door, '192.0.2.1', held * 20_000, 10_000) } }],
  ['resource-exhaustion', 0.8, door => {
    const session = sessionOf('bad', '192.0.2.1', { bytesOut: 1e9 })
    for (let asked = 0; asked < 100; asked++) { door.frame(session, 'getdata', 37, asked * 100) }
  }],
  ['protocol-abuse', 0.8, door => {
    for (let fault = 0; fault < 6; fault++) { door.admission.observe({ peerId: `bad ${fault}`, address: at('192.0.2.1'), rule: 'bad-varint', offence: 'provable' }, fault * 5_000) }
  }],
  ['scan', 0.4, door => { for (const what of ['http', 'tls', 'ssh', 'bitcoin', 'random']) { door.admission.foreign(at('192.0.2.1'), what, 0) } }],
  ['eclipse', 7 / 8, door => { for (let host = 0; host < 10; host++) { door.inbound(at(`192.0.2.${host + 1}`), host * 1_000) } }]
]

describe('attacks', () => {
  const honest = (door: Door): void => {
    const session = sessionOf('honest', '203.0.113.5')
    door.inbound(session.address, 0)
    door.admission.identified('honest', session.address, 'inbound', 10)
    for (let atMs = 0; atMs < 2 * MINUTE; atMs += 3_000) {
      assert.equal(door.frame(session, 'inv', 100, atMs), 'handle')
      assert.equal(door.frame(session, 'getdata', 37, atMs), 'handle')
    }
  }

  for (const [pattern, weight, attack] of ATTACKERS) {
    it(`QC-15 + a ${pattern} is told of, with its weight and what shows it`, () => {
      const door = new Door({ policy: DEFAULT_ADMISSION })
      honest(door)
      attack(door)
      const [seen] = door.admission.watch.attacks
      assert.deepEqual([seen?.pattern, seen?.weight, patterns(door).length], [pattern, weight, 1])
      assert.ok((seen?.evidence.length ?? 0) >= 1 && (seen?.evidence.length ?? 0) <= 8)
      assert.deepEqual(door.admission.counters().attacks, { [pattern]: 1 })
      assert.ok(seen?.source.startsWith('4.192.0.2'))
    })
  }

  it('QC-15 - an honest peer is no attack, nor one that reconnects, waiting longer each time', () => {
    const door = new Door()
    honest(door)
    for (let attempt = 0, atMs = 0; attempt < 12; attempt++, atMs += 1_000 * 2 ** attempt) {
      const address = at('203.0.113.5')
      assert.equal(door.inbound(address, atMs), undefined)
      door.admission.identified('honest', address, 'inbound', atMs)
      door.admission.closed(address, 'inbound', atMs + 500)
    }
    assert.deepEqual([door.admission.watch.attacks, door.admission.enforcer.bans.size, door.scoring.size], [[], 0, 0])
  })

  it('QC-15 - each kind is one short of an attack until the last event', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION })
    for (let event = 0; event < 4; event++) {
      door.admission.foreign(at('192.0.2.1'), 'http', 0)
      leaves(door, '192.0.2.1', event * 20_000, 10_000)
    }
    assert.deepEqual(patterns(door), [])
    door.admission.foreign(at('192.0.2.1'), 'http', 299_999)
    assert.deepEqual(patterns(door), ['scan'])
    const later = new Door({ policy: DEFAULT_ADMISSION })
    for (let event = 0; event < 5; event++) {
      later.admission.foreign(at('192.0.2.1'), 'http', event * 75_001)
    }
    assert.deepEqual(patterns(later), [])
  })

  it('QC-15 + five broken attempts of a host within ten minutes ban it for an hour, where the profile says so', () => {
    const door = new Door()
    for (let attempt = 0; attempt < 5; attempt++) {
      assert.equal(door.admission.enforcer.bans.size, 0)
      leaves(door, '192.0.2.1', attempt * 1_000, 10)
    }
    assert.deepEqual([door.inbound(at('192.0.2.1'), 60 * MINUTE), door.inbound(at('192.0.2.1'), 60 * MINUTE + 5_000)], ['banned', undefined])
    // Nor where this node is too unwell to blame anybody
    const unwell = new PeerAdmission({ policy: QUANTUMCOIN_ADMISSION, maxConnections: 100, limitLoopback: true, scores: { observe: () => [] }, unwell: () => true, onDrop: () => {} }, 0)
    for (let attempt = 0; attempt < 20; attempt++) {
      const address = at('192.0.2.1')
      unwell.accept(address, 'inbound', attempt * 1_000)
      unwell.closed(address, 'inbound', attempt * 1_000 + 10)
    }
    assert.equal(unwell.enforcer.bans.size, 0)
    const other = new Door({ policy: DEFAULT_ADMISSION })
    for (let attempt = 0; attempt < 20; attempt++) {
      leaves(other, '192.0.2.1', attempt * 1_000, 10)
    }
    assert.equal(other.inbound(at('192.0.2.1'), 21_000), undefined)
  })
})

describe('the threat of a host', () => {
  it('QC-16 + is the sum of what speaks against it, at most 1, and fades by half in ten minutes', () => {
    const book = new ThreatBook()
    const alone = (['connection-rate', 'excessive-messages', 'invalid-protocol', 'suspicious-agent', 'known-bad', 'botnet', 'time-based'] as const)
      .map(indicator => new ThreatBook().see('host', indicator, 0))
    assert.deepEqual(alone, [0.2, 0.3, 0.4, 0.1, 0.8, 0.6, 0.5])
    assert.equal(book.see('host', 'excessive-messages', 0), 0.3)
    assert.equal(book.see('host', 'excessive-messages', 0), 0.3)
    assert.equal(book.see('host', 'invalid-protocol', 0), 0.7)
    assert.equal(book.score('host', 10 * MINUTE), 0.35)
    assert.equal(book.see('host', 'known-bad', 0), 1)
    assert.deepEqual([book.score('another', 0), [0.7, 0.71, 0.81, 0.91].map(severityOf)], [0, ['low', 'medium', 'high', 'critical']])
  })

  it('QC-16 - below 0.7 nothing happens; with 0.7 the host is banned and its sessions end', () => {
    const door = new Door()
    const [host, address] = ['4.192.0.2.1', at('192.0.2.1')]
    door.admission.accept(address, 'inbound', 0)
    door.admission.identified('bad', address, 'inbound', 0)
    door.admission.watch.suspect(host, 'botnet', 0)
    assert.deepEqual([door.admission.enforcer.bans.size, door.drops], [0, []])
    door.admission.watch.suspect(host, 'suspicious-agent', 0)
    assert.deepEqual(door.drops.map(({ peerId, goodbye }) => [peerId, goodbye.code]), [['bad', 'banned']])
    assert.deepEqual([door.inbound(at('192.0.2.1'), 1), door.inbound(at('192.0.2.2'), 1)], ['banned', undefined])
    assert.deepEqual(door.types('banned').length, 1)
    assert.equal(door.admission.watch.threats.score(host, 1), 1)
    // An operator's word stands until it crosses the bound anew
    const range = { type: 'range', range: IpRange.of(address.ip, 128) } as const
    assert.equal(door.admission.enforcer.unban(range, 2), true)
    door.admission.watch.suspect(host, 'suspicious-agent', 2)
    assert.equal(door.admission.enforcer.bans.size, 0)
    const friends = new Door({ policy: { ...QUANTUMCOIN_ADMISSION, permissions: [{ range: '192.0.2.0/24', grants: ['noban'] }] } })
    friends.admission.watch.suspect(host, 'known-bad', 0)
    assert.equal(friends.admission.enforcer.bans.size, 0)
    const told = new Door({ policy: { ...QUANTUMCOIN_ADMISSION, bans: { ...QUANTUMCOIN_ADMISSION.bans, threatBanMs: 0 } } })
    assert.equal(told.admission.watch.suspect(host, 'known-bad', 0), 0.8)
    assert.equal(told.inbound(at('192.0.2.1'), 1), undefined)
  })
})
