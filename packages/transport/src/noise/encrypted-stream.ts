import { once } from 'node:events'
import type { AbortOptions, MessageStream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { AbstractMessageStream, type SendResult } from '@libp2p/utils'
import { PeerFault } from '@peerwright/core'
import { type CipherState, TAG_BYTES } from './cipher-state.ts'
import { LENGTH_BYTES, MAX_RECORD_BYTES, RecordReader } from './record-reader.ts'

/** Plaintext of the longest record. */
const MAX_PLAINTEXT_BYTES = MAX_RECORD_BYTES - TAG_BYTES

/** Records wait for the end of the running task to leave in one write, unless they are this many bytes together. Chosen: one record. */
const BATCH_BYTES = 65_536

/**
 * Most writes that wait. A full socket is heard of when they leave, so these are the writes by which a sender that never yields can
 * overshoot. Chosen: one system call instead of 16; more gains little and delays what the other side answers.
 */
const BATCH_WRITES = 16

/** What libp2p hands down to be sent: a list of pieces. */
type Uint8ArrayList = Parameters<AbstractMessageStream['sendData']>[0]

/** The pieces of a list, without the ones that are empty. */
function pieces (list: Uint8ArrayList): readonly Uint8Array[] {
  return [...list].filter(piece => piece.length > 0)
}

/** Encrypts what is sent into records, one buffer for all of them. */
function seal (cipher: CipherState, data: Uint8ArrayList): Buffer {
  const count = Math.ceil(data.byteLength / MAX_PLAINTEXT_BYTES)
  const out = Buffer.allocUnsafe(data.byteLength + count * (LENGTH_BYTES + TAG_BYTES))
  let offset = 0
  for (let start = 0; start < data.byteLength; start += MAX_PLAINTEXT_BYTES) {
    const end = Math.min(start + MAX_PLAINTEXT_BYTES, data.byteLength)
    const length = end - start + TAG_BYTES
    out.writeUInt16BE(length, offset)
    offset += LENGTH_BYTES
    cipher.encryptInto(out.subarray(offset, offset + length), pieces(count === 1 ? data : data.sublist(start, end)))
    offset += length
  }
  return out
}

/** A connection after the handshake: what is sent leaves encrypted, what arrives is handed on once its tag has proved it. */
export class EncryptedStream extends AbstractMessageStream {
  readonly #stream: MessageStream
  readonly #send: CipherState
  readonly #receive: CipherState
  readonly #reader = new RecordReader()
  #batch: Buffer[] = []
  #batchBytes = 0
  #flowChanging = false

  constructor (stream: MessageStream, ciphers: { readonly send: CipherState, readonly receive: CipherState }) {
    super({
      log: stream.log,
      inactivityTimeout: stream.inactivityTimeout,
      maxReadBufferLength: stream.maxReadBufferLength,
      direction: stream.direction
    })
    this.#stream = stream
    this.#send = ciphers.send
    this.#receive = ciphers.receive
    stream.addEventListener('message', event => { this.#onMessage(event) })
    stream.addEventListener('drain', () => { this.safeDispatchEvent('drain') })
    stream.addEventListener('remoteCloseWrite', () => { this.#afterUnread(() => { this.#onEnd(() => { this.onRemoteCloseWrite() }) }) })
    stream.addEventListener('close', event => { this.#onClose(event) })
  }

  /** Encrypts at once, so that the caller may use its bytes again, and writes at the end of the running task. */
  sendData (data: Uint8ArrayList): SendResult {
    const sentBytes = data.byteLength
    if (sentBytes === 0) {
      return { sentBytes, canSendMore: true }
    }
    this.#batch.push(seal(this.#send, data))
    this.#batchBytes += sentBytes
    if (this.#batchBytes >= BATCH_BYTES || this.#batch.length === BATCH_WRITES) {
      return { sentBytes, canSendMore: this.#flush() }
    }
    if (this.#batch.length === 1) {
      queueMicrotask(() => { this.#flushLater() })
    }
    return { sentBytes, canSendMore: true }
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

  #flush (): boolean {
    const batch = this.#batch
    const [first] = batch
    this.#batch = []
    this.#batchBytes = 0
    return first === undefined || this.#stream.send(batch.length === 1 ? first : Buffer.concat(batch))
  }

  /** Nobody waits for the answer any more: a full socket holds back what is sent next, until it drains. */
  #flushLater (): void {
    if (this.#broken) {
      return
    }
    try {
      if (!this.#flush()) {
        this.writableNeedsDrain = true
      }
    } catch (error) {
      this.abort(error as Error)
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
        for (const record of this.#reader.read(chunk)) {
          const bytes = this.#receive.decrypt(record)
          if (bytes.length > 0) {
            plain.push(bytes)
          }
        }
      }
    } catch (error) {
      this.abort(error as Error)
      return
    }
    const last = plain.pop()
    if (last !== undefined && (this.readStatus === 'readable' || this.readStatus === 'paused')) {
      this.readBuffer.appendAll(plain)
      this.onData(last)
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
