import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { CipherState, TAG_BYTES } from '../../src/noise/cipher-state.ts'
import type { NoiseCipher } from '../../src/noise/suite.ts'

const KEY = Buffer.alloc(32, 9)
const ZEROS = Buffer.alloc(32)
const REKEY_RECORDS = 2 ** 22
const CIPHERS: readonly NoiseCipher[] = ['chacha20-poly1305', 'aes-256-gcm']

/** What Noise says: four zero bytes and the counter, little-endian for ChaChaPoly and big-endian for AESGCM (rev 34, 12.3 and 12.4). */
function reference (cipher: NoiseCipher, key: Uint8Array, nonce: bigint, plaintext: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12)
  const little = cipher === 'chacha20-poly1305'
  const writer = little ? bytes.writeBigUInt64LE.bind(bytes) : bytes.writeBigUInt64BE.bind(bytes)
  writer(nonce, 4)
  const made = createCipheriv(cipher as 'aes-256-gcm', key, bytes, { authTagLength: TAG_BYTES })
  return Buffer.concat([made.update(plaintext), made.final(), made.getAuthTag()])
}

describe('the cipher of a channel', () => {
  for (const cipher of CIPHERS) {
    it(`QC-08 + ${cipher}: counts its records as Noise says, past 2^32 too`, () => {
      for (const nonce of [0n, 1n, 255n, 256n, 0xffff_ffffn, 0x1_0000_0000n, 0xffff_ffff_ffff_fffen]) {
        const state = new CipherState(KEY, cipher, { nonce, rekeyRecords: 0 })
        assert.deepEqual(state.encrypt(ZEROS), reference(cipher, KEY, nonce, ZEROS))
      }
    })

    it(`QC-08 - ${cipher}: stops before the last nonce, and refuses what was changed, is too short, or comes twice`, () => {
      const at = (nonce: bigint): CipherState => new CipherState(KEY, cipher, { nonce, rekeyRecords: 0 })
      const last = at(0xffff_ffff_ffff_fffen)
      last.encrypt(ZEROS)
      assert.throws(() => last.encrypt(ZEROS), { name: 'OperationError', code: 'nonces-exhausted' })
      const record = at(0n).encrypt(ZEROS)
      const receive = at(0n)
      assert.deepEqual(receive.decrypt(record), ZEROS)
      assert.throws(() => receive.decrypt(record), { name: 'PeerFault', code: 'bad-record' })
      for (let byte = 0; byte < record.length; byte++) {
        const changed = Buffer.from(record)
        changed[byte] = (changed[byte] ?? 0) ^ 1
        assert.throws(() => at(0n).decrypt(changed), { code: 'bad-record' })
      }
      assert.throws(() => at(0n).decrypt(record.subarray(0, TAG_BYTES - 1)), { code: 'bad-record' })
    })
  }

  it('QC-08 + AES-256-GCM changes its key after 2^22 records, on both sides, to what the old one makes of zeros', () => {
    const before = BigInt(REKEY_RECORDS) - 1n
    const [send, receive] = [0, 1].map(() => new CipherState(KEY, 'aes-256-gcm', { nonce: before })) as [CipherState, CipherState]
    const records = [0, 1, 2].map(() => send.encrypt(ZEROS))
    const second = reference('aes-256-gcm', KEY, 0xffff_ffff_ffff_ffffn, ZEROS).subarray(0, 32)
    assert.deepEqual(records, [
      reference('aes-256-gcm', KEY, before, ZEROS), reference('aes-256-gcm', second, before + 1n, ZEROS), reference('aes-256-gcm', second, before + 2n, ZEROS)
    ])
    for (const record of records) {
      assert.deepEqual(receive.decrypt(record), ZEROS)
    }
  })

  it('QC-08 - AES-256-GCM refuses who does not change along; ChaCha20-Poly1305 never changes', () => {
    const send = new CipherState(KEY, 'aes-256-gcm', { rekeyRecords: 3 })
    const stale = new CipherState(KEY, 'aes-256-gcm', { rekeyRecords: 4 })
    for (let record = 0; record < 3; record++) {
      stale.decrypt(send.encrypt(ZEROS))
    }
    const fourth = send.encrypt(ZEROS)
    assert.throws(() => stale.decrypt(fourth), { code: 'bad-record' })
    const chacha = new CipherState(KEY, 'chacha20-poly1305', { nonce: BigInt(REKEY_RECORDS) })
    assert.deepEqual(chacha.encrypt(ZEROS), reference('chacha20-poly1305', KEY, BigInt(REKEY_RECORDS), ZEROS))
  })
})
