import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { blake2s } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { CLASSICAL_BLAKE2S, HYBRID, type NoiseSuite } from '../../src/noise/suite.ts'
import { SymmetricState } from '../../src/noise/symmetric-state.ts'

/** The symmetric half of Noise once more, in noble's hashes and by the letter of rev 34, 5.2. */
function reference (suite: NoiseSuite, secrets: readonly Uint8Array[], plaintext: Uint8Array): { ciphertexts: string[], hash: string, keys: string[] } {
  const hash = suite.hash === 'sha256' ? sha256 : blake2s
  const concat = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))
  const hkdf = (ck: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] => {
    const temporary = hmac(hash, ck, input)
    const first = hmac(hash, temporary, Uint8Array.of(1))
    return [first, hmac(hash, temporary, concat(first, Uint8Array.of(2)))]
  }
  const name = Buffer.from(suite.name)
  let h = name.length <= 32 ? concat(name, Buffer.alloc(32 - name.length)) : hash(Uint8Array.from(name))
  let ck = h
  const ciphertexts = secrets.map(secret => {
    const [next, key] = hkdf(ck, secret)
    ck = next
    const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 })
    cipher.setAAD(h, { plaintextLength: plaintext.length })
    const sealed = concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
    h = hash(concat(h, sealed))
    return Buffer.from(sealed).toString('hex')
  })
  return { ciphertexts, hash: Buffer.from(h).toString('hex'), keys: hkdf(ck, new Uint8Array()).map(key => Buffer.from(key).toString('hex')) }
}

describe('the key schedule against another implementation', () => {
  for (const suite of [CLASSICAL_BLAKE2S, HYBRID]) {
    it(`QC-08 + ${suite.name}: hashes, messages and keys are the same as with noble's ${suite.hash}`, () => {
      const secrets = [1, 2, 3].map(byte => new Uint8Array(32).fill(byte))
      const plaintext = Uint8Array.from(Buffer.from('what is said'))
      const state = new SymmetricState(suite)
      const ciphertexts = secrets.map(secret => {
        state.mixKey(secret)
        return Buffer.from(state.encryptAndHash(plaintext)).toString('hex')
      })
      assert.deepEqual({ ciphertexts, hash: Buffer.from(state.hash).toString('hex'), keys: state.split().map(key => Buffer.from(key).toString('hex')) },
        reference(suite, secrets, plaintext))
    })
  }
})
