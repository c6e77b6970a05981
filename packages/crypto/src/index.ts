/**
 * @packageDocumentation
 *
 * With which primitives? ML-KEM-768 (FIPS 203) and ML-DSA (FIPS 204) behind one small interface each, from the best backend that is
 * there: OpenSSL in Node, liboqs in WebAssembly, or plain JavaScript. What comes from outside is checked for its form before any
 * backend sees it, so that all of them take and refuse the same.
 *
 * @example
 *
 * ```ts
 * import { loadPostQuantum } from '@peerwright/crypto'
 *
 * const { kem, kemBackend } = await loadPostQuantum()
 * const pair = kem.generate()
 * const { ciphertext, sharedSecret } = kem.encapsulate(pair.publicKey)
 * console.info(kemBackend, sharedSecret.length, pair.decapsulate(ciphertext).length)
 * ```
 */
export { type Backend, type CryptoOptions, loadPostQuantum, type PostQuantum, requireSignatures } from './backends.ts'
export { DSA_SEED_BYTES, type DsaKey, type DsaSuite, ML_DSA, type MlDsa } from './ml-dsa.ts'
export { type Encapsulation, type KemKeyPair, ML_KEM_768, type MlKem } from './ml-kem.ts'
