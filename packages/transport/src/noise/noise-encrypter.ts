import type { ConnectionEncrypter, MessageStream, PeerId, PrivateKey, SecureConnectionOptions, SecuredConnection, StreamMuxerFactory } from '@libp2p/interface'
import { PeerFault } from '@peerwright/core'
import type { MlKem } from '@peerwright/crypto'
import type { ChannelFacts } from '@peerwright/interface'
import { factsOfProtocol, noteChannelFacts } from '../channel-facts.ts'
import { type EncrypterOptions, remoteAddress, remoteIp, watched } from '../encrypter-options.ts'
import { checkOffer } from '../offer.ts'
import { EncryptedStream } from './encrypted-stream.ts'
import type { PayloadExtensions, PayloadFacts, Proved } from './extensions.ts'
import { HandshakeMessages } from './handshake-messages.ts'
import { HandshakeState } from './handshake-state.ts'
import { IdentityProof, ProvenPeers } from './identity-proof.ts'
import { decodePayload, encodePayload, type HandshakePayload } from './payload.ts'
import type { NoiseSuite } from './suite.ts'
import { dhKeyPair } from './x25519.ts'

const EMPTY = new Uint8Array()
const NO_EXTENSIONS: ReadonlyMap<number, Uint8Array> = new Map()
const NOTHING_PROVED: Proved = { pqAuth: false, peerCertified: false }

/** What an encrypter takes from the node it belongs to. */
export interface NoiseComponents {
  /** The identity of the node */
  readonly privateKey: PrivateKey
  readonly upgrader: {
    /** The node's muxers, in the order of preference */
    getStreamMuxers(): ReadonlyMap<string, StreamMuxerFactory>
    /** The node's encrypters, in the order of preference */
    getConnectionEncrypters(): ReadonlyMap<string, unknown>
  }
}

/** Options of the Noise encrypters. */
export interface NoiseOptions extends EncrypterOptions {
  /** Further fields of the handshake payload */
  readonly extensions?: PayloadExtensions
}

/** What one side has shown of itself. */
interface Shown {
  readonly payload: HandshakePayload
  readonly peer: PeerId
  readonly proved: Proved
}

/** A Noise suite as an encrypter of libp2p. */
export class NoiseEncrypter implements ConnectionEncrypter {
  readonly protocol: string
  readonly #suite: NoiseSuite
  readonly #components: NoiseComponents
  readonly #options: NoiseOptions
  readonly #kem: (() => Promise<MlKem>) | undefined
  readonly #staticKey = dhKeyPair()
  readonly #proof: IdentityProof
  readonly #peers = new ProvenPeers()

  constructor (suite: NoiseSuite, components: NoiseComponents, options: NoiseOptions, kem?: () => Promise<MlKem>) {
    this.protocol = suite.protocol
    this.#suite = suite
    this.#components = components
    this.#options = options
    this.#kem = kem
    this.#proof = new IdentityProof(components.privateKey, this.#staticKey.publicKey)
  }

