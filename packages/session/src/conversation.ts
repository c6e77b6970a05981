import type { Stream } from '@libp2p/interface'
import { type NetAddress, OperationError, PeerFault, type Timer } from '@peerwright/core'
import type {
  ChannelFacts, ConnectionClass, Goodbye, PeerFacts, PeerIdText, PeerSession, RemoteVersion, RequestAnswer, RequestOptions, SessionEnd
} from '@peerwright/interface'
import { decodeGoodbye, decodePing, encodeGoodbye, encodePing, encodeVersion, messageByType, messageType } from '@peerwright/protocol-messages'
import { BulkClient } from './bulk-client.ts'
import { BulkServer } from './bulk-server.ts'
import { GOODBYE_TIMEOUT_MS, MAX_HANDSHAKE_PAYLOAD_BYTES, MAX_LIVE_SEND_BYTES } from './constants.ts'
import type { ConversationSetting } from './conversation-setting.ts'
import { Credit } from './credit.ts'
import { within } from './deadline.ts'
import type { Frame } from './frame-reader.ts'
import { FrameStream } from './frame-stream.ts'
import { Greeting } from './greeting.ts'
import type { Link } from './link.ts'
import { Liveness } from './liveness.ts'

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
const PONG = messageType('pong')
const GOODBYE = messageType('goodbye')
const EMPTY = new Uint8Array(0)

