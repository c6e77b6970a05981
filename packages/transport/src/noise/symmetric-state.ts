import { createHash, createHmac } from 'node:crypto'
import { PeerFault } from '@peerwright/core'
import { CipherState } from './cipher-state.ts'
import type { NoiseHash, NoiseSuite } from './suite.ts'

const EMPTY = new Uint8Array()

/** Bytes of SHA-256 and BLAKE2s, and of a key. */
const HASH_BYTES = 32

function hmac (hash: NoiseHash, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(hash, key)
  for (const part of parts) {
    mac.update(part)
  }
  return mac.digest()
}

/** HKDF of Noise with two outputs. Source: Noise rev 34, 4.3. */
function hkdf (hash: NoiseHash, chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const temporary = hmac(hash, chainingKey, input)
  const first = hmac(hash, temporary, Uint8Array.of(1))
  return [first, hmac(hash, temporary, first, Uint8Array.of(2))]
}

/** SymmetricState of Noise (rev 34, 5.2). */
export class SymmetricState {
  readonly #suite: NoiseSuite
  #hash: Uint8Array
  #chainingKey: Uint8Array
  #cipher: CipherState | undefined

  /** A short name is padded, a long one hashed. */
  constructor (suite: NoiseSuite) {
    this.#suite = suite
    const bytes = Buffer.from(suite.name, 'ascii')
    this.#hash = bytes.length <= HASH_BYTES
      ? Buffer.concat([bytes, Buffer.alloc(HASH_BYTES - bytes.length)])
      : createHash(suite.hash).update(bytes).digest()
    this.#chainingKey = this.#hash
  }

  /** The hash of everything said so far. */
  get hash (): Uint8Array {
    return this.#hash
  }

  mixHash (data: Uint8Array): void {
    this.#hash = createHash(this.#suite.hash).update(this.#hash).update(data).digest()
  }

  mixKey (input: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#suite.hash, this.#chainingKey, input)
    this.#chainingKey = chainingKey
    this.#cipher = new CipherState(key, this.#suite.cipher)
  }

  /** In clear as long as no key was mixed in. */
  encryptAndHash (plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher?.encrypt(plaintext, this.#hash) ?? plaintext
    this.mixHash(ciphertext)
    return ciphertext
  }

  /** @throws PeerFault `handshake-authentication` when it was made under other keys, or after other words */
  decryptAndHash (ciphertext: Uint8Array): Uint8Array {
    let plaintext: Uint8Array
    try {
      plaintext = this.#cipher?.decrypt(ciphertext, this.#hash) ?? ciphertext
    } catch (cause) {
      throw new PeerFault('handshake-authentication', 'a handshake message does not belong to this handshake', { cause })
    }
    this.mixHash(ciphertext)
    return plaintext
  }

  /** The keys of the channel: initiator to responder, and back. */
  split (): [Uint8Array, Uint8Array] {
    return hkdf(this.#suite.hash, this.#chainingKey, EMPTY)
  }
}
