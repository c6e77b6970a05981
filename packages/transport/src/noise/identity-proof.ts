import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { type PeerId, type PrivateKey, UnexpectedPeerError } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { BoundedMap, PeerFault } from '@peerwright/core'
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

/** Static keys of peers whose signature held, which is not verified again when they come back. Chosen: a quarter of a megabyte. */
const MAX_PROVEN = 1_024

/** Longer keys and signatures, those of RSA, are verified each time, in bytes. */
const MAX_KEPT_BYTES = 256

/** Who speaks, by the signature of an identity key over the static key of a channel. */
export class ProvenPeers {
  readonly #proven = new BoundedMap<string, PeerId>(MAX_PROVEN)

  /**
   * Who speaks, proved.
   *
   * @throws PeerFault `bad-identity`
   * @throws UnexpectedPeerError when it is not who was wanted
   */
  async prove ({ identityKey, identitySignature }: HandshakePayload, staticKey: Uint8Array, wanted: PeerId | undefined): Promise<PeerId> {
    const known = Buffer.concat([staticKey, identitySignature, identityKey]).toString('latin1')
    let proven = this.#proven.touch(known)
    if (proven === undefined) {
      proven = await verified(identityKey, identitySignature, staticKey)
      if (known.length <= MAX_KEPT_BYTES) {
        this.#proven.set(known, proven)
      }
    }
    // The id of an RSA key does not hold the key, so ids are compared and not keys
    if (wanted?.equals(proven) === false) {
      throw new UnexpectedPeerError(`the identity is ${proven.toString()}, not ${wanted.toString()}`)
    }
    return proven
  }
}

async function verified (identityKey: Uint8Array, signature: Uint8Array, staticKey: Uint8Array): Promise<PeerId> {
  try {
    const key = publicKeyFromProtobuf(identityKey)
    if (!await key.verify(statement(staticKey), signature)) {
      throw new Error('the signature does not hold')
    }
    return peerIdFromPublicKey(key)
  } catch (cause) {
    throw new PeerFault('bad-identity', 'the identity in a handshake is not proved', { cause })
  }
}
