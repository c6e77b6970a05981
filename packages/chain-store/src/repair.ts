import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '@peerwright/core'
import type { BlockId } from '@peerwright/interface'
import { type BodyChain, bodyFile, bodyFiles, encodeFileHead, FILE_HEAD_BYTES, readFileHead } from './body-file.ts'
import { BodyReaders } from './body-readers.ts'
import { IndexDb, indexFolder, repairIndex } from './index-db.ts'
import { connectedHeaders, recoverBodies } from './recovery.ts'

/** What a repair found. */
export interface RepairReport {
  /** Whether the index had to be mended or begun anew */
  readonly indexRepaired: boolean
  /** Bodies that were read and found whole */
  readonly bodies: number
  /** Of these, bodies that the index had lost */
  readonly recovered: number
  /** Bodies that are damaged or gone: a node fetches them anew */
  readonly dropped: number
}

/**
 * Mends a store that no process has open: mends the index if it cannot be opened, reads every body, forgets the damaged ones, and
 * enters those that the index has lost.
 *
 * @throws OperationError `store-locked`, `future-schema`
 */
export async function repairChainStore (location: string, onProgress?: (bodies: number) => void): Promise<RepairReport> {
  const folder = join(location, 'blocks')
  const { index, indexRepaired } = await openIndex(location)
  try {
    const schema = await index.schema()
    const chain = await mendHeads(folder, await index.genesisHeader())
    if (chain === undefined) {
      // A store of schema 1 does not say of which chain it is: what its index still knows is all there is
      if (schema === undefined) {
        await rm(folder, { recursive: true, force: true })
      }
      return { indexRepaired, recovered: 0, ...await checkBodies(folder, index, onProgress) }
    }
    await index.begin(chain.genesisHeader)
    const known = await connectedHeaders(index, chain.genesisHeader)
    const { bodies, dropped } = await checkBodies(folder, index, onProgress)
    const recovered = await recoverBodies({ folder, magic: chain.magic, index, known, onFound: found => onProgress?.(bodies + found) })
    return { indexRepaired, bodies: bodies + recovered, recovered, dropped }
  } finally {
    await index.close()
  }
}

/**
 * Forgets everything of a store that no process has open: the next start begins from genesis.
 *
 * @throws OperationError `store-locked`
 */
export async function resetChainStore (location: string): Promise<void> {
  try {
    await (await IndexDb.open(location)).close()
  } catch (error) {
    // What is damaged goes as well
    if (error instanceof OperationError && error.code === 'store-locked') {
      throw error
    }
  }
  await rm(indexFolder(location), { recursive: true, force: true })
  await rm(join(location, 'blocks'), { recursive: true, force: true })
}

async function openIndex (location: string): Promise<{ index: IndexDb, indexRepaired: boolean }> {
  try {
    const index = await IndexDb.open(location)
    return { index, indexRepaired: await index.schema() === undefined }
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'store-corrupt')) {
      throw error
    }
    await repairIndex(location)
    return { index: await IndexDb.open(location), indexRepaired: true }
  }
}

/**
 * Finds out of which chain the body files are and writes damaged heads anew.
 *
 * @param genesisHeader - what the index says
 * @returns undefined when neither the index nor a file tells
 */
async function mendHeads (folder: string, genesisHeader: Uint8Array | undefined): Promise<BodyChain | undefined> {
  const damaged: string[] = []
  let chain: BodyChain | undefined
  let magic: readonly number[] | undefined
  for (const file of await bodyFiles(folder)) {
    const path = bodyFile(folder, file)
    try {
      const head = await readFileHead(path)
      chain ??= head
      magic ??= head === undefined ? await magicAt(path, 0) : undefined
    } catch (error) {
      if (!(error instanceof OperationError && error.code === 'store-corrupt')) {
        throw error
      }
      damaged.push(path)
      magic ??= await magicAt(path, FILE_HEAD_BYTES)
    }
  }
  chain ??= genesisHeader !== undefined && magic !== undefined ? { genesisHeader, magic } : undefined
  for (const path of chain === undefined ? [] : damaged) {
    const handle = await open(path, 'r+')
    await handle.write(encodeFileHead(chain as BodyChain), 0, undefined, 0)
    await handle.close()
  }
  return chain
}

/** The first 4 bytes of the record that begins at `offset`. */
async function magicAt (path: string, offset: number): Promise<number[]> {
  const handle = await open(path, 'r')
  try {
    const { buffer } = await handle.read(new Uint8Array(4), 0, 4, offset)
    return Array.from(buffer)
  } finally {
    await handle.close()
  }
}

async function checkBodies (folder: string, index: IndexDb, onProgress?: (bodies: number) => void): Promise<{ bodies: number, dropped: number }> {
  const damaged: BlockId[] = []
  const readers = new BodyReaders(folder)
  let count = 0
  for await (const { id, position } of index.bodies()) {
    try {
      await readers.read(position)
    } catch {
      damaged.push(id)
    }
    count++
    onProgress?.(count)
  }
  await readers.close()
  await index.forget(damaged)
  return { bodies: count - damaged.length, dropped: damaged.length }
}
