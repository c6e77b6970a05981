import { ByteReader, PeerFault } from '@peerwright/core'
import type { BlockId } from '@peerwright/interface'
import { bitcoinHeaderCodec } from '@peerwright/protocol-messages'
import { bodyFile, bodyFiles, CHECK_BYTES, checkedBlock, MAX_FILE_BYTES } from './body-file.ts'
import type { IndexDb, IndexedBody, IndexedHeader } from './index-db.ts'
import { pieces, records } from './records.ts'

/** Heights of known headers, by id. */
type Heights = Map<BlockId, number>

interface FoundBody extends IndexedBody {
  readonly parent: BlockId
  readonly header: Uint8Array
}

/** The headers of an index that hang together from genesis; those that do not are forgotten. */
export async function connectedHeaders (index: IndexDb, genesisHeader: Uint8Array): Promise<Heights> {
  const heights: Heights = new Map([[read(genesisHeader)?.id ?? '', 0]])
  const loose: IndexedHeader[] = []
  for await (const indexed of index.headers()) {
    const header = read(indexed.bytes)
    const below = heights.get(header?.parent ?? '')
    if (below === undefined || indexed.height !== below + 1 || indexed.id !== header?.id) {
      loose.push(indexed)
    } else {
      heights.set(indexed.id, indexed.height)
    }
  }
  await index.forget(loose.map(({ id }) => id), loose)
  return heights
}

/** What to recover, and from where. */
export interface RecoveryOptions {
  readonly folder: string
  readonly magic: readonly number[]
  readonly index: IndexDb
  /** Headers that the index has; those that are recovered are added */
  readonly known: Heights
  readonly onFound?: (bodies: number) => void
}

/**
 * Enters the whole blocks of body files that the index does not name and that hang on known headers, with their headers. What
 * stands in a body file was checked when it was written.
 *
 * @returns how many
 */
export async function recoverBodies ({ folder, magic, index, known, onFound }: RecoveryOptions): Promise<number> {
  const named = new Set<BlockId>()
  for await (const { id } of index.bodies()) {
    named.add(id)
  }
  const children = new Map<BlockId, FoundBody[]>()
  let found = 0
  for (const file of await bodyFiles(folder)) {
    for await (const body of wholeBlocks(folder, file, magic)) {
      if (!named.has(body.id)) {
        named.add(body.id)
        children.set(body.parent, [...children.get(body.parent) ?? [], body])
        found++
        onFound?.(found)
      }
    }
  }
  const bodies: IndexedBody[] = []
  const headers: IndexedHeader[] = []
  let parents = [...known.keys()].filter(id => children.has(id))
  while (parents.length > 0) {
    const level = parents.flatMap(parent => children.get(parent) ?? [])
    for (const body of level) {
      bodies.push(body)
      if (!known.has(body.id)) {
        const height = (known.get(body.parent) ?? 0) + 1
        known.set(body.id, height)
        headers.push({ id: body.id, height, bytes: body.header })
      }
    }
    parents.forEach(parent => children.delete(parent))
    parents = level.map(({ id }) => id).filter(id => children.has(id))
  }
  await index.write({ headers, bodies })
  return bodies.length
}

async function* wholeBlocks (folder: string, file: number, magic: readonly number[]): AsyncGenerator<FoundBody> {
  for await (const { bytes, offset } of records(pieces(bodyFile(folder, file)), { magic, maxBlockBytes: MAX_FILE_BYTES, trailerBytes: CHECK_BYTES })) {
    const block = checkedBlock(bytes)
    const header = block && read(block)
    if (block !== undefined && header !== undefined) {
      yield { id: header.id, parent: header.parent, header: header.bytes.slice(), position: { file, offset, sizeBytes: block.length } }
    }
  }
}

function read (bytes: Uint8Array): ReturnType<typeof bitcoinHeaderCodec.read> | undefined {
  try {
    return bitcoinHeaderCodec.read(new ByteReader(bytes))
  } catch (error) {
    if (error instanceof PeerFault) {
      return undefined
    }
    throw error
  }
}
