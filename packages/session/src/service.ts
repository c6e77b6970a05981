import {
  type ComponentLogger, type Connection, type Libp2pEvents, type Logger, type PeerId, serviceCapabilities, type Startable, type Stream,
  type TypedEventTarget
} from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import { multiaddr } from '@multiformats/multiaddr'
import { type Clock, type NetAddress, OperationError, PeerFault, type Random, systemClock, systemRandom, type Timer } from '@peerwright/core'
import type { ConnectionClass, ConnectOptions, MessageOwner, Network, NetworkObserver, PeerIdText, PeerSession, PeerTarget } from '@peerwright/interface'
import { payloadLimit, type Version } from '@peerwright/protocol-messages'
import { DIAL_TIMEOUT_MS, GUEST_IDLE_MS, MAX_ENCRYPTER_BYTES, MAX_ENCRYPTERS, MAX_GUESTS, NONCE_BYTES } from './constants.ts'
import type { ConversationSetting } from './conversation-setting.ts'
import type { Conversation } from './conversation.ts'
import { within } from './deadline.ts'
import { HandlerRegistry } from './handlers.ts'
import { dialError, linkOf } from './libp2p-link.ts'
import { type SessionDefaults, type SessionInit, validateSessionInit } from './options.ts'
import { Peers } from './peers.ts'
import { SharedAttempts } from './shared-attempts.ts'

/** The parts of libp2p that the session service needs. */
export interface SessionComponents {
  readonly peerId: PeerId
  readonly connectionManager: ConnectionManager
  readonly registrar: Registrar
  readonly events: TypedEventTarget<Libp2pEvents>
  readonly logger: ComponentLogger
  /** Knows the node's encrypters, in its order */
  readonly upgrader: { getConnectionEncrypters(): ReadonlyMap<string, unknown> }
}

/** A connection without a session, and when it is looked at again. */
interface Watch {
  readonly timer: Timer
  readonly guest: boolean
  /** On the monotonic clock */
  readonly sinceMs: number
}

/** The session service is the libp2p `Network`. */
export interface SessionService extends Network {
  /** Multistream ids of the two streams */
  readonly protocols: { readonly live: string, readonly bulk: string }
}

/** Speaks Peerwright's sessions over the connections of a libp2p node. */
export class Libp2pSessions implements SessionService, Startable {
  readonly [Symbol.toStringTag]: string = '@peerwright/session'
  readonly localPeer: PeerIdText
  readonly protocols: { readonly live: string, readonly bulk: string }
  readonly #components: SessionComponents
  readonly #clock: Clock
  readonly #random: Random
  readonly #options: SessionInit & SessionDefaults
  readonly #log: Logger
  readonly #handlers = new HandlerRegistry()
  readonly #peers: Peers
  readonly #byConnection = new Map<string, Promise<Conversation | undefined>>()
  readonly #watches = new Map<string, Watch>()
  readonly #attempts = new SharedAttempts<PeerSession>()

  constructor (components: SessionComponents, init: SessionInit) {
    this.#options = validateSessionInit(init)
    Object.assign(this, { [serviceCapabilities]: ['@peerwright/session'] })
    this.#components = components
    this.#clock = init.clock ?? systemClock
    this.#random = init.random ?? systemRandom
    this.#log = components.logger.forComponent('peerwright:session')
    this.localPeer = components.peerId.toString()
    this.protocols = { live: `/${init.protocolName}/live/1`, bulk: `/${init.protocolName}/bulk/1` }
    this.#peers = new Peers(this.localPeer, this.#setting())
  }

