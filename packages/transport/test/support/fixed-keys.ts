import { createPrivateKey, createPublicKey } from 'node:crypto'
import { ml_kem768 as mlKem768 } from '@noble/post-quantum/ml-kem.js'
import type { MlKem } from '@peerwright/crypto'
import type { DhKeyPair } from '../../src/noise/x25519.ts'

/** The X25519 pair of a private key of 32 bytes. */
export function dhKeyPairFrom (bytes: Uint8Array): DhKeyPair {
  // What stands before the key in DER: RFC 8410, 7
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), bytes])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32) }
}

/** A KEM whose ciphertexts are those of `message`, the 32 bytes that a responder draws. */
export function fixedKem (kem: MlKem, message: Uint8Array): MlKem {
  return {
    ...kem,
    encapsulate (publicKey) {
      const { cipherText, sharedSecret } = mlKem768.encapsulate(publicKey, message)
      return { ciphertext: cipherText, sharedSecret }
    }
  }
}
