import { readFile, stat } from 'node:fs/promises'
import { OperationError, PeerFault } from '@peerwright/core'
import { checkWithdrawal, decodeWithdrawal, loadSuites, MAX_WITHDRAWAL_BYTES } from '@peerwright/identity'
import type { StickyMemory } from '@peerwright/transport'
import { UsageError } from './usage-error.ts'

/**
 * Has a peer forgotten that had a hybrid channel, on the word that it has signed.
 *
 * @throws UsageError where there is nothing to forget, or the file cannot be read
 * @throws OperationError `withdrawal-refused`, with the fault as its cause
 */
export async function withdraw (memory: StickyMemory, path: string, nowMs: number): Promise<void> {
  const bytes = await read(path)
  let known: boolean
  try {
    known = memory.withdraw(await checkWithdrawal(decodeWithdrawal(bytes), { nowSeconds: Math.floor(nowMs / 1_000), suites: await loadSuites() }), nowMs)
  } catch (error) {
    throw error instanceof PeerFault
      ? new OperationError('withdrawal-refused', `--withdrawal: ${path} is refused (${error.code}): ${error.message}`, { cause: error })
      : error
  }
  if (!known) {
    throw new UsageError(`--withdrawal: ${path} is of no peer that had a hybrid channel`)
  }
}

async function read (path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > MAX_WITHDRAWAL_BYTES) {
      throw new RangeError(`it has ${size} bytes`)
    }
    return new Uint8Array(await readFile(path))
  } catch (error) {
    throw new UsageError(`--withdrawal: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
