import assert from 'node:assert/strict'
import { PeerFault } from '@peerwright/core'
import type { Version } from '@peerwright/protocol-messages'
import { Credit } from '../../src/credit.ts'
import { judgeDuplicate } from '../../src/duplicates.ts'
import { HANDSHAKE_START, type HandshakeEvent, type HandshakeState, stepHandshake } from '../../src/handshake.ts'
import { nextPingEventMs, pingDue, pingExpired, pingSent, pongReceived, startPinging } from '../../src/ping.ts'

const RULES = { networkId: '11'.repeat(32), minProtocolVersion: 70_010 }

const VERSION: Version = {
  protocolVersion: 70_015, services: 1n, timeSeconds: 0, nonce: 1n, userAgent: '/x/', startHeight: 1, relay: true,
  extension: { networkId: RULES.networkId, chainWork: 1n, connectionClass: 'full', features: [], encrypters: [] }
}

const version: HandshakeEvent = { type: 'version', version: VERSION }
const step = (state: HandshakeState, event: HandshakeEvent, direction: 'inbound' | 'outbound' = 'inbound'): ReturnType<typeof stepHandshake> => stepHandshake(state, event, direction, RULES)
const versioned = step(HANDSHAKE_START, version).state
const done = step(versioned, { type: 'verack' }).state
const refused = step(HANDSHAKE_START, { type: 'version', version: { ...VERSION, protocolVersion: 1 } }).state

describe('the handshake', () => {
  it('is walked, every state with every event', () => {
    const events: HandshakeEvent[] = [version, { type: 'verack' }, { type: 'message', known: true }, { type: 'message', known: false }]
    const outcome = (state: HandshakeState, event: HandshakeEvent): string => {
      try {
        const next = step(state, event)
        return `${next.action} ${next.state.phase}`
      } catch (error) {
        return error instanceof PeerFault ? error.code : String(error)
      }
    }
    assert.deepEqual([HANDSHAKE_START, versioned, done, refused].map(state => events.map(event => outcome(state, event))), [
      ['send-version-and-verack versioned', 'none awaiting', 'none awaiting', 'none awaiting'],
      ['none versioned', 'open done', 'before-verack', 'none versioned'],
      ['none done', 'none done', 'none done', 'none done'],
      ['none refused', 'none refused', 'none refused', 'none refused']
    ])
  })

  it('answers as the dialler with verack alone', () => {
    assert.equal(step(HANDSHAKE_START, version, 'outbound').action, 'send-verack')
  })

  it('QC-19 - refuses versions below 70010, other networks, and versions that name none', () => {
    const code = (changed: Partial<Version>): string => {
      const { state } = step(HANDSHAKE_START, { type: 'version', version: { ...VERSION, ...changed } })
      return state.phase === 'refused' ? state.code : state.phase
    }
    assert.equal(code({ protocolVersion: 70_009 }), 'obsolete')
    assert.equal(code({ protocolVersion: 70_010 }), 'versioned')
    assert.equal(code({ extension: { networkId: '22'.repeat(32), chainWork: 0n, connectionClass: 'full', features: [], encrypters: [] } }), 'wrong-network')
    const { extension: _, ...bare } = VERSION
    const { state } = step(HANDSHAKE_START, { type: 'version', version: bare })
    assert.equal(state.phase === 'refused' && state.code, 'wrong-network')
  })

  it('S26 - refuses a channel below which both sides have a better one, and S26 + takes any other, and that of a node that does not tell', () => {
    const outcome = (running: string, theirs: readonly string[], direction: 'inbound' | 'outbound'): string => {
      const rules = { ...RULES, channel: { running, encrypters: ['/a', '/b', '/c'] } }
      const { extension } = VERSION
      const event: HandshakeEvent = { type: 'version', version: { ...VERSION, ...extension === undefined ? {} : { extension: { ...extension, encrypters: theirs } } } }
      try {
        return stepHandshake(HANDSHAKE_START, event, direction, rules).state.phase
      } catch (error) {
        return error instanceof PeerFault ? error.code : String(error)
      }
    }
    for (const direction of ['inbound', 'outbound'] as const) {
      assert.equal(outcome('/a', ['/a', '/b'], direction), 'versioned')
      assert.equal(outcome('/c', [], direction), 'versioned')
      assert.equal(outcome('/c', ['/c'], direction), 'versioned')
      assert.equal(outcome('/c', ['/b', '/c'], direction), 'downgrade')
      assert.equal(outcome('/c', ['/d'], direction), 'downgrade')
    }
    // Whose order counts is the dialler's
    assert.deepEqual([outcome('/a', ['/b', '/a'], 'outbound'), outcome('/a', ['/b', '/a'], 'inbound')], ['versioned', 'downgrade'])
  })

  it('lets a stranger waste a bounded number of messages', () => {
    let state: HandshakeState = HANDSHAKE_START
    assert.throws(() => {
      for (let count = 0; count < 300; count++) {
        state = step(state, { type: 'message', known: false }).state
      }
    }, (error: unknown) => error instanceof PeerFault && error.code === 'handshake-noise')
  })
})

