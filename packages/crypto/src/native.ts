import * as nodeCrypto from 'node:crypto'
import { checkSeed, DSA_SEED_BYTES, type DsaSuite, lengthsFit, type MlDsa } from './ml-dsa.ts'
import { checkCiphertext, checkKemKey, type KemKeyPair, ML_KEM_768, type MlKem } from './ml-kem.ts'

/** What Node has since 24 and its types do not all know: keys as raw bytes, and key encapsulation. */
interface PostQuantumCrypto {
  encapsulate (key: nodeCrypto.KeyObject): { readonly sharedKey: Uint8Array, readonly ciphertext: Uint8Array }
  decapsulate (key: nodeCrypto.KeyObject, ciphertext: Uint8Array): Uint8Array
  generateKeyPairSync (type: string): { readonly publicKey: nodeCrypto.KeyObject, readonly privateKey: nodeCrypto.KeyObject }
  createPublicKey (key: nodeCrypto.KeyObject | RawKey): nodeCrypto.KeyObject
  createPrivateKey (key: RawKey): nodeCrypto.KeyObject
}

interface RawKey {
  readonly key: Uint8Array
  readonly format: 'raw-public' | 'raw-seed'
  readonly asymmetricKeyType: string
}

const { encapsulate, decapsulate, generateKeyPairSync, createPublicKey, createPrivateKey } = nodeCrypto as unknown as PostQuantumCrypto

const KEM = 'ml-kem-768'

/** ML-KEM-768 of OpenSSL. */
export const nativeKem: MlKem = {
  generate: () => pair(generateKeyPairSync(KEM).privateKey),
  fromSeed: seed => {
    checkSeed(seed, ML_KEM_768.seedBytes)
    return pair(createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType: KEM }))
  },
  encapsulate: publicKey => {
    checkKemKey(publicKey)
    const { ciphertext, sharedKey } = encapsulate(createPublicKey({ key: publicKey, format: 'raw-public', asymmetricKeyType: KEM }))
    return { ciphertext: new Uint8Array(ciphertext), sharedSecret: new Uint8Array(sharedKey) }
  }
}

function pair (privateKey: nodeCrypto.KeyObject): KemKeyPair {
  return {
    publicKey: rawPublic(privateKey),
    decapsulate: ciphertext => {
      checkCiphertext(ciphertext)
      return new Uint8Array(decapsulate(privateKey, ciphertext))
    }
  }
}

/** ML-DSA of OpenSSL. */
export function nativeDsa (suite: DsaSuite): MlDsa {
  const asymmetricKeyType = suite.toLowerCase()
  return {
    suite,
    fromSeed: seed => {
      checkSeed(seed, DSA_SEED_BYTES)
      const key = createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType })
      return { publicKey: rawPublic(key), sign: message => new Uint8Array(nodeCrypto.sign(null, message, key)) }
    },
    verify: (publicKey, message, signature) => lengthsFit(suite, publicKey, signature) &&
      nodeCrypto.verify(null, message, createPublicKey({ key: publicKey, format: 'raw-public', asymmetricKeyType }), signature)
  }
}

function rawPublic (privateKey: nodeCrypto.KeyObject): Uint8Array {
  const raw = createPublicKey(privateKey) as unknown as { export (options: { readonly format: 'raw-public' }): Uint8Array }
  return new Uint8Array(raw.export({ format: 'raw-public' }))
}
