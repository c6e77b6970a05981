import type { Stream } from '@libp2p/interface'
import { type NetAddress, OperationError, PeerFault, type Timer } from '@peerwright/core'
import type {
  ChannelFacts, ConnectionClass, Goodbye, PeerFacts, PeerIdText, PeerSession, RemoteVersion, RequestAnswer, RequestOptions, SessionEnd, VersionNonces
} from '@peerwright/interface'
import { decodeGoodbye, encodePing, encodeVersion, messageType } from '@peerwright/protocol-messages'
import { BulkClient } from './bulk-client.ts'
import { BulkServer } from './bulk-server.ts'
import type { ConversationSetting } from './conversation-setting.ts'
import { Credit } from './credit.ts'
import { asError, partWith } from './farewell.ts'
import { admitFrame, expectAnswer, payloadBound } from './frame-admission.ts'
import type { Frame } from './frame-reader.ts'
import type { FrameStream } from './frame-stream.ts'
import { Greeting } from './greeting.ts'
import type { Link } from './link.ts'
import { onLiveMessage } from './live-messages.ts'
import { Liveness } from './liveness.ts'
import { Streams } from './streams.ts'

/** What a conversation tells the network it belongs to. */
export interface ConversationEvents {
  /** `verack` went both ways */
  readonly onOpen: (conversation: Conversation) => void
  /** It is over. Called once, whether or not it ever opened */
  readonly onEnd: (conversation: Conversation, end: SessionEnd) => void
}

type Phase = 'handshake' | 'open' | 'closing' | 'closed'

const VERSION = messageType('version')
const VERACK = messageType('verack')
const PING = messageType('ping')
const GOODBYE = messageType('goodbye')
const EMPTY = new Uint8Array(0)

/**
 * One conversation over one connection, from the first byte of `version` to `goodbye`. It is the `PeerSession` of the rest of
 * the node once `onOpen` was called.
 */
export class Conversation implements PeerSession {
  readonly peerId: PeerIdText
  readonly direction: 'inbound' | 'outbound'
  readonly address: NetAddress
  readonly channel: ChannelFacts
  readonly facts: PeerFacts
  #class: ConnectionClass
  readonly #link: Link
  readonly #setting: ConversationSetting
  readonly #events: ConversationEvents
  readonly #bulkClient: BulkClient
  readonly #bulkServer: BulkServer
  readonly #greeting: Greeting
  readonly #liveness: Liveness
  readonly #handshakeTimer: Timer
  readonly #streams: Streams
  #phase: Phase = 'handshake'
  /** Of our `version`, once it was sent */
  #localNonce = 0n
  #end: SessionEnd | undefined

