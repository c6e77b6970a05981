import assert from 'node:assert/strict'
import { PeerFault } from '@peerwright/core'
import type { MlDsa, MlKem } from '../../src/index.ts'
import { dsaBackends, kemBackends } from '../support/backends.ts'
import { bytesOf, type Case, wycheproof } from '../support/wycheproof.ts'

/** The secret that an implementation finds, as hexadecimal, or `refused`. */
function secretOf (kem: MlKem, one: Case): string {
  try {
    return Buffer.from(kem.fromSeed(bytesOf(one, 'seed')).decapsulate(bytesOf(one, 'c'))).toString('hex')
  } catch (error) {
    assert.ok(error instanceof Error)
    return 'refused'
  }
}

function encapsulates (kem: MlKem, one: Case): boolean {
  try {
    kem.encapsulate(bytesOf(one, 'ek'))
    return true
  } catch (error) {
    assert.ok(error instanceof PeerFault && error.code === 'bad-kem-key', String(error))
    return false
  }
}

function verifies (dsa: MlDsa, one: Case): boolean {
  return dsa.verify(bytesOf(one, 'publicKey'), bytesOf(one, 'msg'), bytesOf(one, 'sig'))
}

describe('published vectors', function () {
  this.timeout(60_000)

  it('ML-KEM-768: seeds give the published keys, ciphertexts the published secrets, on every backend', async function () {
    const cases = wycheproof(this, 'mlkem_768_test.json')
    for (const [backend, kem] of await kemBackends()) {
      let valid = 0
      for (const one of cases) {
        const found = secretOf(kem, one)
        if (one.result === 'valid') {
          valid++
          assert.equal(Buffer.from(kem.fromSeed(bytesOf(one, 'seed')).publicKey).toString('hex'), one['ek'], `${backend} ${one.tcId}`)
          assert.equal(found, one['K'], `${backend} ${one.tcId}`)
        } else {
          assert.notEqual(found, one['K'], `${backend} ${one.tcId}`)
        }
      }
      assert.ok(valid > 50)
    }
  })

  it('ML-KEM-768: keys that are too long, too short or not reduced are refused by every backend alike', async function () {
    const cases = wycheproof(this, 'mlkem_768_encaps_test.json')
    assert.ok(cases.some(({ result }) => result === 'invalid'))
    for (const [backend, kem] of await kemBackends()) {
      for (const one of cases) {
        assert.equal(encapsulates(kem, one), one.result === 'valid', `${backend} ${one.tcId}`)
      }
    }
  })

  it('ML-DSA-65: signatures are judged as published, on every backend', async function () {
    // Contexts are not used: what a message is for stands in the message
    const cases = wycheproof(this, 'mldsa_65_verify_test.json').filter(one => one['ctx'] === undefined || one['ctx'] === '')
    assert.ok(cases.length > 100)
    for (const [backend, dsa] of await dsaBackends('ML-DSA-65')) {
      for (const one of cases) {
        assert.equal(verifies(dsa, one), one.result === 'valid', `${backend} ${one.tcId} ${String(one['comment'])}`)
      }
    }
  })

  it('ML-DSA-65: seeds give the published keys, on every backend', async function () {
    const cases = wycheproof(this, 'mldsa_65_sign_seed_test.json').filter(one => bytesOf(one, 'privateSeed').length === 32 && bytesOf(one, 'publicKey').length > 0)
    const seeds = new Map(cases.map(one => [String(one['privateSeed']), one]))
    assert.ok(seeds.size > 5)
    for (const [backend, dsa] of await dsaBackends('ML-DSA-65')) {
      for (const one of seeds.values()) {
        assert.equal(Buffer.from(dsa.fromSeed(bytesOf(one, 'privateSeed')).publicKey).toString('hex'), one['publicKey'], `${backend} ${one.tcId}`)
      }
    }
  })
})
