import {
  type AbortOptions, type MessageStreamEvents, type MessageStreamReadStatus, type MessageStreamStatus, type MessageStreamWriteStatus,
  StreamAbortEvent, StreamCloseEvent, StreamMessageEvent, StreamResetEvent
} from '@libp2p/interface'
import { OperationError } from '@peerwright/core'
import { MUXER_STREAM_OPTIONS } from '@peerwright/transport'
import { type EventHandler, TypedEventEmitter } from 'main-event'
import type { Timeline } from './timeline.ts'
import type { End, Wire } from './wire.ts'

/** Bytes of a frame of Yamux, which carries at most so much of a stream, and of a record of Noise around it. */
const FRAME_BYTES = 65_536
const OVERHEAD_BYTES = 12 + 18

/** What a stream runs on. */
export interface StreamParts {
  readonly timeline: Timeline
  readonly wire: Wire
  readonly end: End
  readonly protocol: string
  readonly direction: 'inbound' | 'outbound'
  readonly onEnd: (stream: VirtualStream) => void
}

/**
 * One end of a stream: libp2p's interface, with the window and the limits of our Yamux. What is sent waits while the reader of the other
 * end is paused, as it does in production.
 */
export class VirtualStream extends TypedEventEmitter<MessageStreamEvents> {
  readonly protocol: string
  readonly direction: 'inbound' | 'outbound'
  status: MessageStreamStatus = 'open'
  readStatus: MessageStreamReadStatus = 'readable'
  writeStatus: MessageStreamWriteStatus = 'writable'
  readBufferLength = 0
  writeBufferLength = 0
  readonly #parts: StreamParts
  #other: VirtualStream | undefined
  readonly #unread: Uint8Array[] = []
  readonly #unsent: Uint8Array[] = []
  /** Bytes that the other end takes */
  #window: number = MUXER_STREAM_OPTIONS.maxStreamWindowSize
  #consumed = 0
  #waitsForRoom = false
  /** A sender was told to wait */
  #owesDrain = false
  #remoteDone = false
  readonly #flushed: Array<() => void> = []

  constructor (parts: StreamParts) {
    super()
    this.#parts = parts
    this.protocol = parts.protocol
    this.direction = parts.direction
  }

  /** Joins the two ends. */
  join (other: VirtualStream): void {
    this.#other = other
    other.#other = this
  }

  /** What came before anybody listened is handed out to who listens first. */
  override addEventListener<K extends keyof MessageStreamEvents> (
    type: K, listener: EventHandler<MessageStreamEvents[K]> | null, options?: Parameters<EventTarget['addEventListener']>[2]
  ): void {
    super.addEventListener(type, listener, options)
    if (type === 'message') {
      queueMicrotask(() => { this.#read() })
    }
  }

  send (data: Uint8Array): boolean {
    if (this.writeStatus !== 'writable') {
      throw new OperationError('closed', 'the stream is closed for writing')
    }
    this.#unsent.push(data)
    this.writeBufferLength += data.length
    this.#pump()
    this.#owesDrain = this.writeBufferLength > 0
    return !this.#owesDrain
  }

  pause (): void {
    if (this.readStatus === 'readable') {
      this.readStatus = 'paused'
    }
  }

  resume (): void {
    if (this.readStatus === 'paused') {
      this.readStatus = 'readable'
      this.#read()
    }
  }

  /** Ends our side once what was sent has gone out. */
  async close ({ signal }: AbortOptions = {}): Promise<void> {
    if (this.writeStatus !== 'writable') {
      return
    }
    this.writeStatus = 'closing'
    if (this.writeBufferLength > 0) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>()
      this.#flushed.push(() => { resolve(undefined) })
      signal?.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
      await promise
    }
    this.#closeWrite()
  }

  abort (error: Error): void {
    if (this.status === 'open') {
      this.#transmit(0, other => { other.#onReset() })
      this.#finish('aborted', new StreamAbortEvent(error))
    }
  }

  /** The connection under it is over. */
  onConnectionEnd (error: Error | undefined): void {
    if (this.status === 'open') {
      this.#finish(error === undefined ? 'closed' : 'reset', new StreamCloseEvent(false, error))
    }
  }

  #closeWrite (): void {
    if (this.status === 'open') {
      this.writeStatus = 'closed'
      this.#transmit(0, other => { other.#onRemoteDone() })
      this.#endWhenDone()
    }
  }

