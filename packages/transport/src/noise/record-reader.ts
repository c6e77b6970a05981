/** Bytes of a record's length, big-endian. Source: libp2p specs, noise/README.md r5, "Wire format". */
export const LENGTH_BYTES = 2
/** The longest record. Source: the same. */
export const MAX_RECORD_BYTES = 65_535

const EMPTY = Buffer.alloc(0)

/**
 * Cuts the bytes of a connection into records. A record that lies whole in one chunk is handed on as a view; of one that does
 * not, at most 65,535 bytes are kept.
 */
export class RecordReader {
  readonly #header = Buffer.alloc(LENGTH_BYTES)
  #headerBytes = 0
  #body: Buffer = EMPTY
  #bodyBytes = 0

  /** Whether a record has begun and not ended. */
  get partial (): boolean {
    return this.#headerBytes > 0
  }

  /** The records that end in this chunk, in order. Take them all before the next chunk. */
  * read (chunk: Uint8Array): Generator<Uint8Array> {
    let offset = 0
    while (offset < chunk.length) {
      if (this.#headerBytes < LENGTH_BYTES) {
        this.#header[this.#headerBytes++] = chunk[offset++] ?? 0
        if (this.#headerBytes < LENGTH_BYTES) {
          continue
        }
        const length = this.#header.readUInt16BE()
        if (offset + length <= chunk.length) {
          this.#headerBytes = 0
          yield chunk.subarray(offset, offset + length)
          offset += length
          continue
        }
        this.#body = Buffer.allocUnsafeSlow(length)
        this.#bodyBytes = 0
      }
      const part = chunk.subarray(offset, offset + this.#body.length - this.#bodyBytes)
      this.#body.set(part, this.#bodyBytes)
      this.#bodyBytes += part.length
      offset += part.length
      if (this.#bodyBytes === this.#body.length) {
        const record = this.#body
        this.#body = EMPTY
        this.#headerBytes = 0
        yield record
      }
    }
  }
}
