import { access } from 'node:fs/promises'
import { repairChainStore, resetChainStore } from '@peerwright/chain-store'
import { chainFolder } from './data-folder.ts'
import type { Output } from './output.ts'
import { UsageError } from './usage-error.ts'

/** `peerwright store repair`. @throws OperationError, UsageError */
export async function repairStore (data: string, output: Output): Promise<void> {
  const folder = await existing(data)
  const report = await repairChainStore(folder, bodies => { output.progress(`checked ${bodies} blocks`, performance.now()) })
  output.result(
    { ok: true, ...report },
    `${report.bodies} blocks are whole, ${report.recovered} of them were lost to the index; ${report.dropped} were damaged and will be fetched anew${report.indexRepaired ? '; the index was mended' : ''}.`
  )
}

/** `peerwright store reset`. @throws OperationError `store-locked`, UsageError */
export async function resetStore (data: string, output: Output): Promise<void> {
  await resetChainStore(await existing(data))
  output.result({ ok: true }, 'The chain store is empty: the next start syncs from genesis.')
}

async function existing (data: string): Promise<string> {
  const folder = chainFolder(data)
  try {
    await access(folder)
  } catch (error) {
    throw new UsageError(`${data} holds no chain store`, { cause: error })
  }
  return folder
}
