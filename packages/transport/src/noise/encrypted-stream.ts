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
    stream.addEventListener('remoteCloseWrite', () => { this.#onEnd() })
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
    if (this.#batchBytes >= BATCH_BYTES) {
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
    this.#stream.pause()
  }

  sendResume (): void {
    this.#stream.resume()
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

  #onMessage ({ data }: StreamMessageEvent): void {
    try {
      for (const chunk of data instanceof Uint8Array ? [data] : data) {
        for (const record of this.#reader.read(chunk)) {
          if (this.#broken) {
            return
          }
          this.onData(this.#receive.decrypt(record))
        }
      }
    } catch (error) {
      this.abort(error as Error)
    }
  }

  #onEnd (): void {
    if (this.#reader.partial) {
      this.abort(new PeerFault('truncated-record', 'the connection ended inside a record', { offence: 'ambiguous' }))
    } else {
      this.onRemoteCloseWrite()
    }
  }

  #onClose (event: StreamCloseEvent): void {
    if (event.error === undefined) {
      this.onTransportClosed()
    } else if (event.local === true) {
      this.abort(event.error)
    } else {
      this.onRemoteReset()
    }
  }
}
