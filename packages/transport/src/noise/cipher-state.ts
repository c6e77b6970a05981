import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { OperationError, PeerFault, release } from '@peerwright/core'
import type { NoiseCipher } from './suite.ts'

/** Bytes of a tag. Sources: RFC 8439, 2.8; NIST SP 800-38D, 5.2.1.2. */
export const TAG_BYTES = 16

/** Bytes of a key. Source: Noise rev 34, 4.2. */
const KEY_BYTES = 32

/** 12 bytes: four zero ones, then the counter. Source: Noise rev 34, 12.3 and 12.4. */
const NONCE_BYTES = 12

/** 2^32: where the low half of the counter carries over. */
const CARRY = 0x1_0000_0000

/**
 * Records under one key of AES-256-GCM. derived: 2^22 records of at most 2^16 bytes are 2^34 blocks of 16 bytes, which an attacker
 * tells from noise with a chance of 2^-60 (NIST SP 800-38D, appendix B: blocks squared over 2^128). ChaCha20-Poly1305 needs no new key.
 */
const REKEY_RECORDS = 0x40_0000

/** Where a cipher begins: tests begin elsewhere than at the front. */
export interface CipherOptions {
  /** @default 0n */
  readonly nonce?: bigint
  /** Records under one key; 0 for all. @default by the cipher */
  readonly rekeyRecords?: number
}

/** A message under decryption. What it gives is nobody's to see until `finish` has returned. */
export interface Opening {
  /** The plaintext of these bytes */
  update(piece: Uint8Array): Uint8Array
  /** Compares the tag. @throws PeerFault `bad-record` */
  finish(tag: Uint8Array): void
}

/**
 * CipherState of Noise (rev 34, 5.1). The key is kept as a key object: handing bytes to Node costs more than the cipher itself on
 * small records. The counter has 64 bits; its last value is never used for a record.
 */
export class CipherState {
  readonly #cipher: NoiseCipher
  readonly #littleEndian: boolean
  readonly #rekeyRecords: number
  readonly #nonce = Buffer.alloc(NONCE_BYTES)
  #key: KeyObject
  #low: number
  #high: number

  constructor (key: Uint8Array, cipher: NoiseCipher = 'chacha20-poly1305', { nonce = 0n, rekeyRecords }: CipherOptions = {}) {
    this.#key = createSecretKey(key)
    this.#cipher = cipher
    this.#littleEndian = cipher === 'chacha20-poly1305'
    this.#rekeyRecords = rekeyRecords ?? (this.#littleEndian ? 0 : REKEY_RECORDS)
    this.#low = Number(nonce & 0xffff_ffffn)
    this.#high = Number(nonce >> 32n)
  }

  /**
   * Encrypts pieces as one message into `out`, the tag behind them; `out` holds the pieces' bytes and 16 more.
   *
   * @throws OperationError `nonces-exhausted`
   */
  encryptInto (out: Uint8Array, pieces: readonly Uint8Array[], ad?: Uint8Array): void {
    this.#seal(out, pieces, this.#next(), ad)
  }

  /** Encrypts one message into fresh bytes. */
  encrypt (plaintext: Uint8Array, ad?: Uint8Array): Uint8Array {
    const out = Buffer.allocUnsafeSlow(plaintext.length + TAG_BYTES)
    this.encryptInto(out, [plaintext], ad)
    return out
  }

  /**
   * The plaintext, once the tag has proved it.
   *
   * @throws PeerFault `bad-record` when it is too short or its tag does not hold
   * @throws OperationError `nonces-exhausted`
   */
  decrypt (ciphertext: Uint8Array, ad?: Uint8Array): Uint8Array {
    const end = ciphertext.length - TAG_BYTES
    if (end < 0) {
      throw new PeerFault('bad-record', 'an encrypted message is shorter than its tag')
    }
    const opening = this.open(ad === undefined ? undefined : { ad, bytes: end })
    const plaintext = opening.update(ciphertext.subarray(0, end))
    opening.finish(ciphertext.subarray(end))
    return plaintext
  }

  /** Begins to decrypt the next message, whose bytes come one after the other. @throws OperationError `nonces-exhausted` */
  open (associated?: { readonly ad: Uint8Array, readonly bytes: number }): Opening {
    const nonce = this.#next()
    const options = { authTagLength: TAG_BYTES }
    // Two calls that read the same: Node's types know each cipher by its literal name
    const decipher = this.#cipher === 'aes-256-gcm'
      ? createDecipheriv(this.#cipher, this.#key, nonce, options)
      : createDecipheriv(this.#cipher, this.#key, nonce, options)
    if (associated !== undefined) {
      decipher.setAAD(associated.ad, { plaintextLength: associated.bytes })
    }
    return {
      update: piece => decipher.update(piece),
      finish: tag => {
        decipher.setAuthTag(tag)
        try {
          decipher.final()
        } catch (cause) {
          throw new PeerFault('bad-record', 'the tag of an encrypted message does not hold', { cause })
        }
      }
    }
  }

  #seal (out: Uint8Array, pieces: readonly Uint8Array[], nonce: Uint8Array, ad?: Uint8Array): void {
    const options = { authTagLength: TAG_BYTES }
    const cipher = this.#cipher === 'aes-256-gcm'
      ? createCipheriv(this.#cipher, this.#key, nonce, options)
      : createCipheriv(this.#cipher, this.#key, nonce, options)
    if (ad !== undefined) {
      cipher.setAAD(ad, { plaintextLength: out.length - TAG_BYTES })
    }
    let offset = 0
    for (const piece of pieces) {
      const sealed = cipher.update(piece)
      out.set(sealed, offset)
      release(sealed)
      offset += piece.length
    }
    cipher.final()
    out.set(cipher.getAuthTag(), offset)
  }

  /** The nonce of the next record, after the key was changed if it is time. */
  #next (): Uint8Array {
    if (this.#low === CARRY - 1 && this.#high === CARRY - 1) {
      throw new OperationError('nonces-exhausted', 'every nonce of this key is used up')
    }
    if (this.#rekeyRecords > 0 && this.#low % this.#rekeyRecords === 0 && (this.#low > 0 || this.#high > 0)) {
      this.#rekey()
    }
    this.#setNonce(this.#low, this.#high)
    this.#low++
    if (this.#low === CARRY) {
      this.#low = 0
      this.#high++
    }
    return this.#nonce
  }

  /** REKEY of Noise (rev 34, 4.2): the new key is what the old one makes of zeros under the nonce that no record uses. */
  #rekey (): void {
    const out = Buffer.alloc(KEY_BYTES + TAG_BYTES)
    this.#setNonce(CARRY - 1, CARRY - 1)
    this.#seal(out, [new Uint8Array(KEY_BYTES)], this.#nonce)
    this.#key = createSecretKey(out.subarray(0, KEY_BYTES))
    out.fill(0)
  }

  #setNonce (low: number, high: number): void {
    if (this.#littleEndian) {
      this.#nonce.writeUInt32LE(low, 4)
      this.#nonce.writeUInt32LE(high, 8)
    } else {
      this.#nonce.writeUInt32BE(high, 4)
      this.#nonce.writeUInt32BE(low, 8)
    }
  }
}
