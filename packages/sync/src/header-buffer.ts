import { ByteWriter } from '@peerwright/core'
import type { BlockHeader } from '@peerwright/interface'
import { MAX_HEADERS } from '@peerwright/protocol-messages'
import { HEADER_BATCH_BYTES } from './constants.ts'

interface Batch {
  readonly bytes: Uint8Array
  usedBytes: number
  headers: number
}

/**
 * Headers that wait to be stored, first in, first out. They are copied into batches of one size, whatever messages they came in: a
 * peer that sends each in a message of its own must not cost us an array for each, which is four times the header.
 */
export class HeaderBuffer {
  readonly #batches: Batch[] = []
  #headers = 0
  #sizeBytes = 0

  /** Headers that it holds */
  get headers (): number {
    return this.#headers
  }

  /** Bytes that it holds, the free ones of the last batch among them */
  get sizeBytes (): number {
    return this.#sizeBytes
  }

  /** Takes the next header in. */
  add ({ bytes }: BlockHeader): void {
    // As in `headers`, where a transaction count of 0 follows each
    const neededBytes = bytes.length + 1
    let batch = this.#batches.at(-1)
    if (batch === undefined || batch.headers === MAX_HEADERS || batch.usedBytes + neededBytes > batch.bytes.length) {
      batch = { bytes: new Uint8Array(Math.max(HEADER_BATCH_BYTES, neededBytes)), usedBytes: 0, headers: 0 }
      this.#batches.push(batch)
      this.#sizeBytes += batch.bytes.length
    }
    batch.bytes.set(bytes, batch.usedBytes)
    batch.usedBytes += neededBytes
    batch.headers++
    this.#headers++
  }

  /** Gives up the oldest batches, as payloads of `headers`, as long as at least so many headers are left. */
  release (least: number): Uint8Array[] {
    const released: Uint8Array[] = []
    for (let [oldest] = this.#batches; oldest !== undefined && this.#headers - oldest.headers >= least; [oldest] = this.#batches) {
      this.#batches.shift()
      this.#headers -= oldest.headers
      this.#sizeBytes -= oldest.bytes.length
      const { bytes, usedBytes, headers } = oldest
      released.push(new ByteWriter(usedBytes + 3).compactSize(headers).bytes(bytes.subarray(0, usedBytes)).finish())
    }
    return released
  }

  /** Forgets all. */
  clear (): void {
    this.#batches.length = 0
    this.#headers = 0
    this.#sizeBytes = 0
  }
}