  async secureOutbound (connection: MessageStream, options: SecureConnectionOptions = {}): Promise<SecuredConnection> {
    return await watched(this.#options, this.protocol, 'outbound', connection, this.#secure(connection, true, options))
  }

  async secureInbound (connection: MessageStream, options: SecureConnectionOptions = {}): Promise<SecuredConnection> {
    return await watched(this.#options, this.protocol, 'inbound', connection, this.#secure(connection, false, options))
  }

  async #secure (connection: MessageStream, initiator: boolean, options: SecureConnectionOptions): Promise<SecuredConnection> {
    this.#options.guard?.checkProtocol(this.protocol, this.#suite.hybrid)
    const kem = await this.#kem?.()
    const handshake = new HandshakeState({ suite: this.#suite, initiator, staticKey: this.#staticKey, ...kem === undefined ? {} : { kem } })
    const messages = new HandshakeMessages(connection, handshake, options)
    const [shown, streamMuxer] = initiator
      ? await this.#initiate(handshake, messages, options, connection)
      : await this.#respond(handshake, messages, options, connection)
    const { peer, proved } = shown
    const { hash, ...ciphers } = handshake.split()
    this.#options.guard?.secured({ protocol: this.protocol, pq: this.#suite.hybrid, peer: peer.toString(), outbound: initiator })
    const facts: ChannelFacts = { ...factsOfProtocol(this.protocol), ...proved, channelBinding: hash }
    noteChannelFacts(connection, facts)
    const secured = messages.unwrap(stream => new EncryptedStream(stream, ciphers))
    return { connection: secured, remotePeer: peer, ...streamMuxer === undefined ? {} : { streamMuxer } }
  }

  async #initiate (
    handshake: HandshakeState, messages: HandshakeMessages, options: SecureConnectionOptions, connection: MessageStream
  ): Promise<readonly [Shown, StreamMuxerFactory | undefined]> {
    handshake.begin()
    await messages.write(EMPTY)
    // Who answers is known and judged before this side shows its own identity
    const shown = await this.#judge(await messages.read(), handshake, true, options, connection)
    const own = this.#muxers(options)
    const chosen = commonMuxer([...own.keys()], shown.payload.streamMuxers)
    handshake.begin()
    // Nothing but the chosen muxer is offered back, so that the other side comes to the same by whatever rule
    await messages.write(await this.#payload(handshake, true, chosen === undefined ? [...own.keys()] : [chosen]))
    return [shown, chosen === undefined ? undefined : own.get(chosen)]
  }

  async #respond (
    handshake: HandshakeState, messages: HandshakeMessages, options: SecureConnectionOptions, connection: MessageStream
  ): Promise<readonly [Shown, StreamMuxerFactory | undefined]> {
    await messages.read()
    const own = this.#muxers(options)
    const leave = this.#options.gate?.enter(remoteIp(connection))
    let payload
    try {
      handshake.begin()
      payload = await this.#payload(handshake, false, [...own.keys()])
    } finally {
      leave?.()
    }
    await messages.write(payload)
    const shown = await this.#judge(await messages.read(), handshake, false, options, connection)
    const chosen = commonMuxer(shown.payload.streamMuxers, [...own.keys()])
    return [shown, chosen === undefined ? undefined : own.get(chosen)]
  }

  #muxers ({ skipStreamMuxerNegotiation = false }: SecureConnectionOptions): ReadonlyMap<string, StreamMuxerFactory> {
    return skipStreamMuxerNegotiation ? new Map() : this.#components.upgrader.getStreamMuxers()
  }

  /** The node's encrypters in its order. One that stands alone, outside of a node, knows itself. */
  #encrypters (): readonly string[] {
    const names = [...this.#components.upgrader.getConnectionEncrypters().keys()]
    return names.includes(this.protocol) ? names : [this.protocol]
  }

  async #payload (handshake: HandshakeState, initiator: boolean, streamMuxers: readonly string[]): Promise<Uint8Array> {
    const proof = await this.#proof.get()
    const encrypters = this.#encrypters()
    const facts: PayloadFacts = { initiator, transcript: handshake.transcript, identityKey: proof.identityKey, encrypters }
    const extensions = await this.#options.extensions?.outgoing(facts) ?? NO_EXTENSIONS
    return encodePayload({ ...proof, streamMuxers, encrypters, extensions })
  }

  /** What the other side shows, from the cheapest check to the dearest. */
  async #judge (bytes: Uint8Array, handshake: HandshakeState, initiator: boolean, options: SecureConnectionOptions, connection: MessageStream): Promise<Shown> {
    const payload = decodePayload(bytes)
    const peer = await this.#peers.prove(payload, handshake.theirStatic, options.remotePeer)
    const theirs = payload.encrypters
    if (theirs !== undefined) {
      const own = this.#encrypters()
      checkOffer({ running: this.protocol, ...initiator ? { dialler: own, listener: theirs } : { dialler: theirs, listener: own } })
    }
    this.#options.guard?.check({
      protocol: this.protocol, pq: this.#suite.hybrid, peer: peer.toString(), outbound: initiator, identity: peer, address: remoteAddress(connection)
    })
    const facts: PayloadFacts = { initiator: !initiator, transcript: handshake.transcript, identityKey: payload.identityKey, encrypters: theirs ?? [] }
    const proved = await this.#options.extensions?.check(payload.extensions ?? NO_EXTENSIONS, facts, peer) ?? NOTHING_PROVED
    return { payload, peer, proved }
  }
}

/**
 * The first of the initiator's muxers that the responder has too; none when one of them offers none. Source: libp2p specs,
 * connections/inlined-muxer-negotiation.md r1.
 *
 * @throws PeerFault `no-common-muxer`
 */
function commonMuxer (initiator: readonly string[], responder: readonly string[]): string | undefined {
  const common = initiator.find(name => responder.includes(name))
  if (common === undefined && initiator.length > 0 && responder.length > 0) {
    throw new PeerFault('no-common-muxer', 'the other side offers muxers, and none of them is here', { offence: 'ambiguous' })
  }
  return common
}
