import { type Clock, OperationError, PeerFault, type Timer } from '@peerwright/core'
import type { PeerFacts, RequestAnswer, RequestOptions } from '@peerwright/interface'
import { decodeEnd, messageByType, messageType } from '@peerwright/protocol-messages'
import { MAX_UNANSWERED_REQUESTS, MAX_WAITING_REQUESTS } from './constants.ts'
import type { Credit } from './credit.ts'
import type { Frame } from './frame-reader.ts'
import type { FrameStream } from './frame-stream.ts'

/** What asking needs from the conversation. */
export interface BulkClientParts {
  readonly clock: Clock
  readonly credit: Credit
  /** Opens the bulk stream; called at the first request, and again when that failed */
  readonly open: () => Promise<FrameStream>
  /** Tells the round trip, and is told the rate */
  readonly facts: PeerFacts
}

interface Waiting {
  readonly type: number
  readonly payload: Uint8Array
  readonly options: RequestOptions
  readonly resolve: (answer: RequestAnswer) => void
  readonly reject: (error: Error) => void
  /** Since when it waits for its turn, then for its answer */
  sinceMs: number
}

interface Asked extends Waiting {
  receivedBytes: number
  /** Nobody waits for the answer any more; its frames are counted and dropped */
  withdrawn: boolean
}

const END = messageType('end')

/** The asking side of a session's bulk stream: our requests travel out, their answers come back. */
export class BulkClient {
  readonly #parts: BulkClientParts
  readonly #asked = new Map<number, Asked>()
  readonly #waiting: Waiting[] = []
  #stream: Promise<FrameStream> | undefined
  #nextId = 1
  #lastByteMs = 0
  #idleTimer: Timer | undefined
  #closed: Error | undefined

  constructor (parts: BulkClientParts) {
    this.#parts = parts
  }

  /** Bytes that may be asked for now */
  get available (): number {
    return this.#parts.credit.available(this.#outstandingBytes(), this.#parts.facts.minRttMs)
  }

  /** @throws OperationError `closed`, `timeout`, `aborted`, `busy` */
  async request (type: number, payload: Uint8Array, options: RequestOptions): Promise<RequestAnswer> {
    if (options.signal?.aborted === true) {
      throw aborted()
    }
    if (this.#closed !== undefined) {
      throw this.#closed
    }
    if (this.#waiting.length >= MAX_WAITING_REQUESTS) {
      throw new OperationError('busy', `${MAX_WAITING_REQUESTS} requests wait for this peer already`)
    }
    const { promise, resolve, reject } = Promise.withResolvers<RequestAnswer>()
    const request: Waiting = { type, payload, options, resolve, reject, sinceMs: this.#parts.clock.monotonic() }
    const withdraw = (): void => { this.#withdraw(request, aborted()) }
    options.signal?.addEventListener('abort', withdraw, { once: true })
    this.#waiting.push(request)
    this.#sendNext()
    try {
      return await promise
    } finally {
      options.signal?.removeEventListener('abort', withdraw)
    }
  }

  /** One frame of an answer. */
  onFrame (frame: Frame): void | Promise<void> {
    const asked = this.#asked.get(frame.requestId)
    if (asked === undefined) {
      throw new PeerFault('unknown-request', 'an answer to no request of ours')
    }
    if (frame.type === END) {
      this.#asked.delete(frame.requestId)
      const { end, retryAfterSeconds } = decodeEnd(frame.payload)
      asked.resolve(end === 'busy' ? { end, retryAfterSeconds } : { end })
      this.#sendNext()
      return
    }
    if (messageByType(frame.type)?.stream !== 'answer') {
      throw new PeerFault('wrong-stream', 'a message that is no answer came as one')
    }
    asked.receivedBytes += frame.payload.length
    if (asked.receivedBytes > asked.options.maxBytes) {
      throw new PeerFault('over-credit', `an answer has more than the ${asked.options.maxBytes} bytes asked for`)
    }
    const { credit, clock, facts } = this.#parts
    credit.received(frame.payload.length, clock.monotonic(), this.#outstandingBytes())
    if (credit.bytesPerSecond !== undefined) {
      facts.bulkBytesPerSecond = credit.bytesPerSecond
    }
    return asked.withdrawn ? undefined : asked.options.onFrame(frame.type, frame.payload)
  }

  /** Bytes of answers arrived: the peer is not idle. What it says on the live stream keeps no request alive. */
  onBytes (): void {
    this.#lastByteMs = this.#parts.clock.monotonic()
  }

  /** The conversation is over. */
  close (error: OperationError): void {
    this.#closed = error
    this.#idleTimer?.cancel()
    for (const request of [...this.#asked.values(), ...this.#waiting]) {
      request.reject(error)
    }
    this.#asked.clear()
    this.#waiting.length = 0
  }

  #sendNext (): void {
    while (this.#asked.size < MAX_UNANSWERED_REQUESTS) {
      const request = this.#waiting.shift()
      if (request === undefined) {
        break
      }
      const id = this.#nextId++
      this.#asked.set(id, { ...request, sinceMs: this.#parts.clock.monotonic(), receivedBytes: 0, withdrawn: false })
      void this.#send(id, request)
    }
    this.#watchIdle()
  }

  async #send (id: number, { type, payload, reject }: Waiting): Promise<void> {
    this.#stream ??= this.#parts.open()
    const opening = this.#stream
    try {
      const stream = await opening.catch((error: unknown) => {
        // The next request may have more luck
        this.#stream = this.#stream === opening ? undefined : this.#stream
        throw error
      })
      await stream.sendPaced(type, payload, id)
    } catch (error) {
      // Nobody will answer it: its place is free again
      this.#asked.delete(id)
      reject(new OperationError('closed', 'the request could not be sent', { cause: error }))
      this.#sendNext()
    }
  }

  #withdraw (request: Waiting, error: OperationError): void {
    const at = this.#waiting.indexOf(request)
    if (at >= 0) {
      this.#waiting.splice(at, 1)
    }
    for (const asked of this.#asked.values()) {
      asked.withdrawn ||= asked.resolve === request.resolve
    }
    request.reject(error)
    this.#watchIdle()
  }

  /** The peer serves one request after the other: only the oldest can be late, be it that it waits behind withdrawn ones. */
  #watchIdle (): void {
    this.#idleTimer?.cancel()
    this.#idleTimer = undefined
    const oldest = this.#oldest()
    if (oldest === undefined || this.#closed !== undefined) {
      return
    }
    const nowMs = this.#parts.clock.monotonic()
    const deadlineMs = Math.max(this.#lastByteMs, oldest.sinceMs) + oldest.options.idleTimeoutMs
    if (nowMs >= deadlineMs) {
      this.#withdraw(oldest, new OperationError('timeout', `no byte of an answer for ${oldest.options.idleTimeoutMs} ms`))
      return
    }
    this.#idleTimer = this.#parts.clock.schedule(deadlineMs - nowMs, () => { this.#watchIdle() })
  }

  #oldest (): Waiting | undefined {
    return [...this.#asked.values()].find(asked => !asked.withdrawn) ?? this.#waiting[0]
  }

  #outstandingBytes (): number {
    let bytes = 0
    for (const asked of this.#asked.values()) {
      bytes += Math.max(0, asked.options.expectedBytes - asked.receivedBytes)
    }
    return this.#waiting.reduce((sum, waiting) => sum + waiting.options.expectedBytes, bytes)
  }
}

function aborted (): OperationError {
  return new OperationError('aborted', 'the request was withdrawn')
}
