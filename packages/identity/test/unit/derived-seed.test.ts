import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { deriveSeed, loadSuites, SUITES } from '../../src/index.ts'
import { isOperation, keyOf } from '../support/peers.ts'

describe('the ML-DSA seed of an Ed25519 identity', () => {
  it('QN-21 + is another one for each identity, suite and epoch, and always the same', async () => {
    const [a, b] = [await keyOf(1), await keyOf(2)]
    const seeds = [a, b].flatMap(key => SUITES.flatMap(suite => [0, 1, 0x100, 0xffff_ffff].map(epoch => Buffer.from(deriveSeed(key, suite, epoch)).toString('hex'))))
    assert.equal(new Set(seeds).size, 24)
    assert.deepEqual(deriveSeed(a, 'ml-dsa-65', 7), deriveSeed(a, 'ml-dsa-65', 7))
    assert.equal(deriveSeed(a, 'ml-dsa-65', 7).length, 32)
  })

  for (const type of ['secp256k1', 'ECDSA', 'RSA'] as const) {
    it(`QN-21 - is not taken from a key of type ${type}`, async () => {
      const key = await generateKeyPair(type as 'RSA')
      assert.throws(() => deriveSeed(key, 'ml-dsa-65', 0), isOperation('no-seed'))
    })
  }

  it('QN-21 - is not taken from an expanded key, or one with bytes more or less', async () => {
    const { raw } = await keyOf(1)
    const scalar = createHash('sha512').update(raw.subarray(0, 32)).digest()
    for (const expanded of [scalar, Buffer.concat([scalar.subarray(0, 32), raw.subarray(32)]), Buffer.concat([scalar, raw.subarray(32)]), raw.subarray(0, 32), raw.subarray(1)]) {
      assert.throws(() => deriveSeed({ type: 'Ed25519', raw: expanded }, 'ml-dsa-65', 0), isOperation('no-seed'))
    }
  })

  it('refuses an epoch that is no number of 32 bits', async () => {
    const key = await keyOf(1)
    for (const epoch of [-1, 0.5, 2 ** 32, Number.NaN]) {
      assert.throws(() => deriveSeed(key, 'ml-dsa-65', epoch), isOperation('invalid-option'))
    }
  })
})

describe('suites', () => {
  it('QN-21 + are loaded in the order asked for', async () => {
    assert.deepEqual([...(await loadSuites(['ml-dsa-87', 'ml-dsa-44'])).keys()], ['ml-dsa-87', 'ml-dsa-44'])
    assert.deepEqual([...(await loadSuites()).keys()], SUITES)
  })

  it('QN-21 - that there are not, are named twice, or are none, are refused', async () => {
    for (const wrong of [[], ['ml-dsa-65', 'ml-dsa-65'], ['ml-dsa-66'], ['toString']]) {
      await assert.rejects(loadSuites(wrong as never), isOperation('invalid-option'))
    }
    await assert.rejects(loadSuites(['ml-dsa-65'], { signatures: ['portable'] }), isOperation('slow-signatures'))
  })
})