describe('pinging', () => {
  const rules = { intervalMs: 120_000, timeoutMs: 1_200_000 }

  it('begins at once, rests between two pings, and gives up on a peer that does not answer', () => {
    const start = startPinging(5)
    assert.ok(pingDue(start, 5))
    const waiting = pingSent(7n, 5)
    assert.ok(!pingDue(waiting, 200_000))
    assert.ok(!pingExpired(waiting, rules, 1_200_004) && pingExpired(waiting, rules, 1_200_005))
    assert.equal(nextPingEventMs(waiting, rules), 1_200_005)
    const { state, rttMs } = pongReceived(waiting, 7n, rules, 55)
    assert.equal(rttMs, 50)
    assert.ok(!pingDue(state, 120_004) && pingDue(state, 120_005))
    assert.equal(nextPingEventMs(state, rules), 120_005)
  })

  it('takes no pong for one that has another nonce, or that was not asked for', () => {
    const waiting = pingSent(7n, 0)
    assert.deepEqual(pongReceived(waiting, 8n, rules, 1), { state: waiting, rttMs: undefined })
    const resting = startPinging(0)
    assert.deepEqual(pongReceived(resting, 7n, rules, 1), { state: resting, rttMs: undefined })
  })
})

describe('Credit', () => {
  it('is 320 KiB before anything is known, two blocks of the size that comes, and never more than sixteen of the largest', () => {
    const credit = new Credit(1_000_000)
    assert.equal(credit.available(0, undefined), 327_680)
    assert.equal(credit.available(200_000, 50), 127_680)
    for (let block = 0; block < 100; block++) {
      credit.received(400_000, 0, 0)
    }
    assert.equal(Math.round(credit.available(0, undefined) / 1_000), 800)
    credit.received(0, 0, 1)
    credit.received(1_000_000_000, 1_000, 1)
    assert.equal(credit.available(0, 1_000), 16_000_000)
  })

  it('is twice the bandwidth-delay product of a long fast link', () => {
    const credit = new Credit(100_000)
    credit.received(0, 0, 1)
    for (let ms = 100; ms <= 1_000; ms += 100) {
      credit.received(250_000, ms, 1)
    }
    // 2.5 MB/s at 200 ms: 500 KB on the way
    assert.equal(credit.bytesPerSecond, 2_500_000)
    assert.equal(credit.available(0, 200), 1_000_000)
  })

  it('rises at once and falls slowly', () => {
    const credit = new Credit(100_000)
    credit.received(0, 0, 1)
    credit.received(1_000_000, 500, 1)
    credit.received(0, 1_000, 1)
    assert.equal(credit.bytesPerSecond, 1_750_000)
  })
})

describe('duplicates', () => {
  it('are judged alike by both ends', () => {
    for (const [a, b] of [['A', 'B'], ['B', 'A']] as const) {
      // The same two connections, seen from both ends, in whatever order they came
      const ours = judgeDuplicate({ direction: 'outbound' }, { direction: 'inbound' }, a, b)
      const theirs = judgeDuplicate({ direction: 'inbound' }, { direction: 'outbound' }, b, a)
      assert.equal(ours, theirs)
      assert.equal(ours, a < b ? 'keep-older' : 'keep-newer')
    }
  })

  it('in the same direction are settled by asking the older one', () => {
    assert.equal(judgeDuplicate({ direction: 'inbound' }, { direction: 'inbound' }, 'A', 'B'), 'probe-older')
  })
})
