import { createHash, ECDH } from 'node:crypto'
import type { PublicKey } from '@libp2p/interface'
import { OperationError } from '@peerwright/core'

/** A pin of a key: SHA-256 of its SubjectPublicKeyInfo (RFC 7469, 2.4), in base64. */
const SPKI_PIN = /^sha256\/[A-Za-z0-9+/]{43}=$/

/** SubjectPublicKeyInfo up to the key itself (RFC 8410, 4 for Ed25519; RFC 5480, 2.1.1 with SEC 2's OID for secp256k1). */
const ED25519_START = Buffer.from('302a300506032b6570032100', 'hex')
const SECP256K1_START = Buffer.from('3056301006072a8648ce3d020106052b8104000a034200', 'hex')

/** Whether a text is the pin of a key. */
export function isSpkiPin (text: string): boolean {
  return SPKI_PIN.test(text)
}

/**
 * The pin of an identity key: `sha256/` and the base64 of SHA-256 over its SubjectPublicKeyInfo in DER, as other tools make it too.
 *
 * @throws OperationError `invalid-option` for a kind of key that libp2p makes no PeerId of
 */
export function spkiPin (key: PublicKey): string {
  return `sha256/${createHash('sha256').update(subjectPublicKeyInfo(key)).digest('base64')}`
}

function subjectPublicKeyInfo (key: PublicKey): Uint8Array {
  switch (key.type) {
    case 'Ed25519':
      return Buffer.concat([ED25519_START, key.raw])
    case 'secp256k1':
      return Buffer.concat([SECP256K1_START, ECDH.convertKey(key.raw, 'secp256k1', undefined, undefined, 'uncompressed') as Buffer])
    case 'RSA':
      return key.raw
    default:
      throw new OperationError('invalid-option', `a key of type ${key.type} is no identity of libp2p, and cannot be pinned`)
  }
}
