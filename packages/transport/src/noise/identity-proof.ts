import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { type PeerId, type PrivateKey, UnexpectedPeerError } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { PeerFault } from '@peerwright/core'
import type { HandshakePayload } from './payload.ts'

/** What stands before the static key in the bytes that the identity key signs. Source: libp2p specs, noise/README.md r5. */
const SIGNATURE_PREFIX = Buffer.from('noise-libp2p-static-key:')

const statement = (staticKey: Uint8Array): Uint8Array => Buffer.concat([SIGNATURE_PREFIX, staticKey])

/** The node's own identity over the static key of its channels: the static key is fixed, so one signature serves every handshake. */
export class IdentityProof {
  readonly #key: PrivateKey
  readonly #staticKey: Uint8Array
  #proof: Promise<Pick<HandshakePayload, 'identityKey' | 'identitySignature'>> | undefined

  constructor (key: PrivateKey, staticKey: Uint8Array) {
    this.#key = key
    this.#staticKey = staticKey
  }

  async get (): Promise<Pick<HandshakePayload, 'identityKey' | 'identitySignature'>> {
    this.#proof ??= this.#make()
    return await this.#proof
  }

  async #make (): Promise<Pick<HandshakePayload, 'identityKey' | 'identitySignature'>> {
    return { identityKey: publicKeyToProtobuf(this.#key.publicKey), identitySignature: await this.#key.sign(statement(this.#staticKey)) }
  }
}

/**
 * Who speaks, proved by the signature over the channel's static key.
 *
 * @throws PeerFault `bad-identity`
 * @throws UnexpectedPeerError when it is not who was wanted
 */
export async function provenPeer (payload: HandshakePayload, staticKey: Uint8Array, wanted: PeerId | undefined): Promise<PeerId> {
  let proven: PeerId
  try {
    const key = publicKeyFromProtobuf(payload.identityKey)
    if (!await key.verify(statement(staticKey), payload.identitySignature)) {
      throw new Error('the signature does not hold')
    }
    proven = peerIdFromPublicKey(key)
  } catch (cause) {
    throw new PeerFault('bad-identity', 'the identity in a handshake is not proved', { cause })
  }
  // The id of an RSA key does not hold the key, so ids are compared and not keys
  if (wanted?.equals(proven) === false) {
    throw new UnexpectedPeerError(`the identity is ${proven.toString()}, not ${wanted.toString()}`)
  }
  return proven
}
