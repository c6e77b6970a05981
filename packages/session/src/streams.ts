import type { Stream } from '@libp2p/interface'
import { PeerFault } from '@peerwright/core'
import type { PeerFacts } from '@peerwright/interface'
import { MAX_LIVE_SEND_BYTES } from './constants.ts'
import type { ConversationSetting } from './conversation-setting.ts'
import { within } from './deadline.ts'
import type { Frame } from './frame-reader.ts'
import { FrameStream } from './frame-stream.ts'
import type { Link } from './link.ts'

/** What the streams of a conversation need from it. */
export interface StreamsParts {
  readonly link: Link
  readonly setting: ConversationSetting
  /** Gets the bytes */
  readonly facts: PeerFacts
  /** Largest payload of a type in bytes, as things stand; undefined for unknown types */
  readonly limit: (type: number) => number | undefined
  readonly onLive: (frame: Frame) => void | Promise<void>
  /** A frame of the peer's bulk stream, and the stream to answer on */
  readonly onRequest: (frame: Frame, stream: FrameStream) => void
  /** A frame of our bulk stream */
  readonly onAnswer: (frame: Frame) => void | Promise<void>
  /** Bytes arrived, of whatever frame */
  readonly onBytes: (stream: 'live' | 'requests' | 'answers') => void
  /** One of them is over, for both sides */
  readonly onEnd: (error: Error | undefined) => void
}

/** Largest payload of a type that the message table does not have: such messages are skipped, not punished. */
const MAX_UNKNOWN_BYTES = 65_536

/** The streams of one conversation: one for live messages, and one for bulk that each side opens for its own requests. */
export class Streams {
  readonly #parts: StreamsParts
  #live: FrameStream | undefined
  #requests: FrameStream | undefined

  constructor (parts: StreamsParts) {
    this.#parts = parts
  }

  /** Whether the live stream is there */
  get live (): boolean {
    return this.#live !== undefined
  }

  /** @throws what libp2p throws, and OperationError `timeout` */
  async openLive (): Promise<Stream> {
    return await this.#open(this.#parts.setting.protocols.live)
  }

  /** A live stream arrived, or is ours. A second one is reset. */
  adoptLive (stream: Stream): void {
    if (this.#live !== undefined) {
      stream.abort(new PeerFault('second-stream', 'a second live stream'))
      return
    }
    this.#live = this.#frames(stream, 'live', frame => this.#parts.onLive(frame))
  }

  /** The peer's bulk stream arrived. A second one, or one before the live stream, is reset. */
  adoptRequests (stream: Stream): void {
    if (this.#requests !== undefined || this.#live === undefined) {
      stream.abort(new PeerFault('second-stream', 'a second bulk stream'))
      return
    }
    const frames: FrameStream = this.#frames(stream, 'requests', frame => { this.#parts.onRequest(frame, frames) })
    this.#requests = frames
  }

  /** Opens our bulk stream. @throws what libp2p throws, and OperationError `timeout` */
  async openAnswers (): Promise<FrameStream> {
    return this.#frames(await this.#open(this.#parts.setting.protocols.bulk), 'answers', frame => this.#parts.onAnswer(frame))
  }

  /** Queues a live message. @returns false when the stream is not there, over, or full */
  send (type: number, payload: Uint8Array): boolean {
    return this.#live?.trySend(type, payload, MAX_LIVE_SEND_BYTES) ?? false
  }

  /** Ends our side of the live stream once what is queued has gone out. */
  async endLive (signal: AbortSignal): Promise<void> {
    if (this.#live?.ended === false) {
      await this.#live.halfClose(signal)
    }
  }

  /** Stops listening: nothing is told any more. */
  detach (): void {
    this.#live?.detach()
    this.#requests?.detach()
  }

  #frames (stream: Stream, kind: 'live' | 'requests' | 'answers', onFrame: (frame: Frame) => void | Promise<void>): FrameStream {
    const { facts, limit, onBytes, onEnd, setting } = this.#parts
    return new FrameStream(
      stream,
      { requestIds: kind !== 'live', limit, unknownLimit: MAX_UNKNOWN_BYTES },
      {
        onFrame,
        onBytes: count => {
          facts.bytesIn += count
          onBytes(kind)
        },
        onSent: count => { facts.bytesOut += count },
        onEnd
      },
      setting.yieldTurn
    )
  }

  async #open (protocol: string): Promise<Stream> {
    const { link, setting: { clock, handshakeTimeoutMs } } = this.#parts
    return await within(clock, handshakeTimeoutMs, async signal => await link.newStream(protocol, signal))
  }
}
