import { open } from 'node:fs/promises'
import { OperationError } from '@peerwright/core'
import { BITCOIN_HEADER_BYTES } from '@peerwright/protocol-messages'
import { RECORD_HEAD_BYTES } from './body-file.ts'

/** Bytes read at a time. Chosen: large enough for a disk, small enough for memory. */
const PIECE_BYTES = 1_048_576

/** What records look like. */
export interface RecordForm {
  readonly magic: readonly number[]
  readonly maxBlockBytes: number
  /** Bytes that follow each block and belong to its record; none when absent */
  readonly trailerBytes?: number
}

/**
 * A file, piece by piece.
 *
 * @throws OperationError `aborted`
 */
export async function* pieces (file: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    for (let offset = 0; ;) {
      if (signal?.aborted === true) {
        throw new OperationError('aborted', 'the import was interrupted')
      }
      const { bytesRead, buffer } = await handle.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, offset)
      if (bytesRead === 0) {
        return
      }
      yield buffer.subarray(0, bytesRead)
      offset += bytesRead
    }
  } finally {
    await handle.close()
  }
}

/**
 * Finds the records `magic 4 | u32 LE length | block | trailer` in a file; bytes between them, which Bitcoin Core leaves as zeros
 * at the end of a file, are passed over.
 *
 * @returns each block with its trailer, and where it begins
 */
export async function* records (
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, { magic, maxBlockBytes, trailerBytes = 0 }: RecordForm
): AsyncGenerator<{ bytes: Uint8Array, offset: number }> {
  let held = new Uint8Array(0)
  let heldAt = 0
  for await (const piece of source) {
    const bytes = new Uint8Array(held.length + piece.length)
    bytes.set(held)
    bytes.set(piece, held.length)
    let at = 0
    while (bytes.length - at >= RECORD_HEAD_BYTES) {
      const size = new DataView(bytes.buffer).getUint32(at + 4, true)
      const start = at + RECORD_HEAD_BYTES
      if (!magic.every((byte, index) => bytes[at + index] === byte) || size < BITCOIN_HEADER_BYTES || size > maxBlockBytes) {
        at++
      } else if (bytes.length - start < size + trailerBytes) {
        break
      } else {
        yield { bytes: bytes.subarray(start, start + size + trailerBytes), offset: heldAt + start }
        at = start + size + trailerBytes
      }
    }
    held = bytes.slice(at)
    heldAt += at
  }
}
