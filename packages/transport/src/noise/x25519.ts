import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { PeerFault } from '@peerwright/core'
import { join } from './join.ts'

/** Bytes of an X25519 key. Source: RFC 7748, 5. */
export const DH_BYTES = 32

/** What stands before the 32 bytes of a public key in DER. Source: RFC 8410, 4. */
const PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex')

/** A pair of X25519 keys, imported once. */
export interface DhKeyPair {
  readonly publicKey: Uint8Array
  readonly privateKey: KeyObject
}

function rawPublic (key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_PREFIX.length)
}

/** A fresh pair. */
export function dhKeyPair (): DhKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  return { privateKey, publicKey: rawPublic(publicKey) }
}

/**
 * The other side's 32 bytes as a key; imported once for all that is computed with it.
 */
export function dhPublicKey (bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: join(PUBLIC_PREFIX, bytes), format: 'der', type: 'spki' })
}

/**
 * The shared secret.
 *
 * @throws PeerFault `weak-key` for a key of low order, which would make the secret known to everybody
 */
export function dh (own: DhKeyPair, theirs: KeyObject): Uint8Array {
  try {
    return diffieHellman({ privateKey: own.privateKey, publicKey: theirs })
  } catch (cause) {
    throw new PeerFault('weak-key', 'an X25519 key is of low order', { cause })
  }
}
