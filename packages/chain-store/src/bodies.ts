import { type FileHandle, mkdir, open, readdir, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { OperationError } from '@peerwright/core'
import type { BodyPosition } from './header-tree.ts'

/** Where block bodies are kept. */
export interface BodyStore {
  /** Keeps blocks; resolves with their positions when they would survive the death of the process. */
  append(blocks: readonly Uint8Array[]): Promise<BodyPosition[]>
  /** @throws OperationError `corrupt-block`, `read-failed` */
  read(position: BodyPosition): Promise<Uint8Array>
  close(): Promise<void>
}

/** Size at which a new file is begun, in bytes (Bitcoin Core, MAX_BLOCKFILE_SIZE: 128 MiB). */
const MAX_FILE_BYTES = 134_217_728

/** Before a block: magic 4, length 4. After it: CRC-32 4. */
const HEAD_BYTES = 8
const CHECK_BYTES = 4

/** Files kept open for reading when no read is under way. Chosen: a serving node reads few files at a time. */
const MAX_OPEN_FILES = 16

/** A file that is open for reading, and how many reads of it are under way: only an idle one may be closed. */
interface Reader {
  readonly handle: Promise<FileHandle>
  reads: number
}

/** Bodies in memory, for nodes that keep nothing. */
export class MemoryBodies implements BodyStore {
  readonly #blocks: Uint8Array[] = []

  async append (blocks: readonly Uint8Array[]): Promise<BodyPosition[]> {
    return await Promise.resolve(blocks.map(block => {
      // A copy: the given bytes may be a view of a larger buffer that would stay with them
      this.#blocks.push(Uint8Array.from(block))
      return { file: 0, offset: this.#blocks.length - 1, sizeBytes: block.length }
    }))
  }

  async read (position: BodyPosition): Promise<Uint8Array> {
    const block = this.#blocks[position.offset]
    if (block === undefined) {
      throw new OperationError('corrupt-block', 'a block is not where the index says')
    }
    return await Promise.resolve(block)
  }

  async close (): Promise<void> {
    this.#blocks.length = 0
    await Promise.resolve()
  }
}

/**
 * Bodies in append-only files `blk00000.dat`, ...: `magic | u32 LE length | block | u32 LE CRC-32`. The CRC tells a damaged
 * disk, not an attacker: blocks prove themselves by their hashes.
 */
export class FileBodies implements BodyStore {
  readonly #folder: string
  readonly #head: Uint8Array
  readonly #readers = new Map<number, Reader>()
  #file: number
  #offset: number
  #writer: FileHandle | undefined

  private constructor (folder: string, magic: readonly number[], file: number, offset: number) {
    this.#folder = folder
    this.#head = Uint8Array.from(magic)
    this.#file = file
    this.#offset = offset
  }

  /**
   * Opens the files of a folder. What lies behind the last indexed block was being written when the process died: it is cut off.
   *
   * @param ends - for each file, where its last indexed block ends
   */
  static async open (folder: string, magic: readonly number[], ends: ReadonlyMap<number, number>): Promise<FileBodies> {
    await mkdir(folder, { recursive: true })
    const present = await bodyFiles(folder)
    const last = Math.max(0, ...present, ...ends.keys())
    const end = ends.get(last) ?? 0
    if (present.includes(last)) {
      await truncate(bodyFile(folder, last), end)
    }
    return new FileBodies(folder, magic, last, end)
  }

  async append (blocks: readonly Uint8Array[]): Promise<BodyPosition[]> {
    const before = { file: this.#file, offset: this.#offset }
    try {
      return await this.#append(blocks)
    } catch (error) {
      await this.#rewind(before)
      throw writeError(error)
    }
  }

  /** Takes back what was written in part: a full disk must not put later blocks where the index does not look for them. */
  async #rewind ({ file, offset }: { file: number, offset: number }): Promise<void> {
    await this.#writer?.close()
    this.#writer = undefined
    try {
      for (let later = this.#file; later > file; later--) {
        await rm(bodyFile(this.#folder, later), { force: true })
      }
      await truncate(bodyFile(this.#folder, file), offset)
      this.#file = file
      this.#offset = offset
    } catch {
      // Where even that fails, the next block begins a file of its own
      this.#file++
      this.#offset = 0
    }
  }

  async #append (blocks: readonly Uint8Array[]): Promise<BodyPosition[]> {
    const positions: BodyPosition[] = []
    let parts: Uint8Array[] = []
    for (const block of blocks) {
      if (this.#offset > 0 && this.#offset + block.length > MAX_FILE_BYTES) {
        await this.#write(parts)
        parts = []
        await this.#roll()
      }
      const head = new Uint8Array(HEAD_BYTES)
      head.set(this.#head)
      new DataView(head.buffer).setUint32(4, block.length, true)
      const check = new Uint8Array(CHECK_BYTES)
      new DataView(check.buffer).setUint32(0, crc32(block), true)
      parts.push(head, block, check)
      positions.push({ file: this.#file, offset: this.#offset + HEAD_BYTES, sizeBytes: block.length })
      this.#offset += HEAD_BYTES + block.length + CHECK_BYTES
    }
    await this.#write(parts)
    return positions
  }

  async #write (parts: Uint8Array[]): Promise<void> {
    if (parts.length === 0) {
      return
    }
    this.#writer ??= await open(bodyFile(this.#folder, this.#file), 'a')
    const total = parts.reduce((sum, part) => sum + part.length, 0)
    const { bytesWritten } = await this.#writer.writev(parts)
    if (bytesWritten !== total) {
      throw new OperationError('disk-full', `only ${bytesWritten} of ${total} bytes of blocks could be written`)
    }
  }

  async #roll (): Promise<void> {
    await this.#writer?.datasync()
    await this.#writer?.close()
    this.#writer = undefined
    this.#file++
    this.#offset = 0
  }

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
    const block = bytes.subarray(0, sizeBytes)
    if (bytesRead !== bytes.length || crc32(block) !== new DataView(bytes.buffer).getUint32(sizeBytes, true)) {
      throw new OperationError(
        'corrupt-block', `the block at ${offset} of ${bodyFile(this.#folder, file)} is damaged: run "peerwright store repair --data DIR" to fetch it anew`
      )
    }
    return block
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

  /** What was written goes to the disk before the files are closed. */
  async close (): Promise<void> {
    await this.#writer?.datasync()
    await this.#writer?.close()
    this.#writer = undefined
    for (const reader of this.#readers.values()) {
      await reader.handle.then(async handle => { await handle.close() }, () => undefined)
    }
    this.#readers.clear()
  }
}

function readError (error: unknown, path: string): OperationError {
  const gone = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  return gone
    ? new OperationError('corrupt-block', `${path} is gone: run "peerwright store repair --data DIR" to fetch its blocks anew`, { cause: error })
    : new OperationError('read-failed', `${path} cannot be read`, { cause: error })
}

function writeError (error: unknown): OperationError {
  if (error instanceof OperationError) {
    return error
  }
  const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
  return new OperationError(full ? 'disk-full' : 'write-failed', full ? 'the disk is full: blocks cannot be kept' : 'blocks cannot be written', { cause: error })
}

/** The path of a body file. */
export function bodyFile (folder: string, file: number): string {
  return join(folder, `blk${String(file).padStart(5, '0')}.dat`)
}

/** Numbers of the body files in a folder. */
async function bodyFiles (folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap(name => {
    const number = /^blk(\d{5,7})\.dat$/.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  })
}
