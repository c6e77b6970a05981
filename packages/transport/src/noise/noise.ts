import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import {
  type ConnectionEncrypter, type MessageStream, type PeerId, type PrivateKey, type SecureConnectionOptions, type SecuredConnection,
  type StreamMuxerFactory, UnexpectedPeerError
} from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { PeerFault } from '@peerwright/core'
import { loadPostQuantum, type MlKem } from '@peerwright/crypto'
import { EncryptedStream } from './encrypted-stream.ts'
import { HandshakeState } from './handshake-state.ts'
import { decodePayload, encodePayload, type HandshakePayload } from './payload.ts'
import { LENGTH_BYTES, MAX_RECORD_BYTES } from './record-reader.ts'
import { dhKeyPair } from './x25519.ts'

/** The id of `noise()`. Source: libp2p specs, noise. */
export const NOISE_ID = '/noise'
/** The id of `pqNoise()`. Source: the open proposal libp2p/specs#727. */
export const PQ_NOISE_ID = '/noise-mlkem768-hfs/0.2.0'

/** What stands before the static key in the bytes that the identity key signs. Source: libp2p specs, noise/README.md r5. */
const SIGNATURE_PREFIX = Buffer.from('noise-libp2p-static-key:')

const EMPTY = new Uint8Array()

/** What an encrypter takes from the node it belongs to. */
export interface NoiseComponents {
  /** The identity of the node */
  readonly privateKey: PrivateKey
  /** Where the node's muxers are, in the order of preference */
  readonly upgrader: { getStreamMuxers(): ReadonlyMap<string, StreamMuxerFactory> }
}

/** Lengths of handshake messages: two bytes, big-endian. */
const encodeLength = Object.assign((length: number): Uint8Array => Uint8Array.of(length >>> 8, length & 0xff), { bytes: LENGTH_BYTES })
const decodeLength = Object.assign((data: { subarray (start: number, end: number): Uint8Array }): number => {
  const [high, low] = data.subarray(0, LENGTH_BYTES)
  if (high === undefined || low === undefined) {
    throw new RangeError('the length is not here yet')
  }
  return high * 0x100 + low
}, { bytes: LENGTH_BYTES })

/**
 * Who speaks, proved by the signature over the channel's static key.
 *
 * @throws PeerFault `bad-identity`
 * @throws UnexpectedPeerError when it is not who was wanted
 */
async function provenPeer (payload: HandshakePayload, staticKey: Uint8Array, wanted: PeerId | undefined): Promise<PeerId> {
  let proven: PeerId
  try {
    const key = publicKeyFromProtobuf(payload.identityKey)
    if (!await key.verify(Buffer.concat([SIGNATURE_PREFIX, staticKey]), payload.identitySignature)) {
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

/** Both encrypters: the same messages, carried over a connection; hybrid where there is a KEM. */
class NoiseEncrypter implements ConnectionEncrypter {
  readonly protocol: string
  readonly #components: NoiseComponents
  readonly #kem: (() => Promise<MlKem>) | undefined
  readonly #staticKey = dhKeyPair()
  #signature: Promise<Uint8Array> | undefined

  constructor (protocol: string, components: NoiseComponents, kem?: () => Promise<MlKem>) {
    this.protocol = protocol
    this.#components = components
    this.#kem = kem
  }

  async secureOutbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return await this.#secure(connection, true, options)
  }

  async secureInbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return await this.#secure(connection, false, options)
  }

  async #secure (connection: MessageStream, initiator: boolean, options: SecureConnectionOptions = {}): Promise<SecuredConnection> {
    const messages = lpStream(connection, { lengthEncoder: encodeLength, lengthDecoder: decodeLength, maxDataLength: MAX_RECORD_BYTES })
    const kem = await this.#kem?.()
    const handshake = new HandshakeState({ initiator, staticKey: this.#staticKey, ephemeral: dhKeyPair(), ...kem === undefined ? {} : { kem } })
    const write = async (payload: Uint8Array): Promise<void> => { await messages.write(handshake.write(payload), options) }
    const read = async (): Promise<Uint8Array> => handshake.read((await messages.read(options)).subarray())
    const identify = async (payload: Uint8Array): Promise<Pick<SecuredConnection, 'remotePeer' | 'streamMuxer'>> => {
      const decoded = decodePayload(payload)
      const remotePeer = await provenPeer(decoded, handshake.theirStatic, options.remotePeer)
      const streamMuxer = options.skipStreamMuxerNegotiation === true ? undefined : this.#commonMuxer(decoded.streamMuxers)
      return { remotePeer, ...streamMuxer === undefined ? {} : { streamMuxer } }
    }
    const own = await this.#payload(options)
    let proven
    if (initiator) {
      await write(EMPTY)
      // Who answers is known before this side shows its own identity
      proven = await identify(await read())
      await write(own)
    } else {
      await read()
      await write(own)
      proven = await identify(await read())
    }
    return { connection: new EncryptedStream(messages.unwrap(), handshake.split()), ...proven }
  }

  async #payload ({ skipStreamMuxerNegotiation = false }: SecureConnectionOptions): Promise<Uint8Array> {
    const { privateKey, upgrader } = this.#components
    // The static key is fixed, so one signature serves every handshake
    this.#signature ??= Promise.resolve(privateKey.sign(Buffer.concat([SIGNATURE_PREFIX, this.#staticKey.publicKey])))
    return encodePayload({
      identityKey: publicKeyToProtobuf(privateKey.publicKey),
      identitySignature: await this.#signature,
      streamMuxers: skipStreamMuxerNegotiation ? [] : [...upgrader.getStreamMuxers().keys()]
    })
  }

  /**
   * The first of the other side's muxers that is here too; none when it offers none.
   *
   * @throws PeerFault `no-common-muxer`
   */
  #commonMuxer (offered: readonly string[]): StreamMuxerFactory | undefined {
    const own = this.#components.upgrader.getStreamMuxers()
    const common = offered.find(name => own.has(name))
    if (common === undefined && offered.length > 0) {
      throw new PeerFault('no-common-muxer', 'the other side offers muxers, and none of them is here', { offence: 'ambiguous' })
    }
    return common === undefined ? undefined : own.get(common)
  }
}

/** libp2p's Noise: `Noise_XX_25519_ChaChaPoly_SHA256` under `/noise`, as every libp2p speaks it. */
export function noise (): (components: NoiseComponents) => ConnectionEncrypter {
  return components => new NoiseEncrypter(NOISE_ID, components)
}

/**
 * Noise with ML-KEM-768 beside X25519, under `/noise-mlkem768-hfs/0.2.0`: what is recorded today stays closed to a quantum
 * computer of tomorrow. Who the other side is rests on classical signatures, as with `noise()`.
 */
export function pqNoise (): (components: NoiseComponents) => ConnectionEncrypter {
  let kem: Promise<MlKem> | undefined
  return components => new NoiseEncrypter(PQ_NOISE_ID, components, async () => {
    kem ??= loadPostQuantum().then(loaded => loaded.kem)
    return await kem
  })
}
