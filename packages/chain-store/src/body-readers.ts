import { type FileHandle, open } from 'node:fs/promises'
import { OperationError } from '@peerwright/core'
import { bodyFile, CHECK_BYTES, checkedBlock } from './body-file.ts'
import type { BodyPosition } from './header-tree.ts'

/** Files kept open for reading when no read is under way. Chosen: a serving node reads few files at a time. */
const MAX_OPEN_FILES = 16

/** A file that is open for reading, and how many reads of it are under way: only an idle one may be closed. */
interface Reader {
  readonly handle: Promise<FileHandle>
  reads: number
}

/** Reads blocks out of body files, many at the same time, and keeps few files open. */
export class BodyReaders {
  readonly #folder: string
  readonly #readers = new Map<number, Reader>()

  constructor (folder: string) {
    this.#folder = folder
  }

  /** @throws OperationError `corrupt-block`, `read-failed` */
  async read ({ file, offset, sizeBytes }: BodyPosition): Promise<Uint8Array> {
    const bytes = new Uint8Array(sizeBytes + CHECK_BYTES)
    const reader = this.#reader(file)
    // Before the first await: from here on nobody closes the file
    reader.reads++
    let bytesRead: number
    try {
      ({ bytesRead } = await (await reader.handle).read(bytes, 0, bytes.length, offset))
    } catch (error) {
      await this.#forget(file, reader)
      throw readError(error, bodyFile(this.#folder, file))
    } finally {
      reader.reads--
      await this.#closeIdle()
    }
    const block = bytesRead === bytes.length ? checkedBlock(bytes) : undefined
    if (block === undefined) {
      throw new OperationError(
        'corrupt-block', `the block at ${offset} of ${bodyFile(this.#folder, file)} is damaged: run "peerwright store repair --data DIR" to fetch it anew`
      )
    }
    return block
  }

  async close (): Promise<void> {
    for (const reader of this.#readers.values()) {
      await reader.handle.then(async handle => { await handle.close() }, () => undefined)
    }
    this.#readers.clear()
  }

  #reader (file: number): Reader {
    const reader = this.#readers.get(file) ?? { handle: open(bodyFile(this.#folder, file), 'r'), reads: 0 }
    this.#readers.delete(file)
    this.#readers.set(file, reader)
    return reader
  }

  /** Closes files that nobody reads, the one asked for longest ago first, while more are open than should be. */
  async #closeIdle (): Promise<void> {
    for (const [file, reader] of [...this.#readers]) {
      if (this.#readers.size > MAX_OPEN_FILES && reader.reads === 0) {
        await this.#forget(file, reader)
      }
    }
  }

  /** Closes a reader unless somebody has done so: reads that fail together find it gone. */
  async #forget (file: number, reader: Reader): Promise<void> {
    if (this.#readers.get(file) === reader) {
      this.#readers.delete(file)
      await reader.handle.then(async handle => { await handle.close() }, () => undefined)
    }
  }
}

function readError (error: unknown, path: string): OperationError {
  const gone = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  return gone
    ? new OperationError('corrupt-block', `${path} is gone: run "peerwright store repair --data DIR" to fetch its blocks anew`, { cause: error })
    : new OperationError('read-failed', `${path} cannot be read`, { cause: error })
}
