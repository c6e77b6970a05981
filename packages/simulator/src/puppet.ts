import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import type { NetworkProfile } from '@peerwright/chain-spec'
import { type NetAddress, OperationError } from '@peerwright/core'
import type { ConnectionClass, PeerIdText } from '@peerwright/interface'
import { encodeVarint, encodeVersion, messageType, readVarint, type Version } from '@peerwright/protocol-messages'
import type { VirtualConnection } from './virtual-connection.ts'
import type { VirtualLibp2p } from './virtual-libp2p.ts'
import type { Wire } from './wire.ts'

const VERSION = messageType('version')
const VERACK = messageType('verack')
const PING = messageType('ping')
const PONG = messageType('pong')
const EMPTY = new Uint8Array(0)

/** What a puppet's `version` says where nothing else is told. */
export interface Greeting {
  readonly networkId?: string
  readonly protocolVersion?: number
  readonly userAgent?: string
  readonly class?: ConnectionClass
}

/**
 * Somebody that speaks the protocol as badly as its program likes: an identity and an address, and no session service that would mind its
 * manners. Attackers are made of these.
 */
export class Puppet {
  readonly libp2p: VirtualLibp2p
  readonly profile: NetworkProfile
  /** Connections that it holds open without a word */
  readonly silent: Wire[] = []

  constructor (libp2p: VirtualLibp2p, profile: NetworkProfile) {
    this.libp2p = libp2p
    this.profile = profile
  }

  /** Who it is */
  get peerId (): PeerIdText {
    return this.libp2p.components.peerId.toString()
  }

  /** Opens a connection of TCP and says nothing. */
  knock (target: NetAddress): Wire | undefined {
    const wire = this.libp2p.knock(target)
    if (wire !== undefined) {
      this.silent.push(wire)
    }
    return wire
  }

  /** A secured connection with a live stream, on which nothing was said. @throws when it is turned away before */
  async dial (target: NetAddress): Promise<PuppetLine> {
    const connection = await this.libp2p.dial(target)
    const stream = await connection.newStream(`/${this.profile.network.id}/live/1`)
    return new PuppetLine(this.peerId, this.profile, connection, stream)
  }

  /** What to do with the bulk stream that a node opens for its requests, and each chunk that comes on it. */
  async onBulk (onChunk: (stream: Stream, chunk: Uint8Array) => void): Promise<void> {
    await this.libp2p.components.registrar.handle(`/${this.profile.network.id}/bulk/1`, stream => {
      stream.addEventListener('message', ({ data }) => { onChunk(stream, data.subarray()) })
    })
  }

  /** The same, and `version` and `verack` both ways. @throws OperationError `refused` when the other side ends it meanwhile */
  async connect (target: NetAddress, greeting: Greeting = {}): Promise<PuppetLine> {
    const line = await this.dial(target)
    line.greet(greeting)
    await line.next(VERACK)
    line.say(VERACK, EMPTY)
    return line
  }
}

/** A puppet's conversation with one node. */
export class PuppetLine {
  /** Who the puppet is */
  readonly localPeer: PeerIdText
  readonly connection: VirtualConnection
  readonly stream: Stream
  /** Frames that came, without what is still under way */
  readonly heard: Array<{ readonly type: number, readonly payload: Uint8Array }> = []
  readonly #profile: NetworkProfile
  readonly #waiting = new Map<number, PromiseWithResolvers<Uint8Array>>()
  #bytes = EMPTY
  #polite = false

  constructor (localPeer: PeerIdText, profile: NetworkProfile, connection: VirtualConnection, stream: Stream) {
    this.localPeer = localPeer
    this.#profile = profile
    this.connection = connection
    this.stream = stream
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) {
        reject(new OperationError('refused', 'the other side ended the conversation'))
      }
    })
  }

  /** Whether the connection stands */
  get open (): boolean {
    return this.connection.status === 'open'
  }

  /** Whether a message of this type came */
  has (type: number): boolean {
    return this.heard.some(frame => frame.type === type)
  }

  /** From now on it answers pings, as one who wants to stay does. */
  answersPings (): void {
    this.#polite = true
  }

  /** Sends a frame. @returns false when the conversation is over */
  say (type: number, payload: Uint8Array): boolean {
    return this.raw(Uint8Array.of(...encodeVarint(1 + payload.length), type), payload)
  }

  /** Sends bytes as they are. @returns false when the conversation is over */
  raw (...parts: readonly Uint8Array[]): boolean {
    if (this.stream.writeStatus !== 'writable') {
      return false
    }
    for (const part of parts) {
      this.stream.send(part)
    }
    return true
  }

  /** Sends a `version`. */
  greet ({ networkId = this.#profile.networkId, protocolVersion, userAgent = '/puppet:1/', class: connectionClass = 'full' }: Greeting = {}): boolean {
    const version: Version = {
      protocolVersion: protocolVersion ?? this.#profile.network.protocolVersion,
      services: 0n,
      timeSeconds: 0,
      nonce: 1n,
      userAgent,
      startHeight: 0,
      relay: true,
      extension: { networkId, chainWork: 0n, connectionClass, features: [], encrypters: [] }
    }
    return this.say(VERSION, encodeVersion(version))
  }

  /** Opens a bulk stream, on which requests of its own travel. */
  async bulk (): Promise<Stream> {
    return await this.connection.newStream(`/${this.#profile.network.id}/bulk/1`)
  }

  /** Resolves with the next message of a type that comes. @throws OperationError `refused` when the conversation ends before */
  async next (type: number): Promise<Uint8Array> {
    const waiting = this.#waiting.get(type) ?? Promise.withResolvers<Uint8Array>()
    this.#waiting.set(type, waiting)
    return await waiting.promise
  }

  readonly #onMessage = ({ data }: StreamMessageEvent): void => {
    const more = data instanceof Uint8Array ? data : data.subarray()
    const bytes = new Uint8Array(this.#bytes.length + more.length)
    bytes.set(this.#bytes)
    bytes.set(more, this.#bytes.length)
    let at = 0
    for (let head = readVarint(bytes, at); head !== 'incomplete' && bytes.length >= head.end + head.value; head = readVarint(bytes, at)) {
      this.#onFrame(bytes[head.end] ?? 0, bytes.slice(head.end + 1, head.end + head.value))
      at = head.end + head.value
    }
    this.#bytes = bytes.slice(at)
  }

  #onFrame (type: number, payload: Uint8Array): void {
    if (type === PING && this.#polite) {
      this.say(PONG, payload)
      return
    }
    this.heard.push({ type, payload })
    this.#waiting.get(type)?.resolve(payload)
    this.#waiting.delete(type)
  }
}
