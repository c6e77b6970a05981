import type { Stream } from '@libp2p/interface'
import { type NetAddress, OperationError, PeerFault, type Timer } from '@peerwright/core'
import type {
  BulkEnd, ChannelFacts, ConnectionClass, Goodbye, PeerFacts, PeerIdText, PeerSession, RemoteVersion, RequestOptions, SessionEnd
} from '@peerwright/interface'
import {
  decodeGoodbye, decodePing, decodeVersion, encodeGoodbye, encodePing, encodeVersion, messageByType, messageType, type Version
} from '@peerwright/protocol-messages'
import { BulkClient } from './bulk-client.ts'
import { BulkServer } from './bulk-server.ts'
import { GOODBYE_TIMEOUT_MS, MAX_HANDSHAKE_PAYLOAD_BYTES, MAX_LIVE_SEND_BYTES, NONCE_BYTES } from './constants.ts'
import type { ConversationSetting } from './conversation-setting.ts'
import { Credit } from './credit.ts'
import type { Frame } from './frame-reader.ts'
import { FrameStream } from './frame-stream.ts'
import { HANDSHAKE_START, type HandshakeEvent, type HandshakeState, stepHandshake } from './handshake.ts'
import type { Link } from './link.ts'
import { nextPingEventMs, pingDue, pingExpired, pingSent, type PingState, pongReceived, startPinging } from './ping.ts'

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
  #phase: Phase = 'handshake'
  #handshake: HandshakeState = HANDSHAKE_START
  #ping: PingState
  #live: FrameStream | undefined
  #bulkIn: FrameStream | undefined
  #lastByteMs: number
  #timer: Timer | undefined
  #end: SessionEnd | undefined
  readonly #probes: Array<() => void> = []

  constructor (link: Link, connectionClass: ConnectionClass, setting: ConversationSetting, events: ConversationEvents) {
    const nowMs = setting.clock.monotonic()
    this.#link = link
    this.#class = connectionClass
    this.#setting = setting
    this.#events = events
    this.peerId = link.remotePeer
    this.direction = link.direction
    this.address = link.address
    this.channel = link.channel
    this.facts = { openedMs: nowMs, bytesIn: 0, bytesOut: 0 }
    this.#lastByteMs = nowMs
    this.#ping = startPinging(nowMs)
    this.#bulkClient = new BulkClient({
      clock: setting.clock,
      credit: new Credit(setting.maxBlockBytes),
      open: async () => await this.#openBulk(),
      minRttMs: () => this.facts.minRttMs
    })
    this.#bulkServer = new BulkServer({
      session: this,
      handlerOf: type => setting.handlers.request(type),
      admit: frame => this.#admit(frame),
      onFailure: error => { this.#fail(error) }
    })
    this.#timer = setting.clock.schedule(setting.handshakeTimeoutMs, () => {
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
    return this.#handshake.phase === 'done'
  }

  get remote (): RemoteVersion {
    const version = this.#handshake.phase === 'done' ? this.#handshake.remote : undefined
    if (version === undefined) {
      throw new OperationError('not-open', 'the handshake is not done')
    }
    const { protocolVersion, services, userAgent, startHeight, extension } = version
    return { protocolVersion, services, userAgent, startHeight, chainWork: extension?.chainWork ?? 0n, features: extension?.features ?? [] }
  }

  /** The dialler begins: opens the live stream and says `version`. */
  async begin (): Promise<void> {
    try {
      const stream = await this.#link.newStream(this.#setting.protocols.live, this.#deadline(this.#setting.handshakeTimeoutMs))
      this.adoptLive(stream)
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
      this.#count(frame)
      if (this.#phase === 'handshake') {
        throw new PeerFault('before-verack', 'a request came before verack')
      }
      this.#bulkServer.onFrame(frame, frames)
    })
    this.#bulkIn = frames
  }

  send (type: number, payload: Uint8Array): boolean {
    return this.#phase === 'open' && this.#sendLive(type, payload)
  }

  bulkCredit (): number {
    return this.#bulkClient.available
  }

  async request (type: number, payload: Uint8Array, options: RequestOptions): Promise<BulkEnd> {
    if (this.#phase !== 'open') {
      throw new OperationError('closed', 'the session is not open')
    }
    return await this.#bulkClient.request(type, payload, options)
  }

  /** Asks the peer to show that it is alive. */
  async probe (timeoutMs: number): Promise<boolean> {
    const { clock } = this.#setting
    return await new Promise(resolve => {
      const timer = clock.schedule(timeoutMs, () => { resolve(false) })
      this.#probes.push(() => {
        timer.cancel()
        resolve(true)
      })
      // Any answer to any ping will do, and there may be one on its way already
      if (this.#ping.phase === 'resting') {
        this.#sendPing()
      }
    })
  }

  async close (goodbye: Goodbye): Promise<void> {
    await this.#leave(goodbye, { code: goodbye.code, remote: false })
  }

  async #leave (goodbye: Goodbye | undefined, end: SessionEnd): Promise<void> {
    if (this.#phase === 'closing' || this.#phase === 'closed') {
      return
    }
    this.#phase = 'closing'
    this.#timer?.cancel()
    this.#end = end
    this.#bulkClient.close(new OperationError('closed', 'the session closes'))
    const signal = this.#deadline(GOODBYE_TIMEOUT_MS)
    try {
      if (goodbye !== undefined && this.#live?.ended === false) {
        this.#sendLive(GOODBYE, encodeGoodbye(goodbye))
        await this.#live.halfClose(signal)
      }
      await this.#link.close(signal)
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
    this.#timer?.cancel()
    this.#bulkClient.close(new OperationError('closed', 'the session is closed'))
    this.#live?.detach()
    this.#bulkIn?.detach()
    if (linkOpen) {
      this.#link.abort(new OperationError('closed', 'the session is closed'))
    }
    this.#events.onEnd(this, end)
  }

  #fail (error: unknown): void {
    if (error instanceof PeerFault) {
      void this.#leave({ code: 'fault', text: error.code }, { code: 'fault', remote: false, fault: error })
    } else {
      void this.#leave({ code: 'done' }, { code: 'done', remote: false, fault: asError(error) })
    }
  }

  #frames (stream: Stream, requestIds: boolean, onFrame: (frame: Frame) => void | Promise<void>): FrameStream {
    return new FrameStream(
      stream,
      { requestIds, limit: type => this.#limit(type), unknownLimit: MAX_UNKNOWN_BYTES },
      {
        onFrame,
        onBytes: () => {
          this.#lastByteMs = this.#setting.clock.monotonic()
          this.#bulkClient.onBytes()
        },
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

  #count (frame: Frame): void {
    this.facts.bytesIn += frame.payload.length
  }

  #admit (frame: Frame): 'handle' | 'throttle' {
    const decision = this.#setting.admission?.frame(this, frame.type, frame.payload.length, this.#setting.clock.monotonic()) ?? 'handle'
    if (decision === 'disconnect') {
      throw new PeerFault('over-budget', 'far more than its budget', { offence: 'resource' })
    }
    return decision
  }

  #onLive (frame: Frame): void | Promise<void> {
    this.#count(frame)
    switch (this.#phase) {
      case 'handshake':
        this.#onHandshake(frame)
        return
      case 'open':
        return this.#onOpenFrame(frame)
      case 'closing':
      case 'closed':
    }
  }

  #onHandshake (frame: Frame): void {
    if (frame.type === GOODBYE) {
      this.#onGoodbye(frame)
      return
    }
    const step = stepHandshake(this.#handshake, this.#handshakeEvent(frame), this.direction, this.#setting.rules)
    this.#handshake = step.state
    switch (step.action) {
      case 'send-version-and-verack':
        this.#sendLive(VERSION, this.#version())
        this.#sendLive(VERACK, EMPTY)
        break
      case 'send-verack':
        this.#sendLive(VERACK, EMPTY)
        break
      case 'refuse':
        void this.close({ code: step.state.phase === 'refused' ? step.state.code : 'done' })
        break
      case 'open':
        this.#opened()
        break
      case 'none':
    }
  }

  #handshakeEvent (frame: Frame): HandshakeEvent {
    switch (frame.type) {
      case VERSION:
        // A second version is not even decoded
        return this.#handshake.phase === 'awaiting'
          ? { type: 'version', version: decodeVersion(frame.payload) }
          : { type: 'message', known: false }
      case VERACK:
        return { type: 'verack' }
      default:
        return { type: 'message', known: messageByType(frame.type) !== undefined }
    }
  }

  #opened (): void {
    this.#phase = 'open'
    if (this.direction === 'inbound' && this.#handshake.phase === 'done') {
      this.#class = this.#handshake.remote.extension?.connectionClass ?? this.#class
    }
    this.#watch()
    this.#events.onOpen(this)
  }

  #onOpenFrame (frame: Frame): void | Promise<void> {
    switch (frame.type) {
      case PING:
        this.#sendLive(PONG, encodePing(decodePing(frame.payload)))
        return
      case PONG:
        this.#onPong(decodePing(frame.payload))
        return
      case GOODBYE:
        this.#onGoodbye(frame)
        return
      case VERSION:
      case VERACK:
        return
    }
    const message = messageByType(frame.type)
    if (message === undefined) {
      return
    }
    if (message.stream !== 'live') {
      throw new PeerFault('wrong-stream', `${message.name} does not travel on the live stream`)
    }
    if (this.#admit(frame) === 'handle') {
      return this.#setting.handlers.live(frame.type)?.(this, frame.payload)
    }
  }

  #onGoodbye (frame: Frame): void {
    const goodbye = decodeGoodbye(frame.payload)
    void this.#leave(undefined, {
      code: goodbye.code,
      remote: true,
      ...(goodbye.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: goodbye.retryAfterSeconds })
    })
  }

  #onPong (nonce: bigint): void {
    const { state, rttMs } = pongReceived(this.#ping, nonce, this.#setting.ping, this.#setting.clock.monotonic())
    this.#ping = state
    if (rttMs !== undefined) {
      this.facts.rttMs = rttMs
      this.facts.minRttMs = Math.min(rttMs, this.facts.minRttMs ?? rttMs)
      for (const probe of this.#probes.splice(0)) {
        probe()
      }
      this.#watch()
    }
  }

  /** Pings when it is time, and ends the session of a peer that does not answer or falls silent. */
  #watch (): void {
    this.#timer?.cancel()
    if (this.#phase !== 'open') {
      return
    }
    const { clock, ping, idleTimeoutMs } = this.#setting
    const nowMs = clock.monotonic()
    if (pingExpired(this.#ping, ping, nowMs) || nowMs - this.#lastByteMs >= idleTimeoutMs) {
      void this.close({ code: 'timeout', text: 'no answer' })
      return
    }
    if (pingDue(this.#ping, nowMs)) {
      this.#sendPing()
    }
    const nextMs = Math.min(nextPingEventMs(this.#ping, ping), this.#lastByteMs + idleTimeoutMs)
    this.#timer = clock.schedule(Math.max(1, nextMs - nowMs), () => { this.#watch() })
  }

  #sendPing (): void {
    const nonce = new DataView(this.#setting.random.bytes(NONCE_BYTES).buffer).getBigUint64(0)
    this.#ping = pingSent(nonce, this.#setting.clock.monotonic())
    this.#sendLive(PING, encodePing(nonce))
  }

  #sendLive (type: number, payload: Uint8Array): boolean {
    const sent = this.#live?.trySend(type, payload, MAX_LIVE_SEND_BYTES) ?? false
    if (sent) {
      this.facts.bytesOut += payload.length
    }
    return sent
  }

  #version (): Uint8Array {
    const version: Version = this.#setting.version(this.#class, this.address)
    return encodeVersion(version)
  }

  #deadline (delayMs: number): AbortSignal {
    const controller = new AbortController()
    this.#setting.clock.schedule(delayMs, () => { controller.abort(new OperationError('timeout', `not done within ${delayMs} ms`)) })
    return controller.signal
  }

  async #openBulk (): Promise<FrameStream> {
    const stream = await this.#link.newStream(this.#setting.protocols.bulk, this.#deadline(this.#setting.handshakeTimeoutMs))
    return this.#frames(stream, true, frame => {
      this.#count(frame)
      return this.#bulkClient.onFrame(frame)
    })
  }
}

function asError (error: unknown): Error {
  return error instanceof Error ? error : new OperationError('failed', 'something that is no error was thrown', { cause: error })
}
