import { existsSync, readFileSync } from 'node:fs'
import { either, type Field } from '@peerwright/testing'
import { decodeBlock } from '../../src/index.ts'

/** Real blocks; they lie beside the project and not in it. */
const DATA = new URL('../../../../../shared/data/bitcoin/', import.meta.url)

/** Names of the files of one block, and of one compact block. */
export const REAL_BLOCKS = ['block300025.raw', 'block426884.raw', 'block928816.raw'] as const
export const REAL_COMPACT_BLOCK = 'compact426884.raw'

/** Reads a file of real messages; undefined where there is none. */
export function realFile (name: string): Uint8Array | undefined {
  const url = new URL(name, DATA)
  return existsSync(url) ? Uint8Array.from(readFileSync(url)) : undefined
}

/** The blocks 1 to 255 of Bitcoin's main chain. */
export function firstBlocks (): Uint8Array[] {
  const bytes = realFile('mainnet-blocks-1-256.dat') ?? new Uint8Array(0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const blocks: Uint8Array[] = []
  // Each has the network's magic and its length in front
  for (let at = 0; at < bytes.length;) {
    const end = at + 8 + view.getUint32(at + 4, true)
    blocks.push(bytes.subarray(at + 8, end))
    at = end
  }
  return blocks
}

/** Transactions of a real block with witnesses, the shorter ones. */
export function realTransactions (): Uint8Array[] {
  const bytes = realFile('block928816.raw')
  return bytes === undefined ? [] : decodeBlock(bytes).transactions.map(transaction => transaction.bytes).filter(({ length }) => length < 500).slice(0, 200)
}

/** Messages that are made, and real ones among them, where there are any. */
export function withReal (made: Field, real: readonly Uint8Array[]): Field {
  const given: Field = draw => [{ role: 'fixed', bytes: real[draw(real.length)] ?? new Uint8Array(0) }]
  return real.length === 0 ? made : either(made, given)
}
