import assert from 'node:assert/strict'
import { presets } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST, type ChainStore, openChainStore } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { ByteReader } from '@peerwright/core'
import { messageType } from '@peerwright/protocol-messages'
import { createSync, type Sync } from '@peerwright/sync'
import { World } from '../../src/index.ts'

/** NA-01's link: 20 Mbit/s, and a round trip of 50 ms. */
const LATENCY_MS = 25
const BYTES_PER_SECOND = 2_500_000

const BLOCKS = 600

/** Bytes of a block: many to a round trip, as on a chain of small blocks. */
const BLOCK_BYTES = 20_000

async function chainOf (blocks: number): Promise<ChainStore> {
  const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
  for (const block of mineChain({ blocks, seed: 1, sizeBytes: { min: BLOCK_BYTES, max: BLOCK_BYTES }, parent: BITCOIN_REGTEST.genesisHeader })) {
    await chain.acceptHeaders([chain.codec.read(new ByteReader(block))])
    await chain.acceptBlock(block)
  }
  return chain
}

describe('a slow link in virtual time', () => {
  const syncs: Sync[] = []
  afterEach(() => {
    for (const sync of syncs.splice(0)) {
      sync.stop()
    }
  })

  it('NA-01 + a saturating download leaves the live round trip at or below 150 ms (p95) and fills 90 % of 20 Mbit/s at 50 ms', async function () {
    this.timeout(60_000)
    const world = new World({ seed: 1 })
    world.internet.shape(() => ({ latencyMs: LATENCY_MS, bytesPerSecond: BYTES_PER_SECOND }))
    const [full, fresh] = [await chainOf(BLOCKS), await chainOf(0)]
    // As a node of Nano's profile is told; without guards, which this is not about
    const node = async (chain: ChainStore): Promise<Awaited<ReturnType<World['node']>>> => {
      const made = await world.node({ guarded: false, session: { maxBlockBytes: presets.nano.network.maxBlockBytes, tip: () => chain.tip() } })
      const sync = createSync({ clock: made.clock, network: made.network, chain, maxBlockBytes: presets.nano.network.maxBlockBytes })
      sync.start()
      syncs.push(sync)
      return made
    }
    const [server, client] = [await node(full), await node(fresh)]
    const session = await world.settled(client.network.connect({ address: server.address }, { class: 'full' }))
    await world.until(() => fresh.tip().height >= 60)
    const [sinceMs, sinceBytes] = [world.timeline.monotonic(), session.facts.bytesIn]
    // The live stream's own question and answer, again and again while the download goes on
    const roundTrips: number[] = []
    while (fresh.tip().height < 540) {
      const askedMs = world.timeline.monotonic()
      const { tip } = session.facts
      session.send(messageType('get-tip'), new Uint8Array(0))
      await world.until(() => session.facts.tip !== tip, 60_000)
      roundTrips.push(world.timeline.monotonic() - askedMs)
    }
    const rate = (session.facts.bytesIn - sinceBytes) * 1_000 / (world.timeline.monotonic() - sinceMs)
    const p95 = roundTrips.sort((x, y) => x - y)[Math.floor(roundTrips.length * 0.95)] ?? 0
    const seen = `p95 of ${roundTrips.length} round trips ${p95.toFixed(0)} ms, ${(100 * rate / BYTES_PER_SECOND).toFixed(0)} % of the link`
    assert.ok(roundTrips.length > 10, seen)
    assert.ok(p95 <= 150, seen)
    assert.ok(rate >= 0.9 * BYTES_PER_SECOND, seen)
  })
})