  async start (): Promise<void> {
    const { registrar, events } = this.#components
    this.#peers.open()
    await registrar.handle(this.protocols.live, this.#onLiveStream, { maxInboundStreams: 1, maxOutboundStreams: 1 })
    await registrar.handle(this.protocols.bulk, this.#onBulkStream, { maxInboundStreams: 1, maxOutboundStreams: 1 })
    events.addEventListener('connection:open', this.#onConnectionOpen)
    events.addEventListener('connection:close', this.#onConnectionClose)
  }

  /** Before libp2p closes the connections: whoever is connected hears goodbye. */
  async beforeStop (): Promise<void> {
    await this.#peers.closeAll()
  }

  async stop (): Promise<void> {
    const { registrar, events } = this.#components
    await registrar.unhandle(this.protocols.live)
    await registrar.unhandle(this.protocols.bulk)
    events.removeEventListener('connection:open', this.#onConnectionOpen)
    events.removeEventListener('connection:close', this.#onConnectionClose)
    for (const watch of this.#watches.values()) {
      watch.timer.cancel()
    }
    this.#watches.clear()
  }

  sessions (): readonly PeerSession[] {
    return this.#peers.sessions()
  }

  handle (owner: MessageOwner): void {
    this.#handlers.register(owner)
  }

  observe (observer: NetworkObserver): () => void {
    return this.#peers.observe(observer)
  }

  async connect (target: PeerTarget, options: ConnectOptions): Promise<PeerSession> {
    const existing = target.peerId === undefined ? undefined : this.#peers.get(target.peerId)
    if (existing?.open === true) {
      return existing
    }
    const key = `${target.address.toString()}/${target.peerId ?? ''}`
    return await this.#attempts.join(key, options.signal, async signal => await this.#connect(target, options.class, signal))
  }

  async #connect (target: PeerTarget, connectionClass: ConnectionClass, signal: AbortSignal): Promise<PeerSession> {
    const connection = await this.#dial(target, signal)
    const remotePeer = connection.remotePeer.toString()
    // Not left to the encrypter alone: who is there is compared with who was wanted, for every kind of key
    if (target.peerId !== undefined && target.peerId !== remotePeer) {
      const error = new OperationError('refused', `${target.address.toString()} is not the peer that was expected there`)
      connection.abort(error)
      throw error
    }
    if (connection.status !== 'open') {
      throw new OperationError('unreachable', `the connection to ${target.address.toString()} broke at once`)
    }
    if (!this.#byConnection.has(connection.id)) {
      this.#adopt(connection, connectionClass)
    }
    try {
      return await within(this.#clock, 2 * this.#options.handshakeTimeoutMs, async deadline =>
        await this.#peers.opened(remotePeer, AbortSignal.any([signal, deadline])))
    } catch (error) {
      await this.#peers.giveUp(remotePeer)
      throw error
    }
  }

  async #dial (target: PeerTarget, signal: AbortSignal): Promise<Connection> {
    const peer = target.peerId === undefined ? '' : `/p2p/${target.peerId}`
    const address = multiaddr(target.address.toMultiaddr() + peer)
    const open = async (force: boolean): Promise<Connection> => await within(this.#clock, DIAL_TIMEOUT_MS, async deadline =>
      await this.#components.connectionManager.openConnection(address, { signal: AbortSignal.any([signal, deadline]), force }))
    try {
      const connection = await open(false)
      // The dialler of a connection opens its live stream, and the peer's may be about to, or never will: one of our own settles it
      return connection.direction === 'outbound' || this.#byConnection.has(connection.id) ? connection : await open(true)
    } catch (error) {
      const failure = dialError(error, target, signal, this.#options.channelError)
      if (failure.code === 'no-channel') {
        this.#options.onNoChannel?.()
      }
      throw failure
    }
  }

  readonly #onConnectionOpen = (event: CustomEvent<Connection>): void => {
    const connection = event.detail
    // A connection without a session has the time of a handshake to show what it is for
    this.#watch(connection, this.#options.handshakeTimeoutMs, false)
  }

  readonly #onConnectionClose = (event: CustomEvent<Connection>): void => {
    const { id } = event.detail
    this.#unwatch(id)
    const conversation = this.#byConnection.get(id)
    this.#byConnection.delete(id)
    conversation?.then(ended => { ended?.linkClosed() }, () => undefined)
  }

  readonly #onLiveStream = async (stream: Stream, connection: Connection): Promise<void> => {
    const known = this.#byConnection.get(connection.id)
    if (known !== undefined) {
      const conversation = await known
      conversation?.adoptLive(stream)
      return
    }
    if (connection.direction === 'outbound') {
      stream.abort(new PeerFault('wrong-stream', 'the dialler opens the live stream'))
      return
    }
    this.#adopt(connection, 'full', stream)
  }

  readonly #onBulkStream = async (stream: Stream, connection: Connection): Promise<void> => {
    const conversation = await this.#byConnection.get(connection.id)
    if (conversation === undefined) {
      stream.abort(new OperationError('closed', 'a bulk stream without a session'))
    } else {
      conversation.adoptBulk(stream)
    }
  }

  #adopt (connection: Connection, connectionClass: ConnectionClass, live?: Stream): void {
    const watch = this.#watches.get(connection.id)
    this.#unwatch(connection.id)
    // The event of its end has passed already: nobody would ever forget it
    if (connection.status !== 'open') {
      return
    }
    // A guest that turns into a peer has the whole time; whoever came for a session has had some of it
    const sinceMs = watch?.guest === false ? watch.sinceMs : this.#clock.monotonic()
    const link = linkOf(connection, sinceMs + this.#options.handshakeTimeoutMs)
    if (link === undefined) {
      connection.abort(new OperationError('unreachable', 'sessions need a connection over IP and TCP'))
      return
    }
    const adopted = this.#peers.adopt({ link, class: connectionClass, ...(live === undefined ? {} : { live }) })
    this.#byConnection.set(connection.id, adopted)
    adopted.catch((error: unknown) => { this.#log.error('a connection could not be adopted - %e', error) })
  }

  /** Connections of libp2p's own services stay as guests: few, and not for long without a stream. */
  #watch (connection: Connection, delayMs: number, guest: boolean): void {
    const timer = this.#clock.schedule(delayMs, () => {
      this.#watches.delete(connection.id)
      const guests = [...this.#watches.values()].filter(watch => watch.guest).length
      if (connection.streams.length === 0 || guests >= MAX_GUESTS) {
        connection.abort(new OperationError('timeout', 'a connection without a session'))
      } else {
        this.#watch(connection, GUEST_IDLE_MS, true)
      }
    })
    this.#watches.set(connection.id, { timer, guest, sinceMs: this.#clock.monotonic() })
  }

  #unwatch (connectionId: string): void {
    this.#watches.get(connectionId)?.timer.cancel()
    this.#watches.delete(connectionId)
  }

  #setting (): ConversationSetting {
    const options = this.#options
    return {
      clock: this.#clock,
      random: this.#random,
      yieldTurn: options.yieldTurn ?? (async () => { await new Promise<void>(resolve => { setImmediate(resolve) }) }),
      rules: { networkId: options.networkId, minProtocolVersion: options.minProtocolVersion },
      ping: { intervalMs: options.pingIntervalMs, timeoutMs: options.pingTimeoutMs },
      handshakeTimeoutMs: options.handshakeTimeoutMs,
      idleTimeoutMs: options.idleTimeoutMs,
      maxBlockBytes: options.maxBlockBytes,
      protocols: this.protocols,
      payloadLimit: type => payloadLimit(type, options.maxBlockBytes),
      version: (connectionClass, remote) => this.#version(connectionClass, remote),
      encrypters: () => this.#encrypters(),
      handlers: this.#handlers,
      ...(options.admission === undefined ? {} : { admission: options.admission }),
      ...(options.slots === undefined ? {} : { slots: options.slots })
    }
  }

  /** What `version` has room for. */
  #encrypters (): readonly string[] {
    return [...this.#components.upgrader.getConnectionEncrypters().keys()].filter(name => name.length <= MAX_ENCRYPTER_BYTES).slice(0, MAX_ENCRYPTERS)
  }

  #version (connectionClass: ConnectionClass, remote: NetAddress): Version {
    const options = this.#options
    const { height, work } = options.tip()
    return {
      protocolVersion: options.protocolVersion,
      services: options.services,
      timeSeconds: Math.floor(this.#clock.now() / 1000),
      receiver: remote,
      nonce: new DataView(this.#random.bytes(NONCE_BYTES).buffer).getBigUint64(0),
      userAgent: options.userAgent,
      startHeight: height,
      relay: connectionClass === 'full' || connectionClass === 'manual',
      extension: {
        networkId: options.networkId,
        chainWork: work,
        connectionClass,
        features: options.features,
        encrypters: this.#encrypters()
      }
    }
  }
}
