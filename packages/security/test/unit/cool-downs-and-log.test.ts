import assert from 'node:assert/strict'
import { DEFAULT_ADMISSION } from '@peerwright/chain-spec'
import { PeerFault } from '@peerwright/core'
import type { SessionEnd } from '@peerwright/interface'
import { AdmissionLog } from '@peerwright/security'
import { LogLimiter } from '../../src/log-limiter.ts'
import { at, Door, sessionOf } from '../support/admission.ts'

const MINUTE = 60_000

/** Whether a peer gets in, up to its identity. */
function comes (door: Door, peerId: string, ip: string, nowMs: number): string {
  const address = at(ip)
  const refused = door.inbound(address, nowMs)
  const decision = refused === undefined ? door.admission.identified(peerId, address, 'inbound', nowMs) : undefined
  door.admission.closed(address, 'inbound', nowMs)
  return refused === undefined ? decision?.allow === false ? `${decision.reason} after ${decision.retryAfterSeconds ?? 0} s, with a handshake` : 'in' : refused
}

const ends = (door: Door, end: Partial<SessionEnd>, nowMs = 0): void => {
  door.admission.ended(sessionOf('peer', '198.51.100.1'), { code: 'done', remote: false, ...end }, nowMs)
}

describe('cool-downs', () => {
  it('S23 who found no slot and dials each second is refused for five minutes, without a handshake', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION })
    ends(door, { code: 'too-many-peers' })
    for (let second = 1; second < 300; second++) {
      assert.equal(comes(door, `peer ${second}`, '198.51.100.1', second * 1_000), 'cool-down')
    }
    assert.deepEqual([comes(door, 'peer', '198.51.100.2', 1_000), comes(door, 'other', '198.51.100.1', 5 * MINUTE), comes(door, 'peer', '198.51.100.1', 5 * MINUTE)], ['cool-down after 299 s, with a handshake', 'in', 'in'])
    assert.equal(door.admission.counters().refused['cool-down'], 300)
    assert.equal(door.admission.enforcer.bans.size, 0)
  })

  it('S25 a peer of another network stays away for four hours, is not banned, and its host may come', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION })
    ends(door, { code: 'wrong-network' })
    assert.deepEqual([comes(door, 'peer', '198.51.100.1', 239 * MINUTE), comes(door, 'other', '198.51.100.1', 239 * MINUTE + 1_000), comes(door, 'peer', '198.51.100.1', 240 * MINUTE)],
      ['cool-down after 60 s, with a handshake', 'in', 'in'])
    assert.deepEqual([door.admission.enforcer.bans.size, door.scoring.size], [0, 0])
  })

  it('S22 a connection to ourselves, a duplicate and a goodbye of the other side cost nothing', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION })
    for (const end of [{ code: 'self' }, { code: 'duplicate' }, { code: 'too-many-peers', remote: true }, { code: 'shutdown', remote: true }, { code: 'lost', remote: true }] as const) {
      ends(door, end)
    }
    assert.deepEqual([comes(door, 'peer', '198.51.100.1', 1), door.scoring.size], ['in', 0])
  })

  it('a fault that ends a session is judged by its class, a timeout costs points', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION })
    ends(door, { code: 'timeout' })
    assert.equal(door.scoring.score('peer', 0), -2_000)
    ends(door, { code: 'fault', fault: new PeerFault('truncated', 'x', { offence: 'ambiguous' }) })
    assert.equal(door.scoring.score('peer', 0), -4_000)
    assert.equal(door.admission.enforcer.bans.size, 0)
    ends(door, { code: 'fault', fault: new PeerFault('over-credit', 'an answer over its credit') })
    assert.equal(door.admission.enforcer.bans.ofPeer('peer', 1)?.rule, 'over-credit')
  })

  it('pauses networking: nobody comes in and nobody is dialled, until it goes on', () => {
    const door = new Door()
    door.admission.pauseNetworking(true)
    assert.deepEqual([comes(door, 'a', '198.51.100.1', 0), door.admission.mayDial(at('198.51.100.1'), 0)], ['paused', { allow: false, reason: 'paused' }])
    door.admission.pauseNetworking(false)
    assert.equal(comes(door, 'a', '198.51.100.1', 1_000), 'in')
  })
})

describe('the log', () => {
  it('has five lines a minute of one source, a hundred of all, and says how many were left out', () => {
    const limiter = new LogLimiter()
    const lines = Array.from({ length: 100 }, () => limiter.admit('a', 0)).filter(left => left !== undefined)
    assert.equal(lines.length, 5)
    assert.deepEqual([limiter.admit('b', 1), limiter.admit('b', 2)], [95, 0])
    const many = Array.from({ length: 1_000 }, (_, source) => limiter.admit(`source ${source}`, 3)).filter(left => left !== undefined)
    assert.equal(many.length, 93)
    assert.deepEqual([limiter.admit('a', 60_000), limiter.admit('a', 60_001)], [907, 0])
  })

  it('has a line for each kind of event', () => {
    const log = new AdmissionLog()
    const door = new Door({ policy: DEFAULT_ADMISSION })
    door.admission.pauseNetworking(true)
    door.inbound(at('198.51.100.1', 5_000), 0)
    door.admission.pauseNetworking(false)
    ends(door, { code: 'fault', fault: new PeerFault('bad-proof', 'x') })
    door.admission.foreign(at('198.51.100.1'), 'http', 0)
    assert.deepEqual(door.events.map(event => log.line(event, 0)), [
      'networking is paused',
      'inbound connection with 198.51.100.1:5000 refused: paused',
      'networking goes on',
      'peer peer is banned for 1800 s: bad-proof, conduct'
    ])
  })
})
