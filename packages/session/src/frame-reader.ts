import { PeerFault } from '@peerwright/core'
import { messageByType, readVarint } from '@peerwright/protocol-messages'

/** A message as it lay on a stream. */
export interface Frame {
  readonly type: number
  /** 0 on the live stream, which has none */
  readonly requestId: number
  /** A view onto received bytes, the holder's to keep */
  readonly payload: Uint8Array
}

/** What a reader needs to know of its stream. */
export interface FrameReaderOptions {
  /** Whether each frame carries a request id (bulk) */
  readonly requestIds: boolean
  /** Largest payload of a type in bytes; undefined for a type that the stream does not carry */
  readonly limit: (type: number) => number | undefined
  /** Largest payload of an unknown type, which is skipped; 0 ends the conversation instead */
  readonly unknownLimit: number
}

/** What it costs the peer stands in the message table: whoever is to be discouraged committed a proven fault, others broke a limit. */
function oversized (type: number, sizeBytes: number, limit: number): PeerFault {
  const offence = messageByType(type)?.breach === 'discourage' ? 'provable' : 'resource'
  return new PeerFault('oversized', `a frame of type 0x${type.toString(16)} has ${sizeBytes} bytes, over its limit of ${limit}`, { offence })
}

/** A frame's own fields before the payload: varint length (5 at most), type, varint request id (5 at most). */
const MAX_HEADER_BYTES = 11

/** Chunks below this are copied together: a peer that sends byte by byte must not make us keep an object for each. Chosen. */
const SMALL_CHUNK_BYTES = 1_024

/** Small chunks that are copied together at most, in bytes. Chosen. */
const GATHERED_BYTES = 16_384

interface Pending {
  readonly type: number
  readonly requestId: number
  readonly sizeBytes: number
}

/**
 * Cuts a stream of bytes into frames: `varint length | type | [varint request id] | payload`.
 *
 * The length is compared with the limit of its type as soon as both are there, before the payload arrives; memory is
 * only held for bytes that have arrived. A payload within one chunk is handed out as a view, without a copy.
 */
export class FrameReader {
  readonly #options: FrameReaderOptions
  readonly #chunks: Uint8Array[] = []
  #available = 0
  /** The last chunk, where it is one that small ones are copied to, and the memory it is a view of */
  #gathered: { readonly memory: Uint8Array, view: Uint8Array } | undefined
  #pending: Pending | undefined

  constructor (options: FrameReaderOptions) {
    this.#options = options
  }

  /** Bytes that have arrived and belong to no complete frame yet */
  get bufferedBytes (): number {
    return this.#available
  }

  /** Pieces of memory that hold them */
  get bufferedChunks (): number {
    return this.#chunks.length
  }

  /** Adds received bytes. */
  push (chunk: Uint8Array): void {
    if (chunk.length > 0) {
      this.#available += chunk.length
      if (chunk.length < SMALL_CHUNK_BYTES && this.#chunks.length > 0) {
        this.#append(chunk)
      } else {
        this.#chunks.push(chunk)
      }
    }
  }

  /**
   * Takes the next complete frame, if there is one.
   *
   * @throws PeerFault `oversized`, `bad-varint`, `empty-frame`
   */
  next (): Frame | undefined {
    this.#pending ??= this.#readHeader()
    const pending = this.#pending
    if (pending === undefined || this.#available < pending.sizeBytes) {
      return undefined
    }
    this.#pending = undefined
    return { type: pending.type, requestId: pending.requestId, payload: this.#take(pending.sizeBytes) }
  }

  #append (chunk: Uint8Array): void {
    const last = this.#gathered
    const start = last !== undefined && last.view === this.#chunks.at(-1) ? last.view.byteOffset + last.view.length : undefined
    if (last !== undefined && start !== undefined && start + chunk.length <= GATHERED_BYTES) {
      last.memory.set(chunk, start)
      last.view = last.memory.subarray(last.view.byteOffset, start + chunk.length)
      this.#chunks[this.#chunks.length - 1] = last.view
    } else {
      const memory = new Uint8Array(GATHERED_BYTES)
      memory.set(chunk)
      this.#gathered = { memory, view: memory.subarray(0, chunk.length) }
      this.#chunks.push(this.#gathered.view)
    }
  }

  #readHeader (): Pending | undefined {
    const head = this.#peek(MAX_HEADER_BYTES)
    const length = readVarint(head, 0)
    if (length === 'incomplete') {
      return undefined
    }
    if (length.value < 1) {
      throw new PeerFault('empty-frame', 'a frame without a type')
    }
    const type = head[length.end]
    if (type === undefined) {
      return undefined
    }
    const limit = this.#options.limit(type) ?? this.#options.unknownLimit
    // The request id counts as part of the frame: at most 5 bytes of it are allowed for
    if (length.value - 1 > limit + (this.#options.requestIds ? 5 : 0)) {
      throw oversized(type, length.value - 1, limit)
    }
    if (!this.#options.requestIds) {
      this.#skip(length.end + 1)
      return { type, requestId: 0, sizeBytes: length.value - 1 }
    }
    const id = readVarint(head, length.end + 1)
    if (id === 'incomplete') {
      return undefined
    }
    const sizeBytes = length.value - (id.end - length.end)
    if (sizeBytes < 0) {
      throw new PeerFault('empty-frame', 'a frame ends within its request id')
    }
    if (sizeBytes > limit) {
      throw oversized(type, sizeBytes, limit)
    }
    this.#skip(id.end)
    return { type, requestId: id.value, sizeBytes }
  }

  /** Up to `count` bytes from the front, left in place. */
  #peek (count: number): Uint8Array {
    const first = this.#chunks[0]
    if (first === undefined || first.length >= count || this.#chunks.length === 1) {
      return first ?? new Uint8Array(0)
    }
    const bytes = new Uint8Array(Math.min(count, this.#available))
    let filled = 0
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, bytes.length - filled)
      bytes.set(part, filled)
      filled += part.length
      if (filled === bytes.length) {
        break
      }
    }
    return bytes
  }

  #skip (count: number): void {
    this.#take(count)
  }

  #take (count: number): Uint8Array {
    this.#available -= count
    const first = this.#chunks[0]
    if (first !== undefined && first.length > count) {
      this.#chunks[0] = first.subarray(count)
      return first.subarray(0, count)
    }
    if (first?.length === count) {
      this.#chunks.shift()
      return first
    }
    return this.#gather(count)
  }

  #gather (count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    let filled = 0
    let used = 0
    for (const chunk of this.#chunks) {
      if (filled === count) {
        break
      }
      const part = chunk.subarray(0, count - filled)
      bytes.set(part, filled)
      filled += part.length
      if (part.length < chunk.length) {
        this.#chunks[used] = chunk.subarray(part.length)
        break
      }
      used++
    }
    this.#chunks.splice(0, used)
    return bytes
  }
}
