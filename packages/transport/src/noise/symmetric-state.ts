import { hash } from 'node:crypto'
import { PeerFault } from '@peerwright/core'
import { CipherState } from './cipher-state.ts'
import { join } from './join.ts'
import type { NoiseHash, NoiseSuite } from './suite.ts'

const EMPTY = new Uint8Array()

/** Bytes of SHA-256 and BLAKE2s, and of a key. */
const HASH_BYTES = 32

/** Bytes of a block of SHA-256 and of BLAKE2s. Sources: FIPS 180-4, 1; RFC 7693, 2.1. */
const BLOCK_BYTES = 64

/**
 * HMAC (RFC 2104) for keys of 32 bytes. Not Node's: that makes a key object of the bytes first, which costs ten times the hashing of
 * so little, and a handshake has 15 of them (measured: 5 % of a dial).
 */
function hmac (algorithm: NoiseHash, key: Uint8Array, message: Uint8Array): Uint8Array {
  const inner = Buffer.alloc(BLOCK_BYTES + message.length, 0x36)
  const outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES, 0x5c)
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36
    outer[at] = byte ^ 0x5c
  }
  inner.set(message, BLOCK_BYTES)
  outer.set(hash(algorithm, inner, 'buffer'), BLOCK_BYTES)
  const digest = hash(algorithm, outer, 'buffer')
  inner.fill(0)
  outer.fill(0)
  return digest
}

/** HKDF of Noise with two outputs. Source: Noise rev 34, 4.3. */
function hkdf (algorithm: NoiseHash, chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const temporary = hmac(algorithm, chainingKey, input)
  const first = hmac(algorithm, temporary, Uint8Array.of(1))
  const second = hmac(algorithm, temporary, join(first, Uint8Array.of(2)))
  temporary.fill(0)
  return [first, second]
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
      ? join(bytes, Buffer.alloc(HASH_BYTES - bytes.length))
      : hash(suite.hash, bytes, 'buffer')
    // A copy: the chaining key is wiped when it changes, the hash is not
    this.#chainingKey = Uint8Array.from(this.#hash)
  }

  /** The hash of everything said so far. */
  get hash (): Uint8Array {
    return this.#hash
  }

  mixHash (data: Uint8Array): void {
    this.#hash = hash(this.#suite.hash, join(this.#hash, data), 'buffer')
  }

  /** Takes a secret in; it is the caller's to wipe. */
  mixKey (input: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#suite.hash, this.#chainingKey, input)
    this.#chainingKey.fill(0)
    this.#chainingKey = chainingKey
    this.#cipher = new CipherState(key, this.#suite.cipher)
    key.fill(0)
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
