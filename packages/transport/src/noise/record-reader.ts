import { PeerFault } from '@peerwright/core'
import { type CipherState, type Opening, TAG_BYTES } from './cipher-state.ts'
import { LENGTH_BYTES } from './record-format.ts'

/**
 * Cuts the bytes of a connection into records and decrypts them as they come: nothing is put together first. What a record says stays
 * here until its tag has proved it, at most 65,519 bytes.
 */
export class RecordReader {
  readonly #cipher: CipherState
  readonly #header = Buffer.alloc(LENGTH_BYTES)
  readonly #tag = Buffer.alloc(TAG_BYTES)
  #headerBytes = 0
  #tagBytes = 0
  /** Bytes of the ciphertext that are still to come, the tag not counted */
  #missing = 0
  #opening: Opening | undefined
  #plaintext: Uint8Array[] = []

  constructor (cipher: CipherState) {
    this.#cipher = cipher
  }

  /** Whether a record has begun and not ended. */
  get partial (): boolean {
    return this.#headerBytes > 0
  }

  /**
   * Appends what the records that end in this chunk say to `out`.
   *
   * @throws PeerFault `bad-record`; nothing more is to be read then
   * @throws OperationError `nonces-exhausted`
   */
  read (chunk: Uint8Array, out: Uint8Array[]): void {
    let offset = 0
    while (offset < chunk.length) {
      if (this.#opening === undefined) {
        this.#header[this.#headerBytes++] = chunk[offset++] ?? 0
        if (this.#headerBytes === LENGTH_BYTES) {
          this.#begin()
        }
        continue
      }
      if (this.#missing > 0) {
        const part = chunk.subarray(offset, offset + this.#missing)
        this.#plaintext.push(this.#opening.update(part))
        this.#missing -= part.length
        offset += part.length
        continue
      }
      const part = chunk.subarray(offset, offset + TAG_BYTES - this.#tagBytes)
      this.#tag.set(part, this.#tagBytes)
      this.#tagBytes += part.length
      offset += part.length
      if (this.#tagBytes === TAG_BYTES) {
        this.#end(this.#opening, out)
      }
    }
  }

  #begin (): void {
    this.#missing = this.#header.readUInt16BE() - TAG_BYTES
    if (this.#missing < 0) {
      throw new PeerFault('bad-record', 'an encrypted message is shorter than its tag')
    }
    this.#opening = this.#cipher.open()
  }

  #end (opening: Opening, out: Uint8Array[]): void {
    opening.finish(this.#tag)
    for (const piece of this.#plaintext) {
      if (piece.length > 0) {
        out.push(piece)
      }
    }
    this.#opening = undefined
    this.#plaintext = []
    this.#headerBytes = 0
    this.#tagBytes = 0
  }
}
