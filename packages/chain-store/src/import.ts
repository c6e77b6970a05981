import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ByteReader, OperationError, PeerFault } from '@peerwright/core'
import type { BlockHeader, BlockId, Chain } from '@peerwright/interface'
import { BITCOIN_HEADER_BYTES, bitcoinHeaderCodec } from '@peerwright/protocol-messages'
import { pipe } from 'it-pipe'
import { pieces, records } from './records.ts'

/** Length of the key that Bitcoin Core hides its block files with (`xor.dat`, since 28.0). */
const XOR_BYTES = 8

/** Blocks offered to the chain at once. Chosen: enough for it to write them together. */
const BATCH_BLOCKS = 64

/** How far an import has come. */
export interface ImportProgress {
  /** Headers first, then blocks in the order of the chain */
  readonly phase: 'scan' | 'blocks'
  readonly bytesDone: number
  readonly bytesTotal: number
  /** Blocks found, or taken */
  readonly blocks: number
  /** Where the active chain stands */
  readonly height: number
}

/** What to import, and into what. */
export interface ImportOptions {
  readonly chain: Chain
  /** `bootstrap.dat`, a `blk*.dat`, or a folder of them */
  readonly path: string
  /** First bytes of each record */
  readonly magic: readonly number[]
  readonly maxBlockBytes: number
  readonly onProgress?: (progress: ImportProgress) => void
  readonly signal?: AbortSignal
}

/** What an import did. */
export interface ImportResult {
  /** Blocks found in the files */
  readonly found: number
  /** Blocks that the chain did not have */
  readonly taken: number
  /** Blocks that hang on no known header, or that the chain refused */
  readonly left: number
}

interface Found {
  readonly header: BlockHeader
  readonly file: string
  readonly offset: number
  readonly sizeBytes: number
}

/**
 * Imports block files of Bitcoin Core in whatever order their blocks are: a first pass reads the headers and where the bodies
 * are, a second one the bodies in the order of the chain. Files hidden with `xor.dat` are read with it.
 *
 * @throws OperationError `import-failed` when the files cannot be read or hold no block, `aborted`
 */
export async function importBlocks (options: ImportOptions): Promise<ImportResult> {
  const files = await blockFiles(options.path)
  const key = await xorKey(files[0] ?? options.path)
  const bytesTotal = (await Promise.all(files.map(async file => (await stat(file)).size))).reduce((sum, size) => sum + size, 0)
  const found = new Map<BlockId, Found>()
  let bytesDone = 0
  for (const file of files) {
    await pipe(
      pieces(file, options.signal),
      source => unhidden(source, key),
      source => records(source, options),
      async blocks => {
        for await (const { bytes, offset } of blocks) {
          const header = headerOf(bytes)
          if (header !== undefined) {
            found.set(header.id, { header, file, offset, sizeBytes: bytes.length })
          }
          options.onProgress?.({ phase: 'scan', bytesDone: bytesDone + offset + bytes.length, bytesTotal, blocks: found.size, height: options.chain.tip().height })
        }
      }
    )
    bytesDone += (await stat(file)).size
  }
  if (found.size === 0) {
    throw new OperationError('import-failed', `${options.path} holds no block of this network`)
  }
  const taken = await takeAll(options, inChainOrder(options.chain, found), key)
  return { found: found.size, taken, left: found.size - taken }
}

/** The header of a record, copied; undefined for what only looks like a record. */
function headerOf (bytes: Uint8Array): BlockHeader | undefined {
  try {
    return bitcoinHeaderCodec.read(new ByteReader(bytes.slice(0, BITCOIN_HEADER_BYTES)))
  } catch (error) {
    if (error instanceof PeerFault) {
      return undefined
    }
    throw error
  }
}

async function blockFiles (path: string): Promise<string[]> {
  try {
    if ((await stat(path)).isFile()) {
      return [path]
    }
    const names = (await readdir(path)).filter(name => /^(blk\d+|bootstrap)\.dat$/.test(name)).sort()
    if (names.length > 0) {
      return names.map(name => join(path, name))
    }
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new OperationError('import-failed', `${path} cannot be read: ${why}`, { cause: error })
  }
  throw new OperationError('import-failed', `${path} holds no blk*.dat and no bootstrap.dat`)
}

