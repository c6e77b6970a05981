import type { AbortOptions, MessageStream } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { PeerFault } from '@peerwright/core'
import { type HandshakeState, MAX_PAYLOAD_BYTES } from './handshake-state.ts'
import { join } from './join.ts'
import { LENGTH_BYTES, MAX_RECORD_BYTES } from './record-format.ts'

/**
 * Most bytes held before the handshake is done. derived: the longest message, and four reads of a socket, in which the dialler's first
 * records may come right behind its last message; then the connection is held until they can be read.
 */
const MAX_BUFFER_BYTES = 4 * MAX_RECORD_BYTES + MAX_PAYLOAD_BYTES

/** Carries the messages of a handshake over a connection: each behind its length in two bytes, none longer than it may be. */
export class HandshakeMessages {
  readonly #connection: MessageStream
  readonly #state: HandshakeState
  readonly #bytes: ReturnType<typeof byteStream<MessageStream>>
  readonly #options: AbortOptions

  constructor (connection: MessageStream, state: HandshakeState, options: AbortOptions) {
    this.#connection = connection
    this.#state = state
    this.#bytes = byteStream(connection, { maxBufferSize: MAX_BUFFER_BYTES })
    this.#options = options
  }

  /** Sends what `begin` began. */
  async write (payload: Uint8Array): Promise<void> {
    const message = this.#state.finish(payload)
    await this.#orTruncated(this.#bytes.write(join(Uint8Array.of(message.length >>> 8, message.length & 0xff), message), this.#options))
  }

  /**
   * The payload of the next message.
   *
   * @throws PeerFault `handshake-length` before a byte of a message that is too long is waited for, `truncated-handshake`
   */
  async read (): Promise<Uint8Array> {
    const [high = 0, low = 0] = await this.#take(LENGTH_BYTES)
    const length = high * 0x100 + low
    const { min, max } = this.#state.bounds
    if (length < min || length > max) {
      throw new PeerFault('handshake-length', `a handshake message says that it has ${length} bytes, not ${min === max ? min : `${min} to ${max}`}`)
    }
    const message = await this.#take(length)
    const payload = this.#state.read(message)
    if (this.#state.phase === 'done' && !this.#connection.readableEnded) {
      // What comes from now on are records: they wait in the socket until somebody can read them
      this.#connection.pause()
    }
    return payload
  }

  /** Hands the connection on, with what was read too much put back, and lets it flow again. */
  unwrap<T> (wrap: (connection: MessageStream) => T): T {
    const wrapped = wrap(this.#bytes.unwrap())
    if (!this.#connection.readableEnded) {
      this.#connection.resume()
    }
    return wrapped
  }

  async #take (bytes: number): Promise<Uint8Array> {
    return (await this.#orTruncated(this.#bytes.read({ bytes, ...this.#options }))).subarray()
  }

  async #orTruncated<T> (step: Promise<T>): Promise<T> {
    try {
      return await step
    } catch (cause) {
      if (this.#options.signal?.aborted === true) {
        throw cause
      }
      throw new PeerFault('truncated-handshake', 'the connection ended inside a handshake', { offence: 'ambiguous', cause })
    }
  }
}