  #pump (): void {
    while (this.#unsent.length > 0 && this.#window > 0 && this.status === 'open') {
      const waitMs = this.#parts.wire.roomInMs(this.#parts.end)
      if (waitMs > 0) {
        this.#waitForRoom(waitMs)
        return
      }
      const first = this.#unsent[0] as Uint8Array
      const data = first.subarray(0, Math.min(FRAME_BYTES, this.#window))
      if (data.length === first.length) {
        this.#unsent.shift()
      } else {
        this.#unsent[0] = first.subarray(data.length)
      }
      this.#window -= data.length
      this.writeBufferLength -= data.length
      this.#transmit(data.length, other => { other.#onData(data) })
    }
    if (this.#unsent.length === 0) {
      if (this.#owesDrain) {
        this.#owesDrain = false
        this.dispatchEvent(new Event('drain'))
      }
      for (const flushed of this.#flushed.splice(0)) {
        flushed()
      }
    }
  }

  #waitForRoom (waitMs: number): void {
    if (!this.#waitsForRoom) {
      this.#waitsForRoom = true
      this.#parts.timeline.schedule(waitMs, () => {
        this.#waitsForRoom = false
        this.#pump()
      })
    }
  }

  #transmit (sizeBytes: number, deliver: (other: VirtualStream) => void): void {
    const { wire, end } = this.#parts
    const other = this.#other
    if (other !== undefined) {
      wire.send(end, sizeBytes + OVERHEAD_BYTES, () => { deliver(other) })
    }
  }

  #onData (data: Uint8Array): void {
    if (this.status === 'open') {
      this.#unread.push(data)
      this.readBufferLength += data.length
      if (this.readStatus === 'readable') {
        this.#read()
      }
    }
  }

  #read (): void {
    while (this.readStatus === 'readable' && this.status === 'open' && this.listenerCount('message') > 0) {
      const data = this.#unread.shift()
      if (data === undefined) {
        break
      }
      this.readBufferLength -= data.length
      this.#consumed += data.length
      this.dispatchEvent(new StreamMessageEvent(data))
    }
    // As Yamux does: the window is opened again when half of it is used up
    if (this.#consumed >= MUXER_STREAM_OPTIONS.maxStreamWindowSize / 2) {
      const room = this.#consumed
      this.#consumed = 0
      this.#transmit(0, other => { other.#onWindow(room) })
    }
    this.#endWhenRead()
  }

  #onWindow (room: number): void {
    this.#window += room
    this.#pump()
  }

  #onRemoteDone (): void {
    if (this.status === 'open') {
      this.#remoteDone = true
      this.dispatchEvent(new Event('remoteCloseWrite'))
      this.#endWhenRead()
    }
  }

  #endWhenRead (): void {
    if (this.#remoteDone && this.#unread.length === 0 && this.readStatus !== 'closed' && this.status === 'open') {
      this.readStatus = 'closed'
      this.dispatchEvent(new Event('end'))
      this.#endWhenDone()
    }
  }

  #endWhenDone (): void {
    if (this.readStatus === 'closed' && this.writeStatus === 'closed' && this.status === 'open') {
      this.#finish('closed', new StreamCloseEvent(true))
    }
  }

  #onReset (): void {
    if (this.status === 'open') {
      this.#finish('reset', new StreamResetEvent(new OperationError('closed', 'the other side reset the stream')))
    }
  }

  #finish (status: MessageStreamStatus, event: StreamCloseEvent): void {
    this.status = status
    this.readStatus = 'closed'
    this.writeStatus = 'closed'
    this.#unread.length = 0
    this.#unsent.length = 0
    this.readBufferLength = 0
    this.writeBufferLength = 0
    for (const flushed of this.#flushed.splice(0)) {
      flushed()
    }
    this.dispatchEvent(event)
    this.#parts.onEnd(this)
  }
}
