import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '@peerwright/core'
import type { BlockId } from '@peerwright/interface'
import type { AbstractLevel } from 'abstract-level'
import { ClassicLevel } from 'classic-level'
import { MemoryLevel } from 'memory-level'
import type { BodyPosition, HeaderEntry } from './header-tree.ts'

/**
 * The index: `meta/schema`, `meta/genesis`, `meta/tip` as text, `h` + height + id -> header, `b` + id -> position. Headers lie in the
 * order of their heights, so that reading them in order never meets a child before its parent.
 */
const SCHEMA = 1

/** Bytes of a position: file 4, offset 4, size 4. */
const POSITION_BYTES = 12

type Db = AbstractLevel<string | Buffer | Uint8Array, string, Uint8Array>

/** What a batch changes. */
export interface IndexChange {
  readonly headers?: readonly HeaderEntry[]
  readonly bodies?: ReadonlyArray<{ readonly id: BlockId, readonly position: BodyPosition }>
  readonly tip?: BlockId
}

/** The index of headers and bodies in a Level database. */
export class IndexDb {
  readonly #db: Db

  private constructor (db: Db) {
    this.#db = db
  }

  /**
   * @param location - a folder, or `memory`
   * @param genesis - the chain that it must be of; absent for whichever it is
   * @throws OperationError `store-locked`, `store-corrupt`, `wrong-network`, `future-schema`
   */
  static async open (location: string, genesis?: BlockId): Promise<IndexDb> {
    const options = { keyEncoding: 'utf8', valueEncoding: 'view' } as const
    const db: Db = location === 'memory' ? new MemoryLevel(options) : new ClassicLevel(indexFolder(location), options)
    try {
      await db.open()
    } catch (error) {
      throw openError(error)
    }
    const index = new IndexDb(db)
    try {
      await index.#check(genesis)
    } catch (error) {
      await db.close()
      throw error
    }
    return index
  }

  async #check (genesis: BlockId | undefined): Promise<void> {
    const schema = await this.#text('meta/schema')
    if (schema === undefined) {
      if (genesis !== undefined) {
        await this.#db.batch([put('meta/schema', text(String(SCHEMA))), put('meta/genesis', text(genesis))])
      }
      return
    }
    const number = Number(schema)
    if (!Number.isInteger(number) || number < 1) {
      throw corrupt('its schema version is no number')
    }
    if (number > SCHEMA) {
      throw new OperationError('future-schema', `the chain store has schema ${number} of a newer version; this one knows ${SCHEMA}: upgrade, or run "peerwright store reset --data DIR"`)
    }
    const known = await this.#text('meta/genesis')
    if (genesis !== undefined && known !== genesis) {
      throw new OperationError('wrong-network', 'the chain store is of another chain: choose another --data, or run "peerwright store reset --data DIR"')
    }
  }

  /** The headers, parents before children. */
  async* headers (): AsyncGenerator<Uint8Array> {
    for await (const [, header] of this.#db.iterator({ gte: 'h', lt: 'i' })) {
      yield header
    }
  }

  /** The positions of the bodies. */
  async* bodies (): AsyncGenerator<{ id: BlockId, position: BodyPosition }> {
    for await (const [key, value] of this.#db.iterator({ gte: 'b', lt: 'c' })) {
      if (value.length !== POSITION_BYTES) {
        throw corrupt('a position has the wrong length')
      }
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
      yield { id: key.slice(1), position: { file: view.getUint32(0), offset: view.getUint32(4), sizeBytes: view.getUint32(8) } }
    }
  }

  /** The end of the active chain when the store was written last */
  async tip (): Promise<BlockId | undefined> {
    return await this.#text('meta/tip')
  }

  /** Writes all of a change, or nothing. */
  async write ({ headers = [], bodies = [], tip }: IndexChange): Promise<void> {
    const operations = [
      ...headers.map(entry => put(headerKey(entry), entry.bytes)),
      ...bodies.map(({ id, position }) => put(`b${id}`, positionBytes(position))),
      ...(tip === undefined ? [] : [put('meta/tip', text(tip))])
    ]
    await this.#db.batch(operations)
  }

  /** Forgets where bodies are. */
  async forget (ids: readonly BlockId[]): Promise<void> {
    await this.#db.batch(ids.map(id => ({ type: 'del' as const, key: `b${id}` })))
  }

  async close (): Promise<void> {
    await this.#db.close()
  }

  async #text (key: string): Promise<string | undefined> {
    const value = await this.#db.get(key) as Uint8Array | undefined
    return value && new TextDecoder().decode(value)
  }
}

/** The folder of the index below a data folder. */
export function indexFolder (location: string): string {
  return join(location, 'index')
}

/** Mends an index that cannot be opened; what cannot be mended is lost and fetched again. */
export async function repairIndex (location: string): Promise<void> {
  try {
    await ClassicLevel.repair(indexFolder(location))
  } catch {
    await rm(indexFolder(location), { recursive: true, force: true })
  }
}

function put (key: string, value: Uint8Array): { type: 'put', key: string, value: Uint8Array } {
  return { type: 'put', key, value }
}

function text (value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function headerKey ({ height, id }: HeaderEntry): string {
  return `h${height.toString(16).padStart(8, '0')}${id}`
}

function positionBytes ({ file, offset, sizeBytes }: BodyPosition): Uint8Array {
  const bytes = new Uint8Array(POSITION_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, file)
  view.setUint32(4, offset)
  view.setUint32(8, sizeBytes)
  return bytes
}

function corrupt (what: string): OperationError {
  return new OperationError('store-corrupt', `the chain store is damaged (${what}): run "peerwright store repair --data DIR"`)
}

function openError (error: unknown): OperationError {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'LEVEL_LOCKED') {
    return new OperationError('store-locked', 'the chain store is in use by another process', { cause: error })
  }
  return new OperationError('store-corrupt', 'the chain store cannot be opened: run "peerwright store repair --data DIR"', { cause: error })
}
