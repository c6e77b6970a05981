import { createHash, createHmac } from 'node:crypto'
import { CipherState } from './cipher-state.ts'

const EMPTY = new Uint8Array()

/** Bytes of SHA-256 and of a ChaCha20-Poly1305 key. */
const HASH_BYTES = 32

function hmac (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key)
  for (const part of parts) {
    mac.update(part)
  }
  return mac.digest()
}

/** HKDF of Noise with two outputs. Source: Noise rev 34, 4.3. */
function hkdf (chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const temporary = hmac(chainingKey, input)
  const first = hmac(temporary, Uint8Array.of(1))
  return [first, hmac(temporary, first, Uint8Array.of(2))]
}

/** SymmetricState of Noise (rev 34, 5.2) with SHA-256. */
export class SymmetricState {
  #hash: Uint8Array
  #chainingKey: Uint8Array
  #cipher: CipherState | undefined

  /** `name` is the protocol's whole name; a short one is padded, a long one hashed. */
  constructor (name: string) {
    const bytes = Buffer.from(name, 'ascii')
    this.#hash = bytes.length <= HASH_BYTES
      ? Buffer.concat([bytes, Buffer.alloc(HASH_BYTES - bytes.length)])
      : createHash('sha256').update(bytes).digest()
    this.#chainingKey = this.#hash
  }

  /** The hash of everything said so far. */
  get hash (): Uint8Array {
    return this.#hash
  }

  mixHash (data: Uint8Array): void {
    this.#hash = createHash('sha256').update(this.#hash).update(data).digest()
  }

  mixKey (input: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#chainingKey, input)
    this.#chainingKey = chainingKey
    this.#cipher = new CipherState(key)
  }

  /** In clear as long as no key was mixed in. */
  encryptAndHash (plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher?.encrypt(plaintext, this.#hash) ?? plaintext
    this.mixHash(ciphertext)
    return ciphertext
  }

  /** @throws PeerFault `bad-record` */
  decryptAndHash (ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#cipher?.decrypt(ciphertext, this.#hash) ?? ciphertext
    this.mixHash(ciphertext)
    return plaintext
  }

  /** The keys of the channel: initiator to responder, and back. */
  split (): [Uint8Array, Uint8Array] {
    return hkdf(this.#chainingKey, EMPTY)
  }
}