async function xorKey (file: string): Promise<Uint8Array | undefined> {
  if (!basename(file).startsWith('blk')) {
    return undefined
  }
  try {
    const key = await readFile(join(dirname(file), 'xor.dat'))
    return key.length === XOR_BYTES && key.some(byte => byte !== 0) ? key : undefined
  } catch {
    return undefined
  }
}

/** Undoes the hiding: byte n of the file is XORed with byte n mod 8 of the key. */
function unhide (bytes: Uint8Array, offset: number, key: Uint8Array | undefined): Uint8Array {
  if (key !== undefined) {
    for (let at = 0; at < bytes.length; at++) {
      bytes[at] = (bytes[at] ?? 0) ^ (key[(offset + at) % XOR_BYTES] ?? 0)
    }
  }
  return bytes
}

async function* unhidden (source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, key: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  let offset = 0
  for await (const piece of source) {
    yield unhide(piece, offset, key)
    offset += piece.length
  }
}

/** The blocks that hang on a header the chain knows, parents before children. */
function inChainOrder (chain: Chain, found: ReadonlyMap<BlockId, Found>): Found[] {
  const children = new Map<BlockId, Found[]>()
  for (const block of found.values()) {
    const { parent } = block.header
    children.set(parent, [...(children.get(parent) ?? []), block])
  }
  const ordered: Found[] = []
  let waiting = [...found.values()].filter(({ header }) => !found.has(header.parent) && chain.point(header.parent) !== undefined)
  while (waiting.length > 0) {
    ordered.push(...waiting)
    waiting = waiting.flatMap(block => children.get(block.header.id) ?? [])
  }
  return ordered
}

async function takeAll (options: ImportOptions, ordered: readonly Found[], key: Uint8Array | undefined): Promise<number> {
  const { chain, onProgress, signal } = options
  const bytesTotal = ordered.reduce((sum, block) => sum + block.sizeBytes, 0)
  const handles: Handles = new Map()
  let bytesDone = 0
  let taken = 0
  try {
    for (let at = 0; at < ordered.length; at += BATCH_BLOCKS) {
      if (signal?.aborted === true) {
        throw new OperationError('aborted', 'the import was interrupted')
      }
      const batch = ordered.slice(at, at + BATCH_BLOCKS)
      for (const run of runs(batch)) {
        await chain.acceptHeaders(run)
      }
      await closeAll(handles, new Set(batch.map(({ file }) => file)))
      const bodies = await Promise.all(batch.map(async block => await readBody(block, handles, key)))
      const verdicts = await Promise.all(bodies.map(async body => await chain.acceptBlock(body)))
      taken += verdicts.filter(({ status }) => status === 'connected' || status === 'stored').length
      bytesDone += batch.reduce((sum, block) => sum + block.sizeBytes, 0)
      onProgress?.({ phase: 'blocks', bytesDone, bytesTotal, blocks: taken, height: chain.tip().height })
    }
  } finally {
    await closeAll(handles, new Set())
  }
  return taken
}

/** Headers, each the child of the one before it: as a chain wants them. */
function runs (blocks: readonly Found[]): BlockHeader[][] {
  const all: BlockHeader[][] = []
  for (const { header } of blocks) {
    const run = all.at(-1)
    if (run?.at(-1)?.id === header.parent) {
      run.push(header)
    } else {
      all.push([header])
    }
  }
  return all
}

/** Files open for reading: at most one for each block of a batch, however many files a folder holds. */
type Handles = Map<string, Promise<FileHandle>>

async function closeAll (handles: Handles, except: ReadonlySet<string>): Promise<void> {
  for (const [file, handle] of [...handles]) {
    if (!except.has(file)) {
      handles.delete(file)
      await (await handle).close()
    }
  }
}

async function readBody ({ file, offset, sizeBytes }: Found, handles: Handles, key: Uint8Array | undefined): Promise<Uint8Array> {
  let handle = handles.get(file)
  if (handle === undefined) {
    handle = open(file, 'r')
    handles.set(file, handle)
  }
  const { bytesRead, buffer } = await (await handle).read(new Uint8Array(sizeBytes), 0, sizeBytes, offset)
  if (bytesRead !== sizeBytes) {
    throw new OperationError('import-failed', `${file} became shorter while it was read`)
  }
  return unhide(buffer, offset, key)
}
