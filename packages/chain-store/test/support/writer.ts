/** Writes blocks into a store as fast as it can and prints each connected height; meant to be killed. */
import { writeSync } from 'node:fs'
import process from 'node:process'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { ByteReader } from '@peerwright/core'

const chain = await openChainStore({ location: process.argv[2] ?? '', params: BITCOIN_REGTEST })
chain.observe({ connected: ({ height }) => { writeSync(1, `${height}\n`) } })
let batch: Uint8Array[] = []
for (const block of mineChain({ blocks: 20_000, seed: 3, sizeBytes: { min: 300, max: 20_000 }, parent: BITCOIN_REGTEST.genesisHeader })) {
  batch.push(block)
  if (batch.length === 20) {
    await chain.acceptHeaders(batch.map(bytes => chain.codec.read(new ByteReader(bytes))))
    await Promise.all(batch.map(async bytes => await chain.acceptBlock(bytes)))
    batch = []
  }
}
