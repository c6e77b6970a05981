import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { OperationError } from '@peerwright/core'
import { BULK_TURN_BYTES } from './constants.ts'
import { type Frame, FrameReader, type FrameReaderOptions } from './frame-reader.ts'
import { frameHeader, joined, wholeFrame } from './frame-writer.ts'

/** What a frame stream tells its owner. */
export interface FrameStreamEvents {
  /** A frame arrived. While the promise is pending no further one is handed out and the sender is held. */
  readonly onFrame: (frame: Frame) => void | Promise<void>
  /** The stream is over, by its end, a reset, or an error that `onFrame` threw. Called once. */
  readonly onEnd: (error: Error | undefined) => void
  /** Bytes arrived, of whatever frame */
  readonly onBytes?: (count: number) => void
  /** Bytes were given to the stream */
  readonly onSent?: (count: number) => void
}

/** Hands the turn to other work; production waits for the next round of the event loop. */
export type YieldTurn = () => Promise<void>

/**
 * Frames over one libp2p stream, with back-pressure both ways.
 *
 * Receiving: the `message` event fills the reader; while the owner is busy the stream is paused, which stops the window
 * of the muxer, so that a fast sender is held to the owner's pace by at most one window of bytes. `pause` is called in a
 * microtask, never inside the event: called inside, it is undone by the `resume` that dispatches the event (LIBP2P D2).
 *
 * Sending: `trySend` queues a whole small frame or refuses; `sendPaced` puts a big one in by turns and waits for `drain`.
 * `onDrain()` of libp2p is not used: it resolves at once from its second call on (LIBP2P D1).
 */
export class FrameStream {
  readonly #stream: Stream
  readonly #reader: FrameReader
  readonly #events: FrameStreamEvents
  readonly #yieldTurn: YieldTurn
  #sentBytes = 0
  #pumping = false
  #inputOver = false
  #ended = false
  /** Frames that wait for others to travel with */
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #flushing = false

  constructor (stream: Stream, options: FrameReaderOptions, events: FrameStreamEvents, yieldTurn: YieldTurn) {
    this.#stream = stream
    this.#reader = new FrameReader(options)
    this.#events = events
    this.#yieldTurn = yieldTurn
    stream.addEventListener('close', this.#onClose)
    stream.addEventListener('end', this.#onInputOver)
    stream.addEventListener('remoteCloseWrite', this.#onInputOver)
    stream.addEventListener('message', this.#onMessage)
  }

  /** Bytes given to the stream so far */
  get sentBytes (): number {
    return this.#sentBytes
  }

  /** Whether the stream takes no more frames */
  get ended (): boolean {
    return this.#ended || this.#stream.writeStatus !== 'writable'
  }

  /**
   * Queues a frame.
   *
   * @returns false when the stream is over or more than `maxUnsentBytes` would wait to be sent
   */
  trySend (type: number, payload: Uint8Array, maxUnsentBytes: number): boolean {
    if (this.ended) {
      return false
    }
    const frame = wholeFrame(type, payload)
    if (this.#stream.writeBufferLength + frame.length > maxUnsentBytes) {
      return false
    }
    this.#write(frame)
    return true
  }

  /**
   * Sends a frame in turns, waiting whenever the connection is full.
   *
   * @param more - whether another frame follows: small ones travel together, which spares both sides a packet each
   * @throws OperationError `closed`
   */
  async sendPaced (type: number, payload: Uint8Array, requestId: number, more = false): Promise<void> {
    const first = payload.subarray(0, BULK_TURN_BYTES)
    this.#gathered.push(frameHeader(type, payload.length, requestId), first)
    this.#gatheredBytes += first.length
    if (more && this.#gatheredBytes < BULK_TURN_BYTES && !this.ended) {
      this.#flushSoon()
      return
    }
    await this.#flush()
    for (let at = BULK_TURN_BYTES; at < payload.length; at += BULK_TURN_BYTES) {
      await this.#yieldTurn()
      await this.#sendTurn([payload.subarray(at, at + BULK_TURN_BYTES)])
    }
  }

  /** Sends what was gathered, be it that nothing follows after all. */
  #flushSoon (): void {
    if (!this.#flushing) {
      this.#flushing = true
      void this.#yieldTurn().then(async () => {
        this.#flushing = false
        await this.#flush()
      }).catch(() => {
        // The stream is over: whoever sends next is told
      })
    }
  }

  async #flush (): Promise<void> {
    const parts = this.#gathered
    this.#gathered = []
    this.#gatheredBytes = 0
    if (parts.length > 0) {
      await this.#sendTurn(parts.length > 2 ? [joined(parts)] : parts)
    }
  }

