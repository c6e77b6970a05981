import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '@peerwright/core'
import type { BlockId } from '@peerwright/interface'
import { FileBodies } from './bodies.ts'
import { IndexDb, indexFolder, repairIndex } from './index-db.ts'

/** What a repair found. */
export interface RepairReport {
  /** Whether the index had to be mended or begun anew */
  readonly indexRepaired: boolean
  /** Bodies that were read and found whole */
  readonly bodies: number
  /** Bodies that are damaged or gone: a node fetches them anew */
  readonly dropped: number
}

/**
 * Mends a store that no process has open: reads every body, forgets the damaged ones, and mends the index if it cannot be opened.
 *
 * @throws OperationError `store-locked`, `future-schema`
 */
export async function repairChainStore (location: string, onProgress?: (bodies: number) => void): Promise<RepairReport> {
  let indexRepaired = false
  let index: IndexDb
  try {
    index = await IndexDb.open(location)
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'store-corrupt')) {
      throw error
    }
    await repairIndex(location)
    indexRepaired = true
    index = await IndexDb.open(location)
  }
  try {
    return { indexRepaired, ...await checkBodies(location, index, onProgress) }
  } finally {
    await index.close()
  }
}

async function checkBodies (
  location: string, index: IndexDb, onProgress?: (bodies: number) => void
): Promise<{ bodies: number, dropped: number }> {
  const damaged: BlockId[] = []
  const ends = new Map<number, number>()
  const positions = []
  for await (const body of index.bodies()) {
    positions.push(body)
    const { file, offset, sizeBytes } = body.position
    ends.set(file, Math.max(offset + sizeBytes + 4, ends.get(file) ?? 0))
  }
  const files = await FileBodies.open(join(location, 'blocks'), [], ends)
  for (const [count, { id, position }] of positions.entries()) {
    try {
      await files.read(position)
    } catch {
      damaged.push(id)
    }
    onProgress?.(count + 1)
  }
  await files.close()
  await index.forget(damaged)
  return { bodies: positions.length - damaged.length, dropped: damaged.length }
}

/** Forgets everything: the next start begins from genesis. */
export async function resetChainStore (location: string): Promise<void> {
  await rm(indexFolder(location), { recursive: true, force: true })
  await rm(join(location, 'blocks'), { recursive: true, force: true })
}
