import assert from 'node:assert/strict'
import type { SessionEnd } from '@peerwright/interface'
import { branch, TinyChain } from '@peerwright/testing'
import { freeze, SyncNetwork, type SyncNode } from '../support/network.ts'

interface Run {
  readonly seconds: number
  readonly ends: Array<readonly [peerId: string, code: SessionEnd['code'], atMs: number]>
  readonly frozenMs: number
}

/** A sync from several peers, of which the first hangs after a while. */
async function run (peers: number, hangs: boolean, blocks = 6_000): Promise<Run> {
  const net = new SyncNetwork({ bulkBytesPerSecond: 60_000 })
  const all = branch(blocks, { sizeBytes: 1_000 })
  const seeds = Array.from({ length: peers }, () => net.node(new TinyChain(all)))
  const chain = new TinyChain()
  const fresh = net.node(chain)
  const ends: Array<readonly [string, SessionEnd['code'], number]> = []
  fresh.network.observe({ closed: ({ peerId }, { code }) => ends.push([peerId, code, net.clock.monotonic()]) })
  for (const seed of seeds) {
    await net.connect(fresh, seed)
  }
  await net.clock.until(() => chain.tip().height > 500)
  const frozenMs = net.clock.monotonic()
  if (hangs) {
    freeze(seeds[0] as SyncNode)
  }
  await net.untilLevel(fresh, seeds[1] as SyncNode)
  assert.equal(new Set(chain.offered).size, chain.offered.length, 'no block is taken twice')
  net.stop()
  return { seconds: net.clock.monotonic() / 1_000, ends: [...ends], frozenMs }
}

describe('a sync that is held up', () => {
  it('S37 drops one of eight peers that hangs, as slow and within seconds, and loses at most a tenth of its rate', async () => {
    const good = await run(7, false)
    const bad = await run(8, true)
    assert.deepEqual(bad.ends.map(([peerId, code]) => [peerId, code]), [['peer-1', 'slow']])
    const heldMs = (bad.ends[0]?.[2] ?? 0) - bad.frozenMs
    // The window of 1,024 blocks is full a few seconds after it hangs, and 2 s later its time is up
    assert.ok(heldMs >= 2_000 && heldMs <= 6_000, `${heldMs} ms`)
    assert.ok(bad.seconds <= good.seconds * 1.1, `${bad.seconds} s instead of ${good.seconds} s with the seven others alone`)
  })

  it('S37 doubles its patience with each that hangs, and finds back to two seconds', async () => {
    const net = new SyncNetwork({ bulkBytesPerSecond: 60_000 })
    const all = branch(4_000, { sizeBytes: 1_000 })
    const seeds = Array.from({ length: 6 }, () => net.node(new TinyChain(all)))
    const chain = new TinyChain()
    const fresh = net.node(chain)
    const slow: number[] = []
    fresh.network.observe({ closed: (_, { code }) => { if (code === 'slow') { slow.push(net.clock.monotonic()) } } })
    for (const seed of seeds) {
      await net.connect(fresh, seed)
    }
    await net.clock.until(() => chain.tip().height > 500)
    freeze(seeds[0] as SyncNode)
    freeze(seeds[1] as SyncNode)
    freeze(seeds[2] as SyncNode)
    await net.clock.until(() => slow.length === 3)
    await net.untilLevel(fresh, seeds[4] as SyncNode)
    assert.equal(fresh.network.sessions().length, 3)
    net.stop()
  })

  it('S38 drops nobody when our own link carries a tenth, and everybody is slow alike', async () => {
    for (const bulkBytesPerSecond of [400_000, 40_000, 4_000]) {
      const net = new SyncNetwork({ bulkBytesPerSecond })
      const all = branch(200, { sizeBytes: 20_000 })
      const seeds = Array.from({ length: 8 }, () => net.node(new TinyChain(all)))
      const fresh = net.node(new TinyChain(), { windowBlocks: 32 })
      for (const seed of seeds) {
        await net.connect(fresh, seed)
      }
      await net.untilLevel(fresh, seeds[0] as SyncNode, 3_600_000)
      assert.deepEqual(fresh.failures, [], `at ${bulkBytesPerSecond} bytes a second`)
      net.stop()
    }
  })

  it('S38 drops nobody when our link is dead for a while and all fall silent together', async () => {
    const net = new SyncNetwork({ bulkBytesPerSecond: 100_000 })
    const all = branch(3_000, { sizeBytes: 1_000 })
    const seeds = Array.from({ length: 4 }, () => net.node(new TinyChain(all)))
    const chain = new TinyChain()
    const fresh = net.node(chain)
    for (const seed of seeds) {
      await net.connect(fresh, seed)
    }
    await net.clock.until(() => chain.tip().height > 300)
    freeze(fresh)
    for (const seed of seeds) {
      freeze(seed)
    }
    await net.clock.advance(40_000)
    assert.deepEqual(fresh.failures, [])
    assert.equal(fresh.network.sessions().length, 4)
    net.stop()
  })

  it('asks a second peer for the last blocks of one that is silent, and drops nobody for one new block', async () => {
    const net = new SyncNetwork()
    const trunk = branch(50)
    const chains = [0, 1, 2].map(() => new TinyChain(trunk))
    const seeds = chains.map(chain => net.node(chain))
    const chain = new TinyChain()
    const fresh = net.node(chain)
    for (const seed of seeds) {
      await net.connect(fresh, seed)
    }
    await net.clock.until(() => fresh.sync.progress().phase === 'maintenance')
    // Whoever is asked for the block first hangs: the others have it too
    const next = branch(1, { from: 50 })
    for (const one of chains) {
      one.extend(next)
    }
    await net.clock.until(() => chain.headerTip().height === 51, 60_000)
    const asked = seeds.filter(seed => seed.network.sessions().some(session => session.facts.bytesOut > 0))
    assert.equal(asked.length, 3)
    freeze(seeds[0] as SyncNode)
    await net.clock.until(() => chain.tip().height === 51, 10_000)
    await net.clock.advance(20_000)
    assert.equal(fresh.network.sessions().length, 3)
    assert.deepEqual(fresh.failures, [])
    net.stop()
  })

  it('takes the blocks of a peer that only trickles from others too, and does not drop it', async () => {
    const net = new SyncNetwork({ bulkBytesPerSecond: 100_000 })
    const all = branch(400, { sizeBytes: 1_000 })
    const slow = new TinyChain(all)
    const block = slow.block.bind(slow)
    slow.block = async id => {
      await new Promise<void>(resolve => { net.clock.schedule(1_500, resolve) })
      return await block(id)
    }
    const seeds = [net.node(slow), net.node(new TinyChain(all)), net.node(new TinyChain(all))]
    const chain = new TinyChain()
    const fresh = net.node(chain)
    for (const seed of seeds) {
      await net.connect(fresh, seed)
    }
    await net.clock.until(() => chain.tip().height === 400, 60_000)
    assert.deepEqual(fresh.failures, [])
    // 1.5 s for each of its 100 blocks and more would be minutes
    assert.ok(net.clock.monotonic() < 60_000, `${net.clock.monotonic()} ms`)
    assert.equal(new Set(chain.offered).size, chain.offered.length)
    net.stop()
  })
})
