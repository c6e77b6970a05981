import { type FileHandle, mkdir, open, rm, truncate } from 'node:fs/promises'
import { equalBytes, OperationError } from '@peerwright/core'
import {
  type BodyChain, bodyFile, bodyFiles, CHECK_BYTES, encodeFileHead, FILE_HEAD_BYTES, MAX_FILE_BYTES, readFileHead, RECORD_HEAD_BYTES, recordParts
} from './body-file.ts'
import { BodyReaders } from './body-readers.ts'
import type { BodyPosition } from './header-tree.ts'

/** Where block bodies are kept. */
export interface BodyStore {
  /** Whether the given bytes themselves are what is kept */
  readonly keepsBytes: boolean
  /** Keeps blocks; resolves with their positions when they would survive the death of the process. */
  append(blocks: readonly Uint8Array[]): Promise<BodyPosition[]>
  /** @throws OperationError `corrupt-block`, `read-failed` */
  read(position: BodyPosition): Promise<Uint8Array>
  close(): Promise<void>
}

/** Bodies in memory, for nodes that keep nothing. */
export class MemoryBodies implements BodyStore {
  readonly keepsBytes = true
  readonly #blocks: Uint8Array[] = []

  async append (blocks: readonly Uint8Array[]): Promise<BodyPosition[]> {
    return await Promise.resolve(blocks.map(block => {
      // A copy of what is a view of a larger buffer, which would stay with it
      this.#blocks.push(block.length === block.buffer.byteLength ? block : block.slice())
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

/** Bodies in append-only files `blk00000.dat`, ... */
export class FileBodies implements BodyStore {
  readonly keepsBytes = false
  readonly #folder: string
  readonly #chain: BodyChain
  readonly #readers: BodyReaders
  #file: number
  #offset: number
  #writer: FileHandle | undefined

  private constructor (folder: string, chain: BodyChain, file: number, offset: number) {
    this.#folder = folder
    this.#chain = chain
    this.#readers = new BodyReaders(folder)
    this.#file = file
    this.#offset = offset
  }

  /**
   * Opens the files of a folder. What lies behind the last indexed block was being written when the process died: it is cut off.
   *
   * @param ends - for each file, where its last indexed block ends
   * @throws OperationError `wrong-network`, `future-schema`, `store-corrupt`
   */
  static async open (folder: string, chain: BodyChain, ends: ReadonlyMap<number, number>): Promise<FileBodies> {
    await mkdir(folder, { recursive: true })
    const present = await bodyFiles(folder)
    for (const file of present.filter(number => ends.has(number))) {
      await checkHead(bodyFile(folder, file), chain)
    }
    const last = Math.max(0, ...present, ...ends.keys())
    const end = ends.get(last) ?? 0
    if (present.includes(last)) {
      await truncate(bodyFile(folder, last), end)
    }
    return new FileBodies(folder, chain, last, end)
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

  async read (position: BodyPosition): Promise<Uint8Array> {
    return await this.#readers.read(position)
  }

  /** What was written goes to the disk before the files are closed. */
  async close (): Promise<void> {
    await this.#closeWriter()
    await this.#readers.close()
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
      if (this.#offset > FILE_HEAD_BYTES && this.#offset + block.length > MAX_FILE_BYTES) {
        await this.#write(parts)
        parts = []
        await this.#closeWriter()
        this.#file++
        this.#offset = 0
      }
      if (this.#offset === 0) {
        parts.push(encodeFileHead(this.#chain))
        this.#offset = FILE_HEAD_BYTES
      }
      parts.push(...recordParts(this.#chain.magic, block))
      positions.push({ file: this.#file, offset: this.#offset + RECORD_HEAD_BYTES, sizeBytes: block.length })
      this.#offset += RECORD_HEAD_BYTES + block.length + CHECK_BYTES
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

  async #closeWriter (): Promise<void> {
    await this.#writer?.datasync()
    await this.#writer?.close()
    this.#writer = undefined
  }
}

async function checkHead (path: string, { magic, genesisHeader }: BodyChain): Promise<void> {
  const head = await readFileHead(path)
  const same = head === undefined || (magic.every((byte, at) => head.magic[at] === byte) && equalBytes(head.genesisHeader, genesisHeader))
  if (!same) {
    throw new OperationError('wrong-network', `${path} holds blocks of another chain: choose another --data, or run "peerwright store reset --data DIR"`)
  }
}

function writeError (error: unknown): OperationError {
  if (error instanceof OperationError) {
    return error
  }
  const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
  return new OperationError(full ? 'disk-full' : 'write-failed', full ? 'the disk is full: blocks cannot be kept' : 'blocks cannot be written', { cause: error })
}
