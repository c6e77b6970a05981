import assert from 'node:assert/strict'
import type { CertifiedPeer } from '@peerwright/interface'
import fc from 'fast-check'
import { decodePins, encodePins, type Pin, Pins, type PinSource } from '../../src/index.ts'
import { isFault, isOperation } from '../support/peers.ts'

const KEY = (number: number): string => number.toString(16).padStart(64, '0')
const pin = (peerId: string, key: number, source: PinSource, epoch: number = 0): Pin => ({ peerId, fingerprint: KEY(key), epoch, source })
const peer = (peerId: string, key: number, epoch: number = 0, vouchedBy?: number): CertifiedPeer => ({
  peerId, suite: 'ml-dsa-65', epoch, publicKey: new Uint8Array(0), fingerprint: KEY(key), notAfterSeconds: 1, ...(vouchedBy === undefined ? {} : { vouchedBy: KEY(vouchedBy) })
})
const SOURCES = ['first-contact', 'signed-record', 'profile', 'configuration'] as const

describe('pins', () => {
  it('QN-21 + remember the key of a first contact, and follow a rotation that it signed', () => {
    const pins = new Pins()
    assert.equal(pins.check(peer('a', 1)), 'first-contact')
    assert.equal(pins.check(peer('a', 1)), 'known')
    assert.equal(pins.check(peer('b', 1), false), 'first-contact')
    assert.equal(pins.get('b'), undefined, 'a stranger that came by itself')
    assert.equal(pins.check(peer('a', 2, 1, 1)), 'rotated')
    assert.deepEqual(pins.get('a'), pin('a', 2, 'first-contact', 1))
  })

  it('QN-21 - refuse another key, one that a third key vouches for, and the key of an epoch before', () => {
    const pins = new Pins()
    pins.check(peer('a', 2, 1))
    assert.throws(() => pins.check(peer('a', 3, 1)), isFault('pin-mismatch'))
    assert.throws(() => pins.check(peer('a', 3, 2)), isFault('pin-mismatch'))
    assert.throws(() => pins.check(peer('a', 3, 2, 4)), isFault('pin-mismatch'))
    assert.throws(() => pins.check(peer('a', 3, 1, 2)), isFault('pin-mismatch'), 'a rotation is an epoch further')
    assert.throws(() => pins.check(peer('a', 1, 0)), isFault('epoch-rolled-back'))
    assert.throws(() => pins.check(peer('a', 2, 0)), isFault('epoch-rolled-back'), 'not even with the same key')
    assert.deepEqual(pins.get('a'), pin('a', 2, 'first-contact', 1), 'nothing was learned from what was refused')
    assert.equal(pins.forget('a'), true)
    assert.equal(pins.check(peer('a', 3)), 'first-contact')
    assert.equal(pins.forget('b'), false)
  })

  it('QN-21 + a weightier source replaces a lighter one, and never the other way round', () => {
    for (const [light, first] of SOURCES.entries()) {
      for (const [heavy, second] of SOURCES.entries()) {
        if (light === heavy) {
          continue
        }
        const pins = new Pins()
        pins.learn(pin('a', 1, first))
        pins.learn(pin('a', 2, second))
        assert.equal(pins.get('a')?.fingerprint, KEY(heavy > light ? 2 : 1), `${first}, then ${second}`)
      }
    }
  })

  it('QN-21 - two words of equal weight are a conflict, unless one is of a later epoch', () => {
    const pins = new Pins()
    pins.learn(pin('a', 1, 'configuration', 1))
    pins.learn(pin('a', 1, 'configuration', 1))
    assert.throws(() => { pins.learn(pin('a', 2, 'configuration', 1)) }, isOperation('pin-conflict'))
    pins.learn(pin('a', 2, 'configuration', 2))
    pins.learn(pin('a', 1, 'configuration', 1))
    assert.equal(pins.get('a')?.fingerprint, KEY(2), 'the word from before a rotation')
  })

  it('QN-21 - are bounded: the first contact used longest ago makes room, firm pins do not', () => {
    const pins = new Pins(3)
    pins.learn(pin('firm', 1, 'profile'))
    pins.check(peer('a', 1))
    pins.check(peer('b', 1))
    pins.check(peer('a', 1))
    pins.check(peer('c', 1))
    assert.deepEqual(pins.toArray().map(({ peerId }) => peerId), ['firm', 'a', 'c'])
    pins.learn(pin('d', 1, 'configuration'))
    pins.learn(pin('e', 1, 'configuration'))
    assert.deepEqual(pins.toArray().map(({ peerId }) => peerId), ['firm', 'd', 'e'])
    assert.equal(pins.check(peer('f', 1)), 'first-contact')
    assert.equal(pins.get('f'), undefined)
    assert.throws(() => { pins.learn(pin('f', 1, 'signed-record')) }, isOperation('too-many-pins'))
    assert.equal(pins.size, 3)
  })

  it('QN-21 - whatever happens, there are never more than the limit, and a firm pin only leaves when it is forgotten', () => {
    const event = fc.record({ peerId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), key: fc.nat(2), epoch: fc.nat(2), source: fc.constantFrom(...SOURCES), learn: fc.boolean() })
    fc.assert(fc.property(fc.array(event, { maxLength: 60 }), events => {
      const pins = new Pins(4)
      for (const { peerId, key, epoch, source, learn } of events) {
        const before = pins.toArray().filter(known => known.source !== 'first-contact').map(known => known.peerId)
        try {
          if (learn) {
            pins.learn(pin(peerId, key, source, epoch))
          } else {
            pins.check(peer(peerId, key, epoch))
          }
        } catch { /* what is refused changes nothing, see below */ }
        const after = new Set(pins.toArray().map(known => known.peerId))
        assert.ok(pins.size <= 4 && after.size === pins.size && before.every(name => after.has(name)))
      }
    }))
  })

  it('come back from where they were kept', () => {
    const all = SOURCES.map((source, index) => pin(`peer${index + 1}`, index, source, index))
    assert.deepEqual(decodePins(encodePins(all)), all)
    const bytes = encodePins(all)
    for (const at of bytes.keys()) {
      assert.throws(() => decodePins(bytes.with(at, (bytes[at] ?? 0) ^ 1)), { name: 'PeerFault' }, `byte ${at}`)
    }
  })
})