  async #sendTurn (parts: readonly Uint8Array[]): Promise<void> {
    while (!this.ended && this.#stream.writeBufferLength > BULK_TURN_BYTES) {
      await this.#drained()
    }
    if (this.ended) {
      throw new OperationError('closed', 'the stream closed before everything was sent')
    }
    let more = true
    for (const part of parts) {
      more = this.#write(part)
    }
    if (!more) {
      await this.#drained()
    }
  }

  #write (bytes: Uint8Array): boolean {
    this.#sentBytes += bytes.length
    this.#events.onSent?.(bytes.length)
    return this.#stream.send(bytes)
  }

  /** Resolves on the next `drain`, or when the stream is over. */
  async #drained (): Promise<void> {
    if (this.#ended) {
      return
    }
    await new Promise<void>(resolve => {
      const done = (): void => {
        this.#stream.removeEventListener('drain', done)
        this.#stream.removeEventListener('close', done)
        resolve()
      }
      this.#stream.addEventListener('drain', done)
      this.#stream.addEventListener('close', done)
    })
  }

  /** Ends our side of the stream: what is queued still goes out. */
  async halfClose (signal: AbortSignal): Promise<void> {
    await this.#stream.close({ signal })
  }

  /** Ends the stream at once, both ways. */
  abort (error: Error): void {
    this.#stream.abort(error)
  }

  /** Stops listening: nothing is told to the owner any more. */
  detach (): void {
    this.#ended = true
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#stream.removeEventListener('close', this.#onClose)
    this.#stream.removeEventListener('end', this.#onInputOver)
    this.#stream.removeEventListener('remoteCloseWrite', this.#onInputOver)
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    const { data } = event
    this.#events.onBytes?.(data.byteLength)
    if (data instanceof Uint8Array) {
      this.#reader.push(data)
    } else {
      for (const chunk of data) {
        this.#reader.push(chunk)
      }
    }
    this.#pump()
  }

  readonly #onClose = (event: StreamCloseEvent): void => {
    if (event.error === undefined) {
      this.#onInputOver()
    } else {
      this.#end(event.error)
    }
  }

  /** Nothing more arrives; the last frames may still lie in the buffer of a paused stream or wait for the owner. */
  readonly #onInputOver = (): void => {
    this.#inputOver = true
    this.#endWhenDrained()
  }

  #endWhenDrained (): void {
    if (this.#inputOver && !this.#pumping && this.#stream.readBufferLength === 0) {
      this.#end(undefined)
    }
  }

  #pump (): void {
    if (this.#pumping) {
      return
    }
    this.#pumping = true
    try {
      for (let frame = this.#reader.next(); frame !== undefined && !this.#ended; frame = this.#reader.next()) {
        const handled = this.#events.onFrame(frame)
        if (handled !== undefined) {
          this.#hold(handled)
          return
        }
      }
      this.#pumping = false
    } catch (error) {
      this.#fail(error)
    }
    this.#endWhenDrained()
  }

  #hold (handled: Promise<void>): void {
    let settled = false
    queueMicrotask(() => {
      if (!settled) {
        this.#setPaused(true)
      }
    })
    handled.then(() => {
      settled = true
      this.#pumping = false
      this.#pump()
      if (!this.#pumping) {
        this.#setPaused(false)
      }
    }, (error: unknown) => {
      settled = true
      this.#fail(error)
    })
  }

  #setPaused (paused: boolean): void {
    const { readStatus } = this.#stream
    if (this.#ended || readStatus === 'closed' || readStatus === 'closing') {
      return
    }
    if (paused) {
      this.#stream.pause()
    } else {
      this.#stream.resume()
    }
  }

  #fail (error: unknown): void {
    this.#end(error instanceof Error ? error : new OperationError('failed', 'a frame handler failed', { cause: error }))
  }

  #end (error: Error | undefined): void {
    if (!this.#ended) {
      this.detach()
      this.#events.onEnd(error)
    }
  }
}
