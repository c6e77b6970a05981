import { importBlocks, type ImportProgress, openChainStore } from '@peerwright/chain-store'
import { chainParamsOf, profileOf } from './chain-params.ts'
import { chainFolder, makeDataFolder } from './data-folder.ts'
import { megabytes, type Output } from './output.ts'

/** What `peerwright import` is told. */
export interface ImportCommand {
  /** `bootstrap.dat`, a `blk*.dat`, or a folder of them */
  readonly path: string
  readonly spec: string
  readonly data: string
  readonly genesis: string | undefined
}

/** Characters of the progress bar. */
const BAR_LENGTH = 24

/** Takes blocks out of files into the chain store of a data folder. @throws UsageError, SpecError, OperationError */
export async function importFiles (command: ImportCommand, output: Output, signal: AbortSignal): Promise<void> {
  const params = await chainParamsOf(await profileOf(command.spec), command.genesis)
  await makeDataFolder(command.data)
  const chain = await openChainStore({ location: chainFolder(command.data), params })
  try {
    const startMs = performance.now()
    const { found, taken, left } = await importBlocks({
      chain,
      path: command.path,
      magic: params.magic,
      maxBlockBytes: params.maxBlockBytes,
      signal,
      onProgress: progress => { output.progress(progressLine(progress), performance.now()) }
    })
    const seconds = Math.round((performance.now() - startMs) / 100) / 10
    const { height, id } = chain.tip()
    output.result(
      { ok: true, found, taken, left, height, tip: id, seconds },
      `Found ${found} blocks, took ${taken} in ${seconds} s; ${left} were known already, hang on no known header or break a rule. The chain stands at height ${height}, ${id}.`
    )
  } finally {
    await chain.close()
  }
}

function progressLine ({ phase, bytesDone, bytesTotal, blocks, height }: ImportProgress): string {
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesDone / bytesTotal)
  const bar = '#'.repeat(Math.round(BAR_LENGTH * share)).padEnd(BAR_LENGTH, '.')
  const what = phase === 'scan' ? `reading: ${blocks} blocks found` : `taking: ${blocks} blocks, height ${height}`
  return `[${bar}] ${Math.floor(100 * share).toString().padStart(3)} %  ${megabytes(bytesDone)} of ${megabytes(bytesTotal)}  ${what}`
}
