import { PeerFault } from '@peerwright/core'
import { checkClassicPayload, checkMagic, CLASSIC_HEADER_BYTES, type ClassicFrame, type ClassicFraming, type ClassicHeader, readClassicHeader } from './classic-frame.ts'

/**
 * Cuts a stream of bytes into classic frames. A length is compared with the limit of its command before a byte of the payload
 * is kept, and memory is held for at most twice the bytes of one message that have arrived. A payload that lies within one chunk
 * is handed out as a view onto it.
 */
export class ClassicReader {
  readonly #framing: ClassicFraming
  readonly #head = new Uint8Array(CLASSIC_HEADER_BYTES)
  #headLength = 0
  #header: ClassicHeader | undefined
  #payload = new Uint8Array(0)
  #payloadLength = 0
  #fault: PeerFault | undefined

  constructor (framing: ClassicFraming) {
    this.#framing = framing
  }

  /** Bytes held for the message that is not complete yet */
  get heldBytes (): number {
    return this.#headLength + this.#payload.length
  }

  /**
   * Takes received bytes, and returns the messages that they complete. After a fault the stream has no more frames: it is thrown
   * again every time.
   *
   * @throws PeerFault `foreign-network`, `bad-command`, `oversized`, `bad-checksum`
   */
  push (chunk: Uint8Array): ClassicFrame[] {
    if (this.#fault !== undefined) {
      throw this.#fault
    }
    try {
      return this.#take(chunk)
    } catch (error) {
      this.#fault = error instanceof PeerFault ? error : undefined
      throw error
    }
  }

  /**
   * The stream is over.
   *
   * @throws PeerFault `truncated` when it ends within a message
   */
  end (): void {
    if (this.#headLength > 0) {
      throw new PeerFault('truncated', 'the stream ends within a message', { offence: 'ambiguous' })
    }
  }

  #take (chunk: Uint8Array): ClassicFrame[] {
    const frames: ClassicFrame[] = []
    let rest = chunk
    do {
      rest = this.#fillHead(rest)
      const header = this.#header
      if (header === undefined) {
        break
      }
      const missing = header.sizeBytes - this.#payloadLength
      if (rest.length < missing) {
        this.#keep(rest, header.sizeBytes)
        break
      }
      const part = rest.subarray(0, missing)
      rest = rest.subarray(missing)
      frames.push(checkClassicPayload(this.#framing, header, this.#complete(part)))
    } while (rest.length > 0)
    return frames
  }

  /** Fills the 24 bytes, and returns what is left of the chunk. */
  #fillHead (chunk: Uint8Array): Uint8Array {
    if (this.#header !== undefined) {
      return chunk
    }
    const part = chunk.subarray(0, CLASSIC_HEADER_BYTES - this.#headLength)
    this.#head.set(part, this.#headLength)
    this.#headLength += part.length
    checkMagic(this.#framing, this.#head.subarray(0, this.#headLength))
    if (this.#headLength === CLASSIC_HEADER_BYTES) {
      // A copy: the next header is written over these bytes, and the checksum is a view
      this.#header = readClassicHeader(this.#framing, this.#head.slice())
    }
    return chunk.subarray(part.length)
  }

  #keep (part: Uint8Array, sizeBytes: number): void {
    const length = this.#payloadLength + part.length
    if (length > this.#payload.length) {
      const larger = new Uint8Array(Math.min(sizeBytes, 2 * length))
      larger.set(this.#payload.subarray(0, this.#payloadLength))
      this.#payload = larger
    }
    this.#payload.set(part, this.#payloadLength)
    this.#payloadLength = length
  }

  #complete (part: Uint8Array): Uint8Array {
    let payload = part
    if (this.#payloadLength > 0) {
      this.#keep(part, this.#payloadLength + part.length)
      payload = this.#payload.subarray(0, this.#payloadLength)
    }
    this.#headLength = 0
    this.#header = undefined
    this.#payload = new Uint8Array(0)
    this.#payloadLength = 0
    return payload
  }
}