  constructor (link: Link, connectionClass: ConnectionClass, setting: ConversationSetting, events: ConversationEvents) {
    this.#link = link
    this.#class = connectionClass
    this.#setting = setting
    this.#events = events
    this.peerId = link.remotePeer
    this.direction = link.direction
    this.address = link.address
    this.channel = link.channel
    this.facts = { openedMs: setting.clock.monotonic(), bytesIn: 0, bytesOut: 0 }
    this.#greeting = new Greeting(link.direction, { ...setting.rules, channel: { running: link.channel.protocol, encrypters: setting.encrypters() } })
    this.#liveness = new Liveness({
      clock: setting.clock,
      random: setting.random,
      rules: setting.ping,
      idleTimeoutMs: setting.idleTimeoutMs,
      facts: this.facts,
      sendPing: nonce => { this.#streams.send(PING, encodePing(nonce)) },
      onDead: () => { void this.close({ code: 'timeout', text: 'no answer' }) }
    })
    this.#streams = new Streams({
      link,
      setting,
      facts: this.facts,
      limit: type => payloadBound(setting.payloadLimit(type), this.#phase === 'handshake'),
      onLive: frame => this.#onLive(frame),
      onRequest: (frame, stream) => { this.#onRequest(frame, stream) },
      onAnswer: frame => this.#bulkClient.onFrame(frame),
      onBytes: stream => {
        this.#liveness.onBytes()
        if (stream === 'answers') {
          this.#bulkClient.onBytes()
        }
      },
      onEnd: error => { this.#streamEnded(error) }
    })
    this.#bulkClient = new BulkClient({
      clock: setting.clock,
      credit: new Credit(setting.maxBlockBytes),
      open: async () => await this.#streams.openAnswers(),
      facts: this.facts
    })
    this.#bulkServer = new BulkServer({
      session: this,
      handlerOf: type => setting.handlers.request(type),
      admit: frame => this.#admit(frame),
      retryAfter: () => setting.admission?.retryAfter?.(this, setting.clock.monotonic()) ?? 0,
      clock: setting.clock,
      stallTimeoutMs: setting.idleTimeoutMs,
      onStalled: () => { void this.close({ code: 'slow', text: 'reads no answers' }) },
      onFailure: error => { this.#fail(error) }
    })
    this.#handshakeTimer = setting.clock.schedule(Math.max(0, link.handshakeByMs - setting.clock.monotonic()), () => {
      void this.close({ code: 'timeout', text: 'no handshake in time' })
    })
  }

  get class (): ConnectionClass {
    return this.#class
  }

  get open (): boolean {
    return this.#phase === 'open'
  }

  /** Whether it ever opened */
  get wasOpen (): boolean {
    return this.#greeting.done
  }

  /** Whether it has begun to end */
  get leaving (): boolean {
    return this.#phase === 'closing' || this.#phase === 'closed'
  }

  get remote (): RemoteVersion {
    return this.#greeting.remote
  }

  get nonces (): VersionNonces {
    return { local: this.#localNonce, remote: this.#greeting.version.nonce }
  }

  /** The dialler begins: opens the live stream and says `version`. */
  async begin (): Promise<void> {
    try {
      this.adoptLive(await this.#streams.openLive())
      this.#streams.send(VERSION, this.#version())
    } catch (error) {
      this.#finish({ code: 'lost', remote: true, fault: asError(error) })
    }
  }

  /** A live stream arrived, or is ours. A second one, or one after the handshake, is reset. */
  adoptLive (stream: Stream): void {
    if (this.#phase === 'handshake') {
      this.#streams.adoptLive(stream)
    } else {
      stream.abort(new PeerFault('second-stream', 'a second live stream'))
    }
  }

  /** A bulk stream arrived. A second one, or one before the live stream, is reset. */
  adoptBulk (stream: Stream): void {
    if (this.#phase === 'handshake' || this.#phase === 'open') {
      this.#streams.adoptRequests(stream)
    } else {
      stream.abort(new OperationError('closed', 'the session is closed'))
    }
  }

  send (type: number, payload: Uint8Array): boolean {
    const sent = this.#phase === 'open' && this.#streams.send(type, payload)
    if (sent) {
      expectAnswer(this.#setting.admission, this, type, this.#setting.clock.monotonic())
    }
    return sent
  }

  bulkCredit (): number {
    return this.#bulkClient.available
  }

  async request (type: number, payload: Uint8Array, options: RequestOptions): Promise<RequestAnswer> {
    if (this.#phase !== 'open') {
      throw new OperationError('closed', 'the session is not open')
    }
    return await this.#bulkClient.request(type, payload, options)
  }

  /** Asks the peer to show that it is alive. */
  async probe (timeoutMs: number): Promise<boolean> {
    return await this.#liveness.probe(timeoutMs)
  }

  async close (goodbye: Goodbye, fault?: Error): Promise<void> {
    await this.#leave(goodbye, { code: goodbye.code, remote: false, ...(fault === undefined ? {} : { fault }) })
  }

  async #leave (goodbye: Goodbye | undefined, end: SessionEnd): Promise<void> {
    if (this.#phase === 'closing' || this.#phase === 'closed') {
      return
    }
    this.#phase = 'closing'
    this.#end = end
    this.#stopWatching('the session closes')
    await partWith(this.#link, this.#streams, goodbye, this.#setting.clock)
    this.#finish(end)
  }

  /** The connection is gone. */
  linkClosed (): void {
    this.#finish(this.#end ?? { code: 'lost', remote: true })
  }

  #finish (end: SessionEnd): void {
    if (this.#phase === 'closed') {
      return
    }
    const linkOpen = this.#phase !== 'closing'
    this.#phase = 'closed'
    this.#stopWatching('the session is closed')
    this.#streams.detach()
    if (linkOpen) {
      this.#link.abort(new OperationError('closed', 'the session is closed'))
    }
    this.#events.onEnd(this, end)
  }

  #stopWatching (why: string): void {
    this.#handshakeTimer.cancel()
    this.#liveness.stop()
    this.#bulkClient.close(new OperationError('closed', why))
  }

  #fail (error: unknown): void {
    if (error instanceof PeerFault) {
      void this.#leave({ code: 'fault', text: error.code }, { code: 'fault', remote: false, fault: error })
    } else {
      void this.#leave({ code: 'done' }, { code: 'done', remote: false, fault: asError(error) })
    }
  }

  #streamEnded (error: Error | undefined): void {
    if (error instanceof PeerFault) {
      this.#fail(error)
    } else if (this.#phase !== 'closing') {
      // Without its streams there is no conversation: the other side closed, or the connection broke
      this.#finish(this.#end ?? { code: 'lost', remote: true, ...(error === undefined ? {} : { fault: error }) })
    }
  }

  #admit (frame: Frame): 'handle' | 'throttle' {
    return admitFrame(this.#setting.admission, this, frame, this.#setting.clock.monotonic())
  }

  #onLive (frame: Frame): void | Promise<void> {
    if (this.#phase === 'closing' || this.#phase === 'closed') {
      return
    }
    if (frame.type === GOODBYE) {
      this.#onGoodbye(frame)
    } else if (this.#phase === 'handshake') {
      this.#onHandshake(frame)
    } else if (this.#admit(frame) === 'handle') {
      return onLiveMessage(frame, { session: this, liveness: this.#liveness, handlerOf: type => this.#setting.handlers.live(type) })
    }
  }

  #onRequest (frame: Frame, stream: FrameStream): void {
    if (this.#phase === 'handshake') {
      throw new PeerFault('before-verack', 'a request came before verack')
    }
    // Whoever says goodbye answers no more
    if (this.#phase === 'open') {
      this.#bulkServer.onFrame(frame, stream)
    }
  }

  #onHandshake (frame: Frame): void {
    const { state, action } = this.#greeting.onFrame(frame)
    switch (action) {
      case 'send-version-and-verack':
        this.#streams.send(VERSION, this.#version())
        this.#streams.send(VERACK, EMPTY)
        break
      case 'send-verack':
        this.#streams.send(VERACK, EMPTY)
        break
      case 'refuse':
        void this.close({ code: state.phase === 'refused' ? state.code : 'done' })
        break
      case 'open':
        this.#opened()
        break
      case 'none':
    }
  }

  #opened (): void {
    this.#phase = 'open'
    this.#handshakeTimer.cancel()
    if (this.direction === 'inbound') {
      this.#class = this.#greeting.version.extension?.connectionClass ?? this.#class
    }
    this.#liveness.watch()
    this.#events.onOpen(this)
  }

  #onGoodbye (frame: Frame): void {
    const { code, retryAfterSeconds } = decodeGoodbye(frame.payload)
    void this.#leave(undefined, { code, remote: true, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })
  }

  #version (): Uint8Array {
    const version = this.#setting.version(this.#class, this.address)
    this.#localNonce = version.nonce
    return encodeVersion(version)
  }
}
