import { createMLDSA44, createMLDSA65, createMLDSA87, createMLKEM768 } from '@oqs/liboqs-js'
import { type DsaSuite, lengthsFit, type MlDsa } from './ml-dsa.ts'
import { checkCiphertext, checkKemKey, type KemKeyPair, type MlKem } from './ml-kem.ts'
import { expand, expandKem } from './portable.ts'

const FACTORIES = { 'ML-DSA-44': createMLDSA44, 'ML-DSA-65': createMLDSA65, 'ML-DSA-87': createMLDSA87 } as const

/** ML-KEM-768 of liboqs, compiled to WebAssembly. */
export async function wasmKem (): Promise<MlKem> {
  const kem = await createMLKEM768()
  const pair = ({ publicKey, secretKey }: { readonly publicKey: Uint8Array, readonly secretKey: Uint8Array }): KemKeyPair => ({
    publicKey,
    decapsulate: ciphertext => {
      checkCiphertext(ciphertext)
      return kem.decapsulate(plain(ciphertext), secretKey)
    }
  })
  return {
    generate: () => pair(kem.generateKeyPair()),
    fromSeed: seed => pair(expandKem(seed)),
    encapsulate: publicKey => {
      checkKemKey(publicKey)
      const { ciphertext, sharedSecret } = kem.encapsulate(plain(publicKey))
      return { ciphertext, sharedSecret }
    }
  }
}

/** ML-DSA of liboqs, compiled to WebAssembly: faster than Node's own at signing (PQ-NOISE 7). */
export async function wasmDsa (suite: DsaSuite): Promise<MlDsa> {
  const dsa = await FACTORIES[suite]()
  return {
    suite,
    fromSeed: seed => {
      // It makes keys from its own randomness only
      const { publicKey, secretKey } = expand(suite, seed)
      return { publicKey, sign: message => dsa.sign(plain(message), secretKey) }
    },
    verify: (publicKey, message, signature) => lengthsFit(suite, publicKey, signature) && dsa.verify(plain(message), plain(signature), plain(publicKey))
  }
}

/** It takes no subclass of Uint8Array, such as Buffer. */
function plain (bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
