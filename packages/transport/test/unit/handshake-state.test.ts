import assert from 'node:assert/strict'
import { InvariantError, PeerFault } from '@peerwright/core'
import { loadPostQuantum } from '@peerwright/crypto'
import { type HandshakePhase, type HandshakeState, MAX_PAYLOAD_BYTES } from '../../src/noise/handshake-state.ts'
import { CLASSICAL, CLASSICAL_BLAKE2S, HYBRID, HYBRID_AES, HYBRID_DRAFT, SUITES } from '../../src/noise/suite.ts'
import { type Pair, pairOf, run, write } from '../support/handshakes.ts'

const EMPTY = new Uint8Array()

/** A point of small order on Curve25519 (RFC 7748, 6.1; one of the list that Bernstein gives). */
const SMALL_ORDER = Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex')

/** `bug` for a call out of turn, the code of a fault, or `fine`. */
function outcome (act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return error instanceof PeerFault ? error.code : error instanceof InvariantError ? 'bug' : String(error)
  }
  return 'fine'
}

/** A copy with one bit of byte `at` turned. */
function spoilt (message: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(message)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

describe('the handshake machine', () => {
  for (const suite of SUITES) {
    it(`QC-08 + ${suite.protocol}: both sides come to the same keys, payloads arrive, and each handshake is another one`, () => {
      const bindings = [0, 1].map(() => {
        const { initiator, responder } = pairOf(suite)
        const [second, third] = [Buffer.from('second'), Buffer.alloc(MAX_PAYLOAD_BYTES, 3)]
        responder.read(write(initiator))
        assert.deepEqual(Buffer.from(initiator.read(write(responder, second))), second)
        assert.deepEqual(initiator.transcript, responder.transcript)
        assert.deepEqual(Buffer.from(responder.read(write(initiator, third))), third)
        assert.deepEqual(initiator.transcript, responder.transcript)
        const [mine, theirs] = [initiator.split(), responder.split()]
        assert.deepEqual(mine.hash, theirs.hash)
        assert.equal(theirs.receive.decrypt(mine.send.encrypt(second)).toString(), 'second')
        assert.equal(mine.receive.decrypt(theirs.send.encrypt(third)).length, MAX_PAYLOAD_BYTES)
        return Buffer.from(mine.hash).toString('hex')
      })
      assert.notEqual(bindings[0], bindings[1])
    })
  }

  it('takes each event in its turn and refuses every other: all phases with all events, on both sides', () => {
    const reach: ReadonlyArray<readonly [string, (pair: Pair) => void, HandshakePhase, HandshakePhase]> = [
      ['nothing', () => {}, 'write', 'read'],
      ['message 1 begun', ({ initiator }) => { initiator.begin() }, 'begun', 'read'],
      ['message 1', pair => { run(pair, 1) }, 'read', 'write'],
      ['message 2 begun', pair => { run(pair, 1); pair.responder.begin() }, 'read', 'begun'],
      ['message 2', pair => { run(pair, 2) }, 'write', 'read'],
      ['message 3 begun', pair => { run(pair, 2); pair.initiator.begin() }, 'begun', 'read'],
      ['message 3', pair => { run(pair) }, 'done', 'done'],
      ['the keys', pair => { run(pair); pair.initiator.split(); pair.responder.split() }, 'spent', 'spent'],
      ['a fault', pair => { outcome(() => pair.responder.read(EMPTY)) }, 'write', 'failed']
    ]
    const turns: Readonly<Record<string, readonly [HandshakePhase, (state: HandshakeState) => unknown, string]>> = {
      begin: ['write', state => { state.begin() }, 'fine'],
      finish: ['begun', state => state.finish(EMPTY), 'fine'],
      read: ['read', state => state.read(EMPTY), 'handshake-length'],
      split: ['done', state => state.split(), 'fine']
    }
    for (const [name, act, initiator, responder] of reach) {
      for (const [side, phase] of [['initiator', initiator], ['responder', responder]] as const) {
        for (const [event, [turn, fire, expected]] of Object.entries(turns)) {
          const pair = pairOf(HYBRID)
          act(pair)
          assert.equal(pair[side].phase, phase, `${name}, ${side}`)
          assert.equal(outcome(() => fire(pair[side])), phase === turn ? expected : 'bug', `${name}, ${side}, ${event}`)
        }
      }
    }
  })

  it('QC-09 - refuses every message that is longer or shorter than it may be', () => {
    for (const suite of [CLASSICAL, HYBRID]) {
      const lengths = run(pairOf(suite)).map(({ length }) => length)
      for (const [index, length] of lengths.entries()) {
        const most = index === 0 ? length : length + MAX_PAYLOAD_BYTES
        for (const wrong of [0, length - 1, most + 1, 60_000]) {
          const pair = pairOf(suite)
          run(pair, index)
          const side = index === 1 ? pair.initiator : pair.responder
          assert.deepEqual(side.bounds, { min: length, max: most })
          assert.equal(outcome(() => side.read(new Uint8Array(wrong))), 'handshake-length')
        }
      }
      const { initiator } = pairOf(suite)
      initiator.begin()
      assert.equal(outcome(() => initiator.finish(Uint8Array.of(1))), 'bug', 'the first message has no payload')
    }
  })

  it('QC-09 - refuses a changed byte anywhere in messages 2 and 3, and ends apart after one in message 1', () => {
    for (const suite of [CLASSICAL, HYBRID]) {
      for (const [which, message] of run(pairOf(suite)).entries()) {
        for (let at = 0; at < message.length; at += 61) {
          const { initiator, responder } = pairOf(suite)
          const carry = (bytes: Uint8Array, index: number): Uint8Array => index === which ? spoilt(bytes, at) : bytes
          const code = outcome(() => {
            responder.read(carry(write(initiator), 0))
            initiator.read(carry(write(responder), 1))
            responder.read(carry(write(initiator), 2))
          })
          assert.ok(code === 'handshake-authentication' || (which === 0 && code === 'bad-kem-key'), `${suite.name}, message ${which + 1}, byte ${at}: ${code}`)
        }
      }
    }
  })

  it('QC-08 - refuses messages of another handshake: a replay goes nowhere', () => {
    for (const suite of [CLASSICAL, HYBRID]) {
      const [first = EMPTY, second = EMPTY, third = EMPTY] = run(pairOf(suite))
      const { responder } = pairOf(suite)
      responder.read(first)
      write(responder)
      assert.equal(outcome(() => responder.read(third)), 'handshake-authentication')
      const { initiator } = pairOf(suite)
      write(initiator)
      assert.equal(outcome(() => initiator.read(second)), 'handshake-authentication')
    }
  })

  it('QC-09 - refuses a KEM ciphertext that was made for another key', async () => {
    const { kem } = await loadPostQuantum()
    const stranger = kem.generate()
    const swapped = pairOf(HYBRID, { responder: { kem: { ...kem, encapsulate: () => kem.encapsulate(stranger.publicKey) } } })
    assert.equal(outcome(() => run(swapped)), 'handshake-authentication')
  })

  it('QC-09 - refuses a KEM key that fails the modulus check, and an X25519 key of low order', () => {
    const { initiator, responder } = pairOf(HYBRID)
    const first = Uint8Array.from(write(initiator))
    first.fill(0xff, 32, 64)
    responder.read(first)
    assert.equal(outcome(() => { responder.begin() }), 'bad-kem-key')
    for (const suite of [CLASSICAL, HYBRID]) {
      const pair = pairOf(suite)
      const message = Uint8Array.from(write(pair.initiator))
      message.set(SMALL_ORDER)
      pair.responder.read(message)
      assert.equal(outcome(() => { pair.responder.begin() }), 'weak-key')
    }
  })

  it('QC-09 - refuses to mix suites: the name is part of what is hashed, and ids of one name are one suite', () => {
    const mixed = (first: typeof HYBRID, second: typeof HYBRID): string =>
      outcome(() => run({ initiator: pairOf(first).initiator, responder: pairOf(second).responder }))
    assert.equal(mixed(CLASSICAL, CLASSICAL_BLAKE2S), 'handshake-authentication')
    assert.equal(mixed(HYBRID, HYBRID_AES), 'handshake-authentication')
    assert.equal(mixed(CLASSICAL, HYBRID), 'handshake-length')
    assert.equal(mixed(HYBRID, HYBRID_DRAFT), 'fine')
  })
})
