import { OperationError } from '@peerwright/core'

/** The parameter sets of ML-DSA and their sizes, in bytes (FIPS 204, table 2). */
export const ML_DSA = {
  'ML-DSA-44': { publicKeyBytes: 1_312, signatureBytes: 2_420 },
  'ML-DSA-65': { publicKeyBytes: 1_952, signatureBytes: 3_309 },
  'ML-DSA-87': { publicKeyBytes: 2_592, signatureBytes: 4_627 }
} as const

/** A parameter set of ML-DSA. */
export type DsaSuite = keyof typeof ML_DSA

/** Bytes of xi, from which a key is made (FIPS 204, algorithm 6). */
export const DSA_SEED_BYTES = 32

/** A signing key whose secret half stays inside. */
export interface DsaKey {
  readonly publicKey: Uint8Array
  /** Signs a message with fresh randomness and an empty context: what a message is for stands in the message. */
  sign(message: Uint8Array): Uint8Array
}

/** ML-DSA (FIPS 204) with one of its parameter sets. */
export interface MlDsa {
  readonly suite: DsaSuite
  /** The key of a seed of 32 bytes. @throws OperationError `invalid-option` for another length */
  fromSeed(seed: Uint8Array): DsaKey
  /** Whether a signature is good. Keys and signatures of the wrong length are not, whoever sent them. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

/** @throws OperationError `invalid-option` */
export function checkSeed (seed: Uint8Array, bytes: number): void {
  if (seed.length !== bytes) {
    throw new OperationError('invalid-option', `a seed has ${bytes} bytes, not ${seed.length}`)
  }
}

/** Whether key and signature have the lengths of their suite. */
export function lengthsFit (suite: DsaSuite, publicKey: Uint8Array, signature: Uint8Array): boolean {
  return publicKey.length === ML_DSA[suite].publicKeyBytes && signature.length === ML_DSA[suite].signatureBytes
}
