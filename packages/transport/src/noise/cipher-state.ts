import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { OperationError, PeerFault } from '@peerwright/core'

/** Bytes of a Poly1305 tag. Source: RFC 8439, 2.8. */
export const TAG_BYTES = 16

/** The name by which Node knows the AEAD. */
const CIPHER = 'chacha20-poly1305'

/** 12 bytes: four zero ones, then the counter, little-endian. Source: Noise rev 34, 12.3. */
const NONCE_BYTES = 12

/** 2^32: where the low half of the counter carries over. */
const CARRY = 0x1_0000_0000

/**
 * CipherState of Noise (rev 34, 5.1) with ChaCha20-Poly1305. The key is kept as a key object: handing bytes to Node costs
 * more than the cipher itself on small records. The counter has 64 bits; the last value is never used.
 */
export class CipherState {
  readonly #key: KeyObject
  readonly #nonce = Buffer.alloc(NONCE_BYTES)
  #low: number
  #high: number

  /** `nonce` is where the counter starts: 0 on every channel; tests begin at its end. */
  constructor (key: Uint8Array, nonce = 0n) {
    this.#key = createSecretKey(key)
    this.#low = Number(nonce & 0xffff_ffffn)
    this.#high = Number(nonce >> 32n)
  }

  /**
   * Encrypts pieces as one message into `out`, the tag behind them; `out` holds the pieces' bytes and 16 more.
   *
   * @throws OperationError `nonces-exhausted`
   */
  encryptInto (out: Uint8Array, pieces: readonly Uint8Array[], ad?: Uint8Array): void {
    const cipher = createCipheriv(CIPHER, this.#key, this.#next(), { authTagLength: TAG_BYTES })
    if (ad !== undefined) {
      cipher.setAAD(ad, { plaintextLength: out.length - TAG_BYTES })
    }
    let offset = 0
    for (const piece of pieces) {
      out.set(cipher.update(piece), offset)
      offset += piece.length
    }
    cipher.final()
    out.set(cipher.getAuthTag(), offset)
  }

  /** Encrypts one message into fresh bytes. */
  encrypt (plaintext: Uint8Array, ad?: Uint8Array): Uint8Array {
    const out = Buffer.allocUnsafe(plaintext.length + TAG_BYTES)
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
    const decipher = createDecipheriv(CIPHER, this.#key, this.#next(), { authTagLength: TAG_BYTES })
    if (ad !== undefined) {
      decipher.setAAD(ad, { plaintextLength: end })
    }
    decipher.setAuthTag(ciphertext.subarray(end))
    const plaintext = decipher.update(ciphertext.subarray(0, end))
    try {
      decipher.final()
    } catch (cause) {
      throw new PeerFault('bad-record', 'the tag of an encrypted message does not hold', { cause })
    }
    return plaintext
  }

  #next (): Uint8Array {
    if (this.#low === CARRY - 1 && this.#high === CARRY - 1) {
      throw new OperationError('nonces-exhausted', 'every nonce of this key is used up')
    }
    this.#nonce.writeUInt32LE(this.#low, 4)
    this.#nonce.writeUInt32LE(this.#high, 8)
    this.#low++
    if (this.#low === CARRY) {
      this.#low = 0
      this.#high++
    }
    return this.#nonce
  }
}
