import { PeerFault } from '@peerwright/core'

/** Sizes of ML-KEM-768, in bytes (FIPS 203, table 3). */
export const ML_KEM_768 = { seedBytes: 64, publicKeyBytes: 1_184, ciphertextBytes: 1_088, sharedSecretBytes: 32 } as const

/** A key pair whose secret half stays inside. */
export interface KemKeyPair {
  /** 1,184 bytes */
  readonly publicKey: Uint8Array
  /**
   * The shared secret of 32 bytes. A ciphertext that was made for another key gives another secret, not an error (FIPS 203, 6.3).
   *
   * @throws PeerFault `bad-ciphertext` for one of the wrong length
   */
  decapsulate(ciphertext: Uint8Array): Uint8Array
}

/** What is sent to the holder of a key, and what both then know. */
export interface Encapsulation {
  /** 1,088 bytes */
  readonly ciphertext: Uint8Array
  /** 32 bytes */
  readonly sharedSecret: Uint8Array
}

/** ML-KEM-768 (FIPS 203). */
export interface MlKem {
  /** A fresh key pair */
  generate(): KemKeyPair
  /** The key pair of a seed of 64 bytes, d and z one after the other: for vectors */
  fromSeed(seed: Uint8Array): KemKeyPair
  /** @throws PeerFault `bad-kem-key` for a key of the wrong length or with a coefficient that is not reduced (FIPS 203, 7.2) */
  encapsulate(publicKey: Uint8Array): Encapsulation
}

/** Polynomials of an encapsulation key: k = 3 of 256 coefficients, each of 12 bits, then a seed of 32 bytes (FIPS 203, 4.2.1). */
const COEFFICIENT_BYTES = 3 * 384

/** The modulus q (FIPS 203, 2.4). */
const Q = 3_329

/**
 * Checks an encapsulation key from outside before any backend sees it: one of them takes longer keys, another unreduced ones.
 *
 * @throws PeerFault `bad-kem-key`
 */
export function checkKemKey (publicKey: Uint8Array): void {
  if (publicKey.length !== ML_KEM_768.publicKeyBytes) {
    throw new PeerFault('bad-kem-key', `an ML-KEM-768 key has ${ML_KEM_768.publicKeyBytes} bytes, not ${publicKey.length}`)
  }
  for (let at = 0; at < COEFFICIENT_BYTES; at += 3) {
    const [low = 0, middle = 0, high = 0] = [publicKey[at], publicKey[at + 1], publicKey[at + 2]]
    if ((low | ((middle & 0x0f) << 8)) >= Q || ((middle >> 4) | (high << 4)) >= Q) {
      throw new PeerFault('bad-kem-key', 'an ML-KEM-768 key has a coefficient that is not reduced')
    }
  }
}

/** @throws PeerFault `bad-ciphertext` */
export function checkCiphertext (ciphertext: Uint8Array): void {
  if (ciphertext.length !== ML_KEM_768.ciphertextBytes) {
    throw new PeerFault('bad-ciphertext', `an ML-KEM-768 ciphertext has ${ML_KEM_768.ciphertextBytes} bytes, not ${ciphertext.length}`)
  }
}
