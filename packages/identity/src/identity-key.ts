import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey, PublicKey } from '@libp2p/interface'
import { equalBytes, PeerFault } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import { MAX_IDENTITY_KEY_BYTES } from './constants.ts'

/** The public key behind a PeerId, out of a certificate. */
export interface IdentityKey {
  readonly peerId: PeerIdText
  /** Whether a signature is this key's. Anything that is none is not */
  verify(message: Uint8Array, signature: Uint8Array): Promise<boolean>
}

/** A public key as libp2p writes it. */
export function identityKeyBytes (key: PrivateKey): Uint8Array {
  return publicKeyToProtobuf(key.publicKey)
}

/**
 * Reads a public key as libp2p writes it, in its one right form.
 *
 * @throws PeerFault `bad-identity-key`
 */
export function readIdentityKey (bytes: Uint8Array): IdentityKey {
  if (bytes.length > MAX_IDENTITY_KEY_BYTES) {
    throw badKey()
  }
  let key: PublicKey
  try {
    key = publicKeyFromProtobuf(bytes)
    if (!equalBytes(publicKeyToProtobuf(key), bytes)) {
      throw badKey()
    }
  } catch (error) {
    throw error instanceof PeerFault ? error : badKey(error)
  }
  return {
    peerId: key.toString(),
    verify: async (message, signature) => {
      try {
        return await key.verify(message, signature)
      } catch {
        // A key of libp2p throws where a signature has not even the form of one
        return false
      }
    }
  }
}

function badKey (cause?: unknown): PeerFault {
  return new PeerFault('bad-identity-key', 'a certificate holds no public key of libp2p in its one right form', { cause })
}
