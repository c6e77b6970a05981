import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ByteReader, invariant, OperationError, PeerFault } from '@peerwright/core'
import { bitcoinHeaderCodec } from '@peerwright/protocol-messages'
import { type BodyStore, FileBodies, MemoryBodies } from './bodies.ts'
import { bodyFile, bodyFiles, CHECK_BYTES } from './body-file.ts'
import { BodyReaders } from './body-readers.ts'
import { HeaderTree } from './header-tree.ts'
import { IndexDb, type IndexedBody } from './index-db.ts'
import type { ChainParams } from './params.ts'

/** What was found and mended when a store was opened. */
export interface OpeningReport {
  /** Headers and bodies that were there */
  readonly headers: number
  readonly bodies: number
  /** Bodies that the index named and the files did not hold: they are fetched again */
  readonly lostBodies: number
}

/** What a store consists of. */
export interface StoreParts {
  readonly tree: HeaderTree
  readonly index: IndexDb
  readonly bodies: BodyStore
  readonly opening: OpeningReport
}

/**
 * Bodies at the end of the last file whose CRC is checked at every start, in bytes. Chosen: more than a sync writes in the time
 * that an operating system keeps writes back for, at a tenth of a second's cost.
 */
const TAIL_BYTES = 33_554_432

/**
 * Opens what a store consists of, or makes it.
 *
 * @throws OperationError `store-locked`, `store-corrupt`, `wrong-network`, `future-schema`
 */
export async function openParts (location: string, params: ChainParams): Promise<StoreParts> {
  const tree = new HeaderTree(bitcoinHeaderCodec.read(new ByteReader(params.genesisHeader)))
  const folder = join(location, 'blocks')
  const index = await IndexDb.open(location)
  try {
    if (await index.schema() === undefined && location !== 'memory' && (await bodyFiles(folder)).length > 0) {
      throw new OperationError('store-corrupt', 'the index of the chain store is gone, its blocks are there: run "peerwright store repair --data DIR"')
    }
    await index.begin(params.genesisHeader)
    await loadHeaders(index, tree)
    if (location === 'memory') {
      return { tree, index, bodies: new MemoryBodies(), opening: { headers: tree.size, bodies: 0, lostBodies: 0 } }
    }
    const { ends, ...counts } = await loadBodies(index, tree, folder)
    return { tree, index, bodies: await FileBodies.open(folder, params, ends), opening: { headers: tree.size, ...counts } }
  } catch (error) {
    await index.close()
    throw error
  }
}

async function loadHeaders (index: IndexDb, tree: HeaderTree): Promise<void> {
  try {
    for await (const { bytes } of index.headers()) {
      const header = bitcoinHeaderCodec.read(new ByteReader(bytes))
      const parent = tree.get(header.parent)
      invariant(parent !== undefined, 'a header stands before its parent')
      tree.add(header, parent)
    }
  } catch (error) {
    if (error instanceof OperationError) {
      throw error
    }
    const what = error instanceof PeerFault ? 'a header is no header' : 'headers do not connect'
    throw new OperationError('store-corrupt', `the chain store is damaged (${what}): run "peerwright store repair --data DIR"`, { cause: error })
  }
}

async function loadBodies (index: IndexDb, tree: HeaderTree, folder: string): Promise<{ ends: Map<number, number>, bodies: number, lostBodies: number }> {
  const sizes = new Map<number, number>()
  const there: IndexedBody[] = []
  const lost: IndexedBody[] = []
  for await (const body of index.bodies()) {
    const { file } = body.position
    if (!sizes.has(file)) {
      sizes.set(file, await fileSize(bodyFile(folder, file)))
    }
    const known = tree.get(body.id) !== undefined && endOf(body) <= (sizes.get(file) ?? 0)
    ;(known ? there : lost).push(body)
  }
  const damaged = new Set(await damagedTail(folder, there))
  const ends = new Map<number, number>()
  for (const body of there.filter(one => !damaged.has(one))) {
    const entry = tree.get(body.id)
    invariant(entry !== undefined, 'its header was there')
    entry.body = body.position
    ends.set(body.position.file, Math.max(endOf(body), ends.get(body.position.file) ?? 0))
  }
  await index.forget([...lost, ...damaged].map(({ id }) => id))
  return { ends, bodies: there.length - damaged.size, lostBodies: lost.length + damaged.size }
}

/** Bodies written last that a loss of power has damaged: the index may reach the disk before them. */
async function damagedTail (folder: string, bodies: readonly IndexedBody[]): Promise<IndexedBody[]> {
  const last = bodies.reduce((highest, { position }) => Math.max(highest, position.file), 0)
  const tail = bodies.filter(({ position }) => position.file === last).sort((a, b) => b.position.offset - a.position.offset)
  const from = endOf(tail[0]) - TAIL_BYTES
  const readers = new BodyReaders(folder)
  const damaged: IndexedBody[] = []
  for (const body of tail.filter(({ position }) => position.offset >= from)) {
    try {
      await readers.read(body.position)
    } catch {
      damaged.push(body)
    }
  }
  await readers.close()
  return damaged
}

function endOf (body: IndexedBody | undefined): number {
  return body === undefined ? 0 : body.position.offset + body.position.sizeBytes + CHECK_BYTES
}

async function fileSize (path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}
