import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { checkSeed, DSA_SEED_BYTES, type DsaSuite, lengthsFit, type MlDsa } from './ml-dsa.ts'
import { checkCiphertext, checkKemKey, type KemKeyPair, ML_KEM_768, type MlKem } from './ml-kem.ts'

const SCHEMES = { 'ML-DSA-44': ml_dsa44, 'ML-DSA-65': ml_dsa65, 'ML-DSA-87': ml_dsa87 } as const

/** ML-KEM-768 in plain JavaScript: everywhere, and slow. */
export const portableKem: MlKem = {
  generate: () => pair(),
  fromSeed: seed => {
    checkSeed(seed, ML_KEM_768.seedBytes)
    return pair(seed)
  },
  encapsulate: publicKey => {
    checkKemKey(publicKey)
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey)
    return { ciphertext: cipherText, sharedSecret }
  }
}

function pair (seed?: Uint8Array): KemKeyPair {
  const { publicKey, secretKey } = ml_kem768.keygen(seed)
  return {
    publicKey,
    decapsulate: ciphertext => {
      checkCiphertext(ciphertext)
      return ml_kem768.decapsulate(ciphertext, secretKey)
    }
  }
}

/** ML-DSA in plain JavaScript: 7 to 8 ms for a signature (PQ-NOISE 7). */
export function portableDsa (suite: DsaSuite): MlDsa {
  const scheme = SCHEMES[suite]
  return {
    suite,
    fromSeed: seed => {
      const { publicKey, secretKey } = expand(suite, seed)
      return { publicKey, sign: message => scheme.sign(message, secretKey) }
    },
    verify: (publicKey, message, signature) => lengthsFit(suite, publicKey, signature) && scheme.verify(signature, message, publicKey)
  }
}

/** Both halves of the key of a seed, for a backend that cannot make them from one. */
export function expand (suite: DsaSuite, seed: Uint8Array): { readonly publicKey: Uint8Array, readonly secretKey: Uint8Array } {
  checkSeed(seed, DSA_SEED_BYTES)
  return SCHEMES[suite].keygen(seed)
}

/** The secret half of an ML-KEM-768 key as FIPS 203 writes it, for a backend that cannot make it from a seed. */
export function expandKem (seed: Uint8Array): { readonly publicKey: Uint8Array, readonly secretKey: Uint8Array } {
  checkSeed(seed, ML_KEM_768.seedBytes)
  return ml_kem768.keygen(seed)
}
