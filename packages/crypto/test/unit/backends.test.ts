import assert from 'node:assert/strict'
import { OperationError, PeerFault } from '@peerwright/core'
import fc from 'fast-check'
import { loadPostQuantum, ML_DSA, ML_KEM_768, requireSignatures } from '../../src/index.ts'
import { dsaBackends, kemBackends } from '../support/backends.ts'

const SUITES = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const

const isOperation = (code: string) => (error: unknown): boolean => error instanceof OperationError && error.code === code
const isFault = (code: string) => (error: unknown): boolean => error instanceof PeerFault && error.code === code

describe('post-quantum backends', function () {
  this.timeout(60_000)

  it('understand each other: what one encapsulates every other opens', async () => {
    const kems = await kemBackends()
    assert.ok(kems.length >= 2)
    const seed = Uint8Array.from({ length: 64 }, (_, at) => at)
    for (const [maker, one] of kems) {
      for (const [opener, other] of kems) {
        const pair = other.fromSeed(seed)
        const { ciphertext, sharedSecret } = one.encapsulate(pair.publicKey)
        assert.deepEqual([ciphertext.length, sharedSecret.length], [ML_KEM_768.ciphertextBytes, ML_KEM_768.sharedSecretBytes])
        assert.deepEqual(pair.decapsulate(ciphertext), sharedSecret, `${maker} ${opener}`)
        const fresh = other.generate()
        const again = one.encapsulate(fresh.publicKey)
        assert.deepEqual(fresh.decapsulate(again.ciphertext), again.sharedSecret, `${maker} ${opener}`)
      }
    }
  })

  for (const suite of SUITES) {
    it(`believe each other's signatures, and no others: ${suite}`, async () => {
      const backends = await dsaBackends(suite)
      const seed = new Uint8Array(32).fill(9)
      const message = new TextEncoder().encode('peerwright')
      for (const [maker, one] of backends) {
        const key = one.fromSeed(seed)
        const signature = key.sign(message)
        assert.deepEqual([key.publicKey.length, signature.length], [ML_DSA[suite].publicKeyBytes, ML_DSA[suite].signatureBytes])
        for (const [judge, other] of backends) {
          assert.deepEqual(other.fromSeed(seed).publicKey, key.publicKey)
          assert.equal(other.verify(key.publicKey, message, signature), true, `${maker} ${judge}`)
          assert.equal(other.verify(key.publicKey, message.with(0, 0), signature), false, `${maker} ${judge}`)
          assert.equal(other.verify(key.publicKey, message, signature.with(100, (signature[100] ?? 0) ^ 1)), false, `${maker} ${judge}`)
          assert.equal(other.verify(key.publicKey, message, signature.subarray(1)), false)
          assert.equal(other.verify(new Uint8Array(0), message, signature), false)
        }
      }
    })
  }

  it('never do worse than refuse what is random (1,000 keys, ciphertexts and signatures on each)', async () => {
    const bytes = fc.uint8Array({ maxLength: 40 })
    for (const [backend, kem] of await kemBackends()) {
      const pair = kem.generate()
      fc.assert(fc.property(bytes, start => {
        const key = new Uint8Array(ML_KEM_768.publicKeyBytes).fill(0xff)
        key.set(start)
        assert.throws(() => kem.encapsulate(key), isFault('bad-kem-key'))
        assert.throws(() => kem.encapsulate(start), isFault('bad-kem-key'))
        assert.throws(() => pair.decapsulate(start), isFault('bad-ciphertext'))
        const ciphertext = new Uint8Array(ML_KEM_768.ciphertextBytes)
        ciphertext.set(start)
        assert.equal(pair.decapsulate(ciphertext).length, ML_KEM_768.sharedSecretBytes)
      }), { numRuns: backend === 'portable' ? 100 : 1_000 })
    }
    for (const [backend, dsa] of await dsaBackends('ML-DSA-65')) {
      const { publicKey } = dsa.fromSeed(new Uint8Array(32))
      fc.assert(fc.property(bytes, fc.boolean(), (start, whole) => {
        const signature = new Uint8Array(whole ? ML_DSA['ML-DSA-65'].signatureBytes : start.length)
        signature.set(start)
        assert.equal(dsa.verify(publicKey, start, signature), false)
      }), { numRuns: backend === 'portable' ? 100 : 1_000 })
    }
  })

  it('QN-19 + are chosen by what is there, those that verify below 1 ms first (bench:identity), and said by name', async () => {
    const { kemBackend, signatureBackend } = await loadPostQuantum()
    assert.ok(kemBackend === 'native' || kemBackend === 'wasm')
    assert.equal(signatureBackend, 'wasm')
    assert.equal((await loadPostQuantum({ kem: ['portable'] })).kemBackend, 'portable')
    await assert.rejects(loadPostQuantum({ kem: [] }), isOperation('no-backend'))
    await assert.rejects(loadPostQuantum({ suite: 'ML-DSA-99' as 'ML-DSA-65' }), isOperation('invalid-option'))
  })

  it('QN-19 - do not sign in plain JavaScript, which is above 1 ms, unless it is allowed, and say what helps', async () => {
    const slow = await loadPostQuantum({ signatures: ['portable'] })
    assert.equal(slow.signatures, undefined)
    assert.throws(() => requireSignatures(slow), (error: unknown) => isOperation('slow-signatures')(error) && /allowSlowSignatures/.test(String(error)))
    assert.equal(requireSignatures(await loadPostQuantum({ signatures: ['portable'], allowSlowSignatures: true })).suite, 'ML-DSA-65')
  })

  it('take seeds of the right length only', async () => {
    for (const [, kem] of await kemBackends()) {
      assert.throws(() => kem.fromSeed(new Uint8Array(63)), isOperation('invalid-option'))
    }
    for (const [, dsa] of await dsaBackends('ML-DSA-44')) {
      assert.throws(() => dsa.fromSeed(new Uint8Array(33)), isOperation('invalid-option'))
    }
  })
})