/** Largest payload of a type that the message table does not have: such messages are skipped, not punished. */
const MAX_UNKNOWN_BYTES = 65_536

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
  #phase: Phase = 'handshake'
  #live: FrameStream | undefined
  #bulkIn: FrameStream | undefined
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
    this.#greeting = new Greeting(link.direction, setting.rules)
    this.#liveness = new Liveness({
      clock: setting.clock,
      random: setting.random,
      rules: setting.ping,
      idleTimeoutMs: setting.idleTimeoutMs,
      facts: this.facts,
      sendPing: nonce => { this.#sendLive(PING, encodePing(nonce)) },
      onDead: () => { void this.close({ code: 'timeout', text: 'no answer' }) }
    })
    this.#bulkClient = new BulkClient({
      clock: setting.clock,
      credit: new Credit(setting.maxBlockBytes),
      open: async () => await this.#openBulk(),
      facts: this.facts
    })
    this.#bulkServer = new BulkServer({
      session: this,
      handlerOf: type => setting.handlers.request(type),
      admit: frame => this.#admit(frame),
      onFailure: error => { this.#fail(error) }
    })
    this.#handshakeTimer = setting.clock.schedule(setting.handshakeTimeoutMs, () => {
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

  get remote (): RemoteVersion {
    return this.#greeting.remote
  }

  /** The dialler begins: opens the live stream and says `version`. */
  async begin (): Promise<void> {
    try {
      this.adoptLive(await this.#openStream(this.#setting.protocols.live))
      this.#sendLive(VERSION, this.#version())
    } catch (error) {
      this.#finish({ code: 'lost', remote: true, fault: asError(error) })
    }
  }

  /** A live stream arrived, or is ours. A second one is reset. */
  adoptLive (stream: Stream): void {
    if (this.#live !== undefined || this.#phase !== 'handshake') {
      stream.abort(new PeerFault('second-stream', 'a second live stream'))
      return
    }
    this.#live = this.#frames(stream, false, frame => this.#onLive(frame))
  }

  /** A bulk stream arrived. A second one, or one before `version`, is reset. */
  adoptBulk (stream: Stream): void {
    if (this.#bulkIn !== undefined || this.#phase === 'closing' || this.#phase === 'closed' || this.#live === undefined) {
      stream.abort(new PeerFault('second-stream', 'a second bulk stream'))
      return
    }
    const frames: FrameStream = this.#frames(stream, true, frame => {
      if (this.#phase === 'handshake') {
        throw new PeerFault('before-verack', 'a request came before verack')
      }
      // Whoever says goodbye answers no more
      if (this.#phase === 'open') {
        this.#bulkServer.onFrame(frame, frames)
      }
    })
    this.#bulkIn = frames
  }

  send (type: number, payload: Uint8Array): boolean {
    return this.#phase === 'open' && this.#sendLive(type, payload)
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
    try {
      await within(this.#setting.clock, GOODBYE_TIMEOUT_MS, async signal => {
        if (goodbye !== undefined && this.#live?.ended === false) {
          this.#sendLive(GOODBYE, encodeGoodbye(goodbye))
          await this.#live.halfClose(signal)
        }
        await this.#link.close(signal)
      })
    } catch (error) {
      this.#link.abort(asError(error))
    }
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
    this.#live?.detach()
    this.#bulkIn?.detach()
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

  #frames (stream: Stream, requestIds: boolean, onFrame: (frame: Frame) => void | Promise<void>, onBytes?: () => void): FrameStream {
    return new FrameStream(
      stream,
      { requestIds, limit: type => this.#limit(type), unknownLimit: MAX_UNKNOWN_BYTES },
      {
        onFrame,
        onBytes: count => {
          this.facts.bytesIn += count
          this.#liveness.onBytes()
          onBytes?.()
        },
        onSent: count => { this.facts.bytesOut += count },
        onEnd: error => { this.#streamEnded(error) }
      },
      this.#setting.yieldTurn
    )
  }

  #streamEnded (error: Error | undefined): void {
    if (error instanceof PeerFault) {
      this.#fail(error)
    } else if (this.#phase !== 'closing') {
      // Without its streams there is no conversation: the other side closed, or the connection broke
      this.#finish(this.#end ?? { code: 'lost', remote: true, ...(error === undefined ? {} : { fault: error }) })
    }
  }

  #limit (type: number): number | undefined {
    const limit = this.#setting.payloadLimit(type)
    return this.#phase === 'handshake' ? Math.min(limit ?? MAX_HANDSHAKE_PAYLOAD_BYTES, MAX_HANDSHAKE_PAYLOAD_BYTES) : limit
  }

  #admit (frame: Frame): 'handle' | 'throttle' {
    const decision = this.#setting.admission?.frame(this, frame.type, frame.payload.length, this.#setting.clock.monotonic()) ?? 'handle'
    if (decision === 'disconnect') {
      throw new PeerFault('over-budget', 'far more than its budget', { offence: 'resource' })
    }
    return decision
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
      return this.#onMessage(frame)
    }
  }

  #onHandshake (frame: Frame): void {
    const { state, action } = this.#greeting.onFrame(frame)
    switch (action) {
      case 'send-version-and-verack':
        this.#sendLive(VERSION, this.#version())
        this.#sendLive(VERACK, EMPTY)
        break
      case 'send-verack':
        this.#sendLive(VERACK, EMPTY)
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

  #onMessage ({ type, payload }: Frame): void | Promise<void> {
    switch (type) {
      case PING:
        this.#sendLive(PONG, encodePing(decodePing(payload)))
        return
      case PONG:
        this.#liveness.onPong(decodePing(payload))
        return
      case VERSION:
      case VERACK:
        return
    }
    const message = messageByType(type)
    if (message === undefined) {
      return
    }
    if (message.stream !== 'live') {
      throw new PeerFault('wrong-stream', `${message.name} does not travel on the live stream`)
    }
    return this.#setting.handlers.live(type)?.(this, payload)
  }

  #onGoodbye (frame: Frame): void {
    const goodbye = decodeGoodbye(frame.payload)
    void this.#leave(undefined, {
      code: goodbye.code,
      remote: true,
      ...(goodbye.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: goodbye.retryAfterSeconds })
    })
  }

  #sendLive (type: number, payload: Uint8Array): boolean {
    return this.#live?.trySend(type, payload, MAX_LIVE_SEND_BYTES) ?? false
  }

  #version (): Uint8Array {
    return encodeVersion(this.#setting.version(this.#class, this.address))
  }

  async #openBulk (): Promise<FrameStream> {
    const stream = await this.#openStream(this.#setting.protocols.bulk)
    return this.#frames(stream, true, frame => this.#bulkClient.onFrame(frame), () => { this.#bulkClient.onBytes() })
  }

  async #openStream (protocol: string): Promise<Stream> {
    const { clock, handshakeTimeoutMs } = this.#setting
    return await within(clock, handshakeTimeoutMs, async signal => await this.#link.newStream(protocol, signal))
  }
}

function asError (error: unknown): Error {
  return error instanceof Error ? error : new OperationError('failed', 'something that is no error was thrown', { cause: error })
}
