import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, OperationError } from '@peerwright/core'
import type { BlockId } from '@peerwright/interface'
import { BITCOIN_HEADER_BYTES } from '@peerwright/protocol-messages'
import type { AbstractLevel } from 'abstract-level'
import { ClassicLevel } from 'classic-level'
import { MemoryLevel } from 'memory-level'
import type { BodyPosition, HeaderEntry } from './header-tree.ts'
import { migrate, put, SCHEMA } from './migrations.ts'

// The index: `meta/schema`, `meta/genesis` (the header), `meta/tip` (an id as text), `h` + height + id -> header, `b` + id ->
// position. Headers lie in the order of their heights, so that reading them in order never meets a child before its parent.

/** Bytes of a position: file 4, offset 4, size 4. */
const POSITION_BYTES = 12

/** Hexadecimal digits of a height in a key. */
const HEIGHT_DIGITS = 8

type Db = AbstractLevel<string | Buffer | Uint8Array, string, Uint8Array>

/** A header as the index keeps it. */
export type IndexedHeader = Pick<HeaderEntry, 'id' | 'height' | 'bytes'>

/** A body as the index keeps it. */
export interface IndexedBody {
  readonly id: BlockId
  readonly position: BodyPosition
}

/** What a batch changes. */
export interface IndexChange {
  readonly headers?: readonly IndexedHeader[]
  readonly bodies?: readonly IndexedBody[]
  readonly tip?: BlockId
}

/** The index of headers and bodies in a Level database. */
export class IndexDb {
  readonly #db: Db

  private constructor (db: Db) {
    this.#db = db
  }

  /**
   * Opens an index, or makes an empty one that is of no chain yet.
   *
   * @param location - a folder, or `memory`
   * @throws OperationError `store-locked`, `store-corrupt`
   */
  static async open (location: string): Promise<IndexDb> {
    const options = { keyEncoding: 'utf8', valueEncoding: 'view' } as const
    const db: Db = location === 'memory' ? new MemoryLevel(options) : new ClassicLevel(indexFolder(location), options)
    try {
      await db.open()
    } catch (error) {
      throw openError(error)
    }
    return new IndexDb(db)
  }

  /**
   * Makes an empty index that of a chain, and one of an older schema that of this one.
   *
   * @throws OperationError `wrong-network`, `future-schema`, `store-corrupt`
   */
  async begin (genesisHeader: Uint8Array): Promise<void> {
    const schema = await this.schema()
    const steps = schema === undefined ? [put('meta/genesis', genesisHeader)] : await migrate(schema, { genesisHeader, get: async key => await this.#get(key) })
    if (steps.length > 0) {
      await this.#db.batch([...steps, put('meta/schema', text(String(SCHEMA)))])
    }
    const known = await this.genesisHeader()
    if (known === undefined || !equalBytes(known, genesisHeader)) {
      throw new OperationError('wrong-network', 'the chain store is of another chain: choose another --data, or run "peerwright store reset --data DIR"')
    }
  }

  /**
   * The version of its layout; undefined for an empty one.
   *
   * @throws OperationError `future-schema`, `store-corrupt`
   */
  async schema (): Promise<number | undefined> {
    const schema = await this.#text('meta/schema')
    if (schema === undefined) {
      return undefined
    }
    const number = Number(schema)
    if (!Number.isInteger(number) || number < 1) {
      throw corrupt('its schema version is no number')
    }
    if (number > SCHEMA) {
      throw new OperationError('future-schema', `the chain store has schema ${number} of a newer version; this one knows ${SCHEMA}: upgrade, or run "peerwright store reset --data DIR"`)
    }
    return number
  }

  /** The header of the genesis block; undefined for an index that is empty or of schema 1. */
  async genesisHeader (): Promise<Uint8Array | undefined> {
    const bytes = await this.#get('meta/genesis')
    return bytes?.length === BITCOIN_HEADER_BYTES ? bytes : undefined
  }

  /** The headers, parents before children. */
  async* headers (): AsyncGenerator<IndexedHeader> {
    for await (const [key, bytes] of this.#db.iterator({ gte: 'h', lt: 'i' })) {
      yield { height: Number.parseInt(key.slice(1, 1 + HEIGHT_DIGITS), 16), id: key.slice(1 + HEIGHT_DIGITS), bytes }
    }
  }

  /** The positions of the bodies. */
  async* bodies (): AsyncGenerator<IndexedBody> {
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

  /** Forgets where bodies are, and headers. */
  async forget (bodies: readonly BlockId[], headers: readonly IndexedHeader[] = []): Promise<void> {
    const keys = [...bodies.map(id => `b${id}`), ...headers.map(headerKey)]
    await this.#db.batch(keys.map(key => ({ type: 'del' as const, key })))
  }

  async close (): Promise<void> {
    await this.#db.close()
  }

  async #get (key: string): Promise<Uint8Array | undefined> {
    return await this.#db.get(key)
  }

  async #text (key: string): Promise<string | undefined> {
    const value = await this.#get(key)
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

function text (value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function headerKey ({ height, id }: IndexedHeader): string {
  return `h${height.toString(16).padStart(HEIGHT_DIGITS, '0')}${id}`
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
