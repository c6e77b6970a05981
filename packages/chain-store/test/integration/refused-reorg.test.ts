import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BITCOIN_REGTEST, type ChainStore, openChainStore } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { ByteReader } from '@peerwright/core'

function branch (seed: number, blocks: number): Uint8Array[] {
  return [...mineChain({ blocks, seed, sizeBytes: { min: 300, max: 300 }, parent: BITCOIN_REGTEST.genesisHeader })]
}

async function give (chain: ChainStore, blocks: readonly Uint8Array[]): Promise<void> {
  await chain.acceptHeaders(blocks.map(block => chain.codec.read(new ByteReader(block))))
  await Promise.all(blocks.map(async block => await chain.acceptBlock(block)))
}

describe('a chain store after a restart', () => {
  let location = ''
  beforeEach(async () => { location = await mkdtemp(join(tmpdir(), 'peerwright-reorg-')) })
  afterEach(async () => { await rm(location, { recursive: true, force: true }) })

  it('S40 - still refuses the reorganisation that it refused before, and tells so again', async () => {
    const depths: number[] = []
    const open = async (): Promise<ChainStore> => await openChainStore({
      location, params: { ...BITCOIN_REGTEST, maxReorgDepth: 5 }, onRefusedReorg: depth => { depths.push(depth) }
    })
    const chain = await open()
    await give(chain, branch(1, 6))
    const tip = chain.tip()
    await give(chain, branch(2, 8))
    assert.deepEqual([chain.tip(), chain.headerTip()], [tip, tip])
    assert.deepEqual(depths, [6])
    await chain.close()
    depths.length = 0
    const again = await open()
    assert.deepEqual([again.tip(), again.headerTip()], [tip, tip])
    assert.deepEqual(depths, [6])
    await again.close()
  })

  it('stays with the branch that came first when two have the same work', async () => {
    for (const [first, second] of [[1, 2], [2, 1]] as const) {
      await rm(location, { recursive: true, force: true })
      const chain = await openChainStore({ location, params: BITCOIN_REGTEST })
      await give(chain, branch(first, 4))
      await give(chain, branch(second, 4))
      const tips = [chain.tip(), chain.headerTip()]
      assert.deepEqual(tips[0], tips[1])
      await chain.close()
      const again = await openChainStore({ location, params: BITCOIN_REGTEST })
      assert.deepEqual([again.tip(), again.headerTip()], tips)
      await again.close()
    }
  })
})
