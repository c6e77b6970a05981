import { once } from 'node:events'
import type { AbortOptions, MessageStream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { AbstractMessageStream, type SendResult } from '@libp2p/utils'
import { PeerFault, release } from '@peerwright/core'
import { ofSocket } from '../socket-memory.ts'
import type { CipherState } from './cipher-state.ts'
import { borrow, giveBack } from './record-memory.ts'
import { RecordReader } from './record-reader.ts'
import { RecordWriter } from './record-writer.ts'

/**
 * Most writes that wait for the end of the running task, to share a record. A full socket is heard of when they leave, so these are the
 * writes by which a sender that never yields can overshoot, within one record. Chosen: more than the 63 of 1 KiB that fill one, and a
 * divisor of the 10,000 that libp2p's suite sends before it closes at once, whose echo is lost unless the last one waits for room.
 */
const BATCH_WRITES = 80

/** What arrives in one piece of this size is followed by more at once. Chosen: half of what Node reads from a socket in one go. */
const BULK_BYTES = 32_768

/**
 * Bytes received in bulk after which an answer waits no longer. Chosen: three quarters of the window that a stream of Yamux begins with, so
 * that whoever waits for the window to open does not run dry.
 */
const MAX_UNANSWERED_BYTES = 196_608

/** What libp2p hands down to be sent: a list of pieces. */
type Uint8ArrayList = Parameters<AbstractMessageStream['sendData']>[0]

/** A connection after the handshake: what is sent leaves encrypted, what arrives is handed on once its tag has proved it. */
export class EncryptedStream extends AbstractMessageStream {
  readonly #stream: MessageStream
  readonly #writer: RecordWriter
  readonly #reader: RecordReader
  /** Writes that wait */
  #writes = 0
  #flushing = false
  /** Whether bulk is being handed on */
  #bulk = false
  /** Bytes received since the first write that waits */
  #unanswered = 0
  /** Whether the stream below has no room until it drains */
  #full = false
  /** Whether what is read is ours to release, and what was written is held by nobody once it drains */
  readonly #ofSocket: boolean
  /** What a record is in that the socket has no room for */
  #lent: Uint8Array | undefined
  #flowChanging = false

  constructor (stream: MessageStream, ciphers: { readonly send: CipherState, readonly receive: CipherState }) {
    super({
      log: stream.log,
      inactivityTimeout: stream.inactivityTimeout,
      maxReadBufferLength: stream.maxReadBufferLength,
      direction: stream.direction
    })
    this.#stream = stream
    this.#ofSocket = ofSocket(stream)
    this.#writer = new RecordWriter(ciphers.send)
    this.#reader = new RecordReader(ciphers.receive)
    stream.addEventListener('message', event => { this.#onMessage(event) })
    stream.addEventListener('drain', () => { this.#onDrain() })
    stream.addEventListener('remoteCloseWrite', () => { this.#afterUnread(() => { this.#onEnd(() => { this.onRemoteCloseWrite() }) }) })
    stream.addEventListener('close', event => { this.#onClose(event) })
  }

  /**
   * Full records leave at once, the rest with what else is sent in the running task. What answers bulk leaves when there is no more to
   * read, or enough is unanswered: a muxer opens its window for each piece, and would pay a record and a write for each. Whoever sends gives
   * its bytes away, as with every stream of libp2p.
   */
  sendData (data: Uint8ArrayList): SendResult {
    let sentBytes = 0
    for (const piece of data) {
      for (let offset = 0; offset < piece.length;) {
        if (this.#full) {
          return { sentBytes, canSendMore: false }
        }
        const taken = this.#writer.add(piece.subarray(offset))
        offset += taken
        sentBytes += taken
        if (this.#writer.full) {
          this.#flush()
        }
      }
    }
    this.#writes++
    if (this.#writes >= BATCH_WRITES) {
      this.#flush()
    } else if (this.#writer.bytes > 0 && !this.#flushing && !this.#full) {
      this.#flushing = true
      this.#unanswered = 0
      const later = this.#bulk ? setImmediate : queueMicrotask
      later(() => { this.#flushLater() })
    }
    return { sentBytes, canSendMore: !this.#full }
  }

  sendReset (error: Error): void {
    this.#stream.abort(error)
  }

  sendPause (): void {
    this.#changeFlow()
  }

  sendResume (): void {
    this.#changeFlow()
  }

  /** Everything that was sent goes out first. */
  async close (options?: AbortOptions): Promise<void> {
    if (this.writeStatus !== 'writable') {
      return
    }
    this.writeStatus = 'closing'
    if (this.writeBufferLength > 0) {
      await this.#idle(options)
    }
    if (!this.#broken) {
      this.#flush()
      await this.#stream.close(options)
    }
  }

  /**
   * Holds or releases the stream below at the end of the running task. Inside the task it may be in the midst of its own `resume`,
   * which would undo a `pause` that a listener asks for, and data would pile up until the connection breaks.
   */
  #changeFlow (): void {
    if (this.#flowChanging) {
      return
    }
    this.#flowChanging = true
    queueMicrotask(() => {
      this.#flowChanging = false
      if (this.#stream.readableEnded) {
        return
      }
      if (this.readStatus === 'paused') {
        this.#stream.pause()
      } else if (this.readStatus === 'readable') {
        this.#stream.resume()
      }
    })
  }

  async #idle (options?: AbortOptions): Promise<void> {
    const done = new AbortController()
    const signal = options?.signal === undefined ? done.signal : AbortSignal.any([done.signal, options.signal])
    try {
      await Promise.race([once(this, 'idle', { signal }), once(this, 'close', { signal })])
    } finally {
      done.abort()
    }
  }

  /** Whether it ended by a fault. One that was merely closed still carries what is under way. */
  get #broken (): boolean {
    return this.status === 'aborted' || this.status === 'reset'
  }

  /** Sends what waits as one record. */
  #flush (): void {
    this.#writes = 0
    if (this.#writer.bytes === 0) {
      return
    }
    // One that fills a socket is told of when it has left
    const memory = this.#ofSocket && this.#writer.full && this.#lent === undefined ? borrow() : undefined
    this.#full = !this.#stream.send(this.#writer.take(memory))
    if (memory !== undefined) {
      this.#lent = memory
      if (!this.#full) {
        this.#giveBack()
      }
    }
  }

  /** What the socket has room for again has left, unless libp2p still holds it. */
  #giveBack (): void {
    if (this.#lent !== undefined && this.#stream.writeBufferLength === 0) {
      giveBack(this.#lent)
      this.#lent = undefined
    }
  }

  /** Nobody waits for the answer any more: a full socket holds back what is sent next, until it drains. */
  #flushLater (): void {
    this.#flushing = false
    if (this.#broken || this.#full) {
      return
    }
    try {
      this.#flush()
      if (this.#full) {
        this.writableNeedsDrain = true
      }
    } catch (error) {
      this.abort(error as Error)
    }
  }

  /** What waited goes first; whoever waits for room hears of it if there is some left. */
  #onDrain (): void {
    this.#full = false
    this.#giveBack()
    this.#flushLater()
    if (!this.#full) {
      this.safeDispatchEvent('drain')
    }
  }

  /** All that arrived together is handed on together, so that what answers it leaves together; nothing, when one record is bad. */
  #onMessage ({ data }: StreamMessageEvent): void {
    if (this.#broken) {
      return
    }
    const plain: Uint8Array[] = []
    try {
      for (const chunk of data instanceof Uint8Array ? [data] : data) {
        this.#reader.read(chunk, plain)
        if (this.#ofSocket) {
          release(chunk)
        }
      }
    } catch (error) {
      this.abort(error as Error)
      return
    }
    const last = plain.pop()
    if (last !== undefined && (this.readStatus === 'readable' || this.readStatus === 'paused')) {
      this.readBuffer.appendAll(plain)
      this.#bulk = data.byteLength >= BULK_BYTES
      this.onData(last)
      this.#bulk = false
      this.#unanswered += data.byteLength
      if (this.#flushing && this.#unanswered >= MAX_UNANSWERED_BYTES) {
        this.#flushLater()
      }
    }
  }

  /** What a pause holds back below comes before the end of all. */
  #afterUnread (end: () => void): void {
    if (this.#stream.readBufferLength === 0 || this.#stream.readableEnded) {
      end()
    } else {
      this.#stream.addEventListener('end', end, { once: true })
    }
  }

  /** An end between two records cannot be told from one that was meant: the layer above says goodbye. */
  #onEnd (end: () => void): void {
    if (this.#reader.partial) {
      this.abort(new PeerFault('truncated-record', 'the connection ended inside a record', { offence: 'ambiguous' }))
    } else {
      end()
    }
  }

  #onClose (event: StreamCloseEvent): void {
    if (event.error === undefined) {
      this.#afterUnread(() => { this.#onEnd(() => { this.onTransportClosed() }) })
    } else if (event.local === true) {
      this.abort(event.error)
    } else {
      this.onRemoteReset()
    }
  }
}
