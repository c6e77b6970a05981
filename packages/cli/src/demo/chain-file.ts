import { open } from 'node:fs/promises'
import { mineChain } from '@peerwright/chain-store/miner'

/** Sizes of the mined blocks: 300 B to 1 MB on a logarithmic scale, small ones more frequent, so that 2,000 make about 60 MB. */
const MIN_BLOCK_BYTES = 300
const MAX_BLOCK_BYTES = 1_000_000
const SIZE_SKEW = 4

/** The seed of the demonstration's chain: it is the same every time. */
const CHAIN_SEED = 20_090_103

/** Blocks written at once. */
const BATCH = 64

/**
 * Mines a chain at trivial difficulty into a file in the layout of `bootstrap.dat`.
 *
 * @param genesisHeader - 80 bytes; its target must be regtest's
 */
export async function mineChainFile (
  path: string, magic: readonly number[], genesisHeader: Uint8Array, blocks: number, onProgress: (mined: number) => void, signal: AbortSignal
): Promise<void> {
  const file = await open(path, 'wx')
  try {
    let parts: Uint8Array[] = []
    let mined = 0
    const sizeBytes = { min: MIN_BLOCK_BYTES, max: MAX_BLOCK_BYTES }
    for (const block of mineChain({ blocks, seed: CHAIN_SEED, sizeBytes, skew: SIZE_SKEW, parent: genesisHeader })) {
      const head = new Uint8Array(8)
      head.set(magic)
      new DataView(head.buffer).setUint32(4, block.length, true)
      parts.push(head, block)
      mined++
      if (mined % BATCH === 0 || mined === blocks) {
        // Not `writev`, which on a full disk writes a part and says how much of it
        await file.appendFile(Buffer.concat(parts))
        parts = []
        onProgress(mined)
        signal.throwIfAborted()
      }
    }
  } finally {
    await file.close()
  }
}
