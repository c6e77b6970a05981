/** Writes blocks into a store as fast as it can and prints each connected height; meant to be killed. */
import { writeSync } from 'node:fs'
import process from 'node:process'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { ByteReader } from '@peerwright/core'

const chain = await openChainStore({ location: process.argv[2] ?? '', params: BITCOIN_REGTEST })
chain.observe({ connected: ({ height }) => { say(`${height}\n`) } })
// On top of what is there: each life goes on where the last one ended
const { id, height } = chain.tip()
const tip = height === 0 ? undefined : await chain.block(id)
const parent = tip instanceof Uint8Array ? tip.subarray(0, 80) : BITCOIN_REGTEST.genesisHeader
let batch: Uint8Array[] = []
for (const block of mineChain({ blocks: 20_000, seed: 3, sizeBytes: { min: 300, max: 20_000 }, parent, parentHeight: height })) {
  batch.push(block)
  if (batch.length === 20) {
    await chain.acceptHeaders(batch.map(bytes => chain.codec.read(new ByteReader(bytes))))
    await Promise.all(batch.map(async bytes => await chain.acceptBlock(bytes)))
    batch = []
  }
}

/** A full pipe is waited for: what is said is heard before anything else happens. */
function say (text: string): void {
  for (;;) {
    try {
      writeSync(1, text)
      return
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) {
        throw error
      }
    }
  }
}
