/**
 * @packageDocumentation
 *
 * What a node syncs into when the embedder brings nothing: headers, blocks, proof of work, Merkle roots and reorganisations of
 * chains of Bitcoin's family. It checks what can be checked without knowing amounts and scripts, and keeps what it was told
 * through the death of its process.
 *
 * @example A chain in memory
 *
 * ```ts
 * import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
 * import { mineChain } from '@peerwright/chain-store/miner'
 * import { ByteReader } from '@peerwright/core'
 *
 * const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
 * for (const block of mineChain({ blocks: 10, seed: 1, sizeBytes: { min: 300, max: 3_000 }, parent: BITCOIN_REGTEST.genesisHeader })) {
 *   await chain.acceptHeaders([chain.codec.read(new ByteReader(block))])
 *   await chain.acceptBlock(block)
 * }
 * console.info(chain.tip().height)
 * await chain.close()
 * ```
 */
import { ChainStore, type ChainStoreOptions } from './chain-store.ts'

export type { ChainStore, ChainStoreOptions } from './chain-store.ts'
export { importBlocks, type ImportOptions, type ImportProgress, type ImportResult } from './import.ts'
export type { OpeningReport } from './opening.ts'
export { BITCOIN_MAIN, BITCOIN_REGTEST, type ChainParams, type Retarget } from './params.ts'
export { repairChainStore, type RepairReport, resetChainStore } from './repair.ts'

/**
 * Opens a chain store, or makes one.
 *
 * @throws OperationError `invalid-option`, `store-locked`, `store-corrupt`, `wrong-network`, `future-schema`
 */
export async function openChainStore (options: ChainStoreOptions): Promise<ChainStore> {
  return await ChainStore.open(options)
}
