import { ByteReader, PeerFault } from '@peerwright/core'
import { BITCOIN_HEADER_BYTES } from './bitcoin-header.ts'
import { sha256d, sha256dEach } from './hash-batch.ts'
import { MAX_HEADERS } from './headers.ts'
import { HASH_BYTES } from './numbers.ts'

/** Bytes of an entry: the header and a transaction count of 0. */
const ENTRY_BYTES = BITCOIN_HEADER_BYTES + 1

/** Where the parent's id begins in a header. */
const PARENT_START = 4

/** Headers of Bitcoin's family as they lie in received bytes: nothing is made of one before it is asked for. */
export class HeaderList {
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #view: DataView

  /** @param bytes - the entries, without their count */
  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.length = bytes.length / ENTRY_BYTES
  }

  /** A view onto 80 bytes */
  at (index: number): Uint8Array {
    return this.#part(index, 0, BITCOIN_HEADER_BYTES)
  }

  versionAt (index: number): number {
    return this.#view.getInt32(ENTRY_BYTES * index, true)
  }

  /** The header before it: a view onto 32 bytes in the order of the wire */
  parentAt (index: number): Uint8Array {
    return this.#part(index, PARENT_START, PARENT_START + HASH_BYTES)
  }

  /** A view onto 32 bytes in the order of the wire */
  merkleRootAt (index: number): Uint8Array {
    return this.#part(index, 36, 68)
  }

  /** Seconds since the Unix epoch */
  timeAt (index: number): number {
    return this.#view.getUint32(ENTRY_BYTES * index + 68, true)
  }

  bitsAt (index: number): number {
    return this.#view.getUint32(ENTRY_BYTES * index + 72, true)
  }

  nonceAt (index: number): number {
    return this.#view.getUint32(ENTRY_BYTES * index + 76, true)
  }

  /** The id: hashed when it is asked for; 32 bytes in the order of the wire */
  idAt (index: number): Uint8Array {
    return sha256d(this.at(index))
  }

  /** Whether each header is the child of the one before it. */
  isContinuous (): boolean {
    const ids = sha256dEach(Math.max(0, this.length - 1), index => this.at(index))
    for (let index = 1; index < this.length; index++) {
      if (!equalRanges(ids, HASH_BYTES * (index - 1), this.#bytes, ENTRY_BYTES * index + PARENT_START)) {
        return false
      }
    }
    return true
  }

  #part (index: number, from: number, to: number): Uint8Array {
    return this.#bytes.subarray(ENTRY_BYTES * index + from, ENTRY_BYTES * index + to)
  }
}

/**
 * Walks over a `headers` of Bitcoin's family. `decodeHeaders` reads those of any chain, and hashes them at once.
 *
 * @throws PeerFault with the codes of `ByteReader`, `bad-headers`
 */
export function decodeHeaderList (payload: Uint8Array): HeaderList {
  const reader = new ByteReader(payload)
  const bytes = reader.bytes(ENTRY_BYTES * reader.compactSize(MAX_HEADERS))
  reader.end()
  for (let at = BITCOIN_HEADER_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    if (bytes[at] !== 0) {
      throw new PeerFault('bad-headers', 'a header comes with transactions')
    }
  }
  return new HeaderList(bytes)
}

function equalRanges (a: Uint8Array, aStart: number, b: Uint8Array, bStart: number): boolean {
  for (let at = 0; at < HASH_BYTES; at++) {
    if (a[aStart + at] !== b[bStart + at]) {
      return false
    }
  }
  return true
}
