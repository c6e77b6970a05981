import assert from 'node:assert/strict'
import type { Chain } from '@peerwright/interface'
import { decodeHeaders, encodeHeaders, encodeTip, messageType } from '@peerwright/protocol-messages'
import { chainOf, freeze, mined, SyncNetwork, type SyncNode } from '../support/network.ts'

/** A chain that behaves like another but for what is given. */
function altered (chain: Chain, changes: Partial<Chain>): Chain {
  return new Proxy(chain, {
    get: (target, key) => {
      const own = key in changes ? changes[key as keyof Chain] : undefined
      const value: unknown = own ?? Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(own === undefined ? target : changes) as unknown) : value
    }
  })
}

describe('sync', () => {
  let net = new SyncNetwork()
  beforeEach(() => { net = new SyncNetwork() })
  afterEach(() => { net.stop() })

  it('QP-08 QC-28 + an empty node reaches the tip of a 500-block peer, phase after phase', async () => {
    const seed = net.node(await chainOf(mined(500)))
    const fresh = net.node(await chainOf())
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    const progress = await fresh.sync.synced()
    assert.deepEqual(fresh.phases, ['bootstrap', 'discovery', 'headers', 'blocks', 'maintenance'])
    assert.deepEqual([progress.height, progress.headerHeight, progress.headers, progress.blocks], [500, 500, 500, 500])
    assert.deepEqual(progress.peers.map(({ blocks }) => blocks), [500])
    assert.deepEqual(fresh.failures, [])
  })

  it('QP-08 - a peer that serves a damaged block is dropped, and the block comes from another', async () => {
    const blocks = mined(60)
    const honest = await chainOf(blocks)
    const liar = altered(await chainOf(blocks), {
      block: async id => {
        const block = await honest.block(id)
        const damaged = block instanceof Uint8Array ? Uint8Array.from(block) : undefined
        damaged?.fill(7, damaged.length - 4)
        return damaged
      }
    })
    const bad = net.node(liar)
    const fresh = net.node(await chainOf())
    await net.connect(fresh, bad)
    await net.clock.until(() => fresh.failures.length > 0)
    assert.match(fresh.failures[0] ?? '', /Merkle root/)
    assert.equal(fresh.chain.tip().height, 0)
    const good = net.node(honest)
    await net.connect(fresh, good)
    await net.untilLevel(fresh, good)
    assert.equal(bad.network.sessions().length, 0)
  })

  it('QC-28 - a peer whose headers break the rules loses, and one with more work wins', async () => {
    const heavy = mined(80)
    const light = net.node(await chainOf(mined(50, { seed: 2 })))
    const strong = net.node(await chainOf(heavy))
    const liar = net.node(altered(await chainOf(mined(90, { seed: 3 })), {
      headersAfter: () => mined(5, { seed: 9, parentHeight: 3, parent: mined(3, { seed: 8 }).at(-1)?.subarray(0, 80) ?? new Uint8Array(80) }).map(block => block.subarray(0, 80))
    }))
    const fresh = net.node(await chainOf())
    await net.connect(fresh, liar)
    await net.connect(fresh, light)
    await net.connect(fresh, strong)
    await net.untilLevel(fresh, strong)
    assert.equal(fresh.chain.tip().height, 80)
    assert.ok(fresh.failures.some(failure => failure.startsWith(liar.network.localPeer)))
  })

  it('QC-28 - goes on after a peer died in the middle', async () => {
    const blocks = mined(400)
    const slow = new SyncNetwork({ bulkBytesPerSecond: 100_000 })
    const [a, b] = [slow.node(await chainOf(blocks)), slow.node(await chainOf(blocks))]
    const fresh = slow.node(await chainOf())
    await slow.connect(fresh, a)
    await slow.connect(fresh, b)
    await slow.clock.until(() => fresh.chain.tip().height > 50)
    slow.hub.cut(a.network)
    await slow.untilLevel(fresh, b)
    assert.equal(fresh.chain.tip().height, 400)
    slow.stop()
  })

  it('NA-04 + a fresh node downloads in bulk from all its peers at once', async () => {
    const blocks = mined(600)
    const fast = new SyncNetwork({ bulkBytesPerSecond: 200_000 })
    const seeds = await Promise.all([1, 2, 3, 4].map(async () => fast.node(await chainOf(blocks))))
    const fresh = fast.node(await chainOf())
    for (const seed of seeds) {
      await fast.connect(fresh, seed)
    }
    await fast.untilLevel(fresh, seeds[0] as SyncNode)
    const { peers } = fresh.sync.progress()
    assert.equal(peers.length, 4)
    assert.ok(peers.every(peer => peer.blocks >= 60), JSON.stringify(peers))
    fast.stop()
  })

  it('NA-04 - a node that reaches nobody says so, and does not pretend', async () => {
    const fresh = net.node(await chainOf())
    await net.clock.advance(120_000)
    assert.deepEqual(fresh.phases, ['bootstrap'])
    assert.equal(fresh.sync.progress().phase, 'bootstrap')
    const controller = new AbortController()
    const waiting = fresh.sync.synced(controller.signal)
    controller.abort()
    await assert.rejects(waiting)
  })

  it('fetches no header twice, though every peer has all of them', async () => {
    const blocks = mined(4_500, { sizeBytes: { min: 200, max: 200 } })
    let served = 0
    const counting = async (): Promise<Chain> => {
      const chain = await chainOf(blocks)
      return altered(chain, {
        headersAfter: (locator, stop, limit) => {
          const headers = chain.headersAfter(locator, stop, limit)
          served += headers.length
          return headers
        }
      })
    }
    const seeds = [net.node(await counting()), net.node(await counting()), net.node(await counting())]
    const fresh = net.node(await chainOf())
    for (const seed of seeds) {
      await net.connect(fresh, seed)
    }
    await net.untilLevel(fresh, seeds[0] as SyncNode)
    assert.equal(served, 4_500)
  })

  it('lets two nodes that have different parts sync from each other', async () => {
    const trunk = mined(100)
    const parent = trunk.at(-1)?.subarray(0, 80) ?? new Uint8Array(80)
    const a = net.node(await chainOf([...trunk, ...mined(30, { seed: 5, parent, parentHeight: 100 })]))
    const b = net.node(await chainOf([...trunk, ...mined(50, { seed: 6, parent, parentHeight: 100 })]))
    await net.connect(a, b)
    await net.untilLevel(a, b)
    assert.equal(a.chain.tip().height, 150)
  })

  it('hears of new blocks and follows them', async () => {
    const blocks = mined(30)
    const chain = await chainOf(blocks.slice(0, 20))
    const seed = net.node(chain)
    const fresh = net.node(await chainOf())
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    for (const block of blocks.slice(20)) {
      await chain.acceptHeaders(decodeHeaders(encodeHeaders([block.subarray(0, 80)]), chain.codec))
      await chain.acceptBlock(block)
    }
    await net.clock.until(() => fresh.chain.tip().height === 30, 5_000)
  })

  it('fetches headers alone for light clients', async () => {
    const seed = net.node(await chainOf(mined(50)))
    const light = net.node(await chainOf(), { mode: 'headers' })
    await net.connect(light, seed)
    await net.clock.until(() => light.sync.progress().phase === 'maintenance')
    assert.deepEqual([light.chain.headerTip().height, light.chain.tip().height], [50, 0])
  })

  it('S35 holds headers of too little work, and drops the peer when they end below the minimum', async () => {
    const seed = net.node(await chainOf(mined(40)))
    const fresh = net.node(await chainOf(), { minimumChainWork: 1_000n })
    await net.connect(fresh, seed)
    await net.clock.until(() => fresh.failures.length > 0)
    assert.match(fresh.failures[0] ?? '', /minimum work/)
    assert.equal(fresh.chain.headerTip().height, 0)
    const enough = net.node(await chainOf(), { minimumChainWork: 60n })
    await net.connect(enough, seed)
    await net.untilLevel(enough, seed)
  })

  it('S37 drops a peer that holds up the window after 2 s, and gets its blocks elsewhere', async () => {
    const blocks = mined(300)
    const seeds = await Promise.all([1, 2, 3, 4].map(async () => net.node(await chainOf(blocks))))
    const fresh = net.node(await chainOf())
    await net.connect(fresh, seeds[0] as SyncNode)
    freeze(seeds[0] as SyncNode)
    for (const seed of seeds.slice(1)) {
      await net.connect(fresh, seed)
    }
    const startMs = net.clock.monotonic()
    // The frozen one would lead; its headers never come, so another's must be taken first
    await net.clock.until(() => fresh.chain.headerTip().height === 300, 200_000)
    const headersMs = net.clock.monotonic()
    await net.untilLevel(fresh, seeds[1] as SyncNode)
    assert.ok(headersMs - startMs <= 125_000, `headers took ${headersMs - startMs} ms`)
    assert.ok(net.clock.monotonic() - headersMs <= 10_000, `blocks took ${net.clock.monotonic() - headersMs} ms`)
  })

  it('S38 does not drop one peer after the other when our own link is slow', async () => {
    const blocks = mined(200, { sizeBytes: { min: 20_000, max: 20_000 } })
    const slow = new SyncNetwork({ bulkBytesPerSecond: 8_000 })
    const seeds = await Promise.all([1, 2, 3, 4].map(async () => slow.node(await chainOf(blocks))))
    const fresh = slow.node(await chainOf(), { windowBlocks: 8 })
    for (const seed of seeds) {
      await slow.connect(fresh, seed)
    }
    await slow.untilLevel(fresh, seeds[0] as SyncNode, 3_600_000)
    assert.ok(fresh.failures.length <= 2, fresh.failures.join('\n'))
    slow.stop()
  })

  it('S39 turns to another peer when one answers with empty headers for ever', async () => {
    const chain = await chainOf(mined(120))
    const liar = net.node(altered(chain, { headersAfter: () => [] }))
    const honest = net.node(await chainOf(mined(100)))
    const fresh = net.node(await chainOf())
    await net.connect(fresh, liar)
    await net.connect(fresh, honest)
    const startMs = net.clock.monotonic()
    await net.clock.until(() => fresh.chain.tip().height === 100, 120_000)
    assert.ok(net.clock.monotonic() - startMs < 120_000)
    assert.ok(fresh.failures.some(failure => /no headers/.test(failure)))
  })

  it('S40 follows a reorganisation of six blocks', async () => {
    const trunk = mined(50)
    const parent = trunk.at(-1)?.subarray(0, 80) ?? new Uint8Array(80)
    const old = [...trunk, ...mined(6, { seed: 5, parent, parentHeight: 50 })]
    const fresh = net.node(await chainOf(old))
    const seed = net.node(await chainOf([...trunk, ...mined(9, { seed: 6, parent, parentHeight: 50 })]))
    const reorgs: number[] = []
    fresh.sync.observe({ reorg: to => reorgs.push(to.height) })
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    assert.deepEqual(reorgs, [55, 54, 53, 52, 51, 50])
    assert.equal(fresh.chain.tip().height, 59)
  })

  it('serves within its upload target: old blocks are refused first', async () => {
    const blocks = mined(1_100, { sizeBytes: { min: 300, max: 300 } })
    const seed = net.node(await chainOf(blocks), { maxUploadBytesPerDay: 1_000 })
    const fresh = net.node(await chainOf())
    await net.connect(fresh, seed)
    await net.clock.until(() => fresh.chain.headerTip().height === 1_100)
    await net.clock.advance(20_000)
    assert.ok(fresh.chain.tip().height < 10, `${fresh.chain.tip().height} blocks came`)
  })

  it('asks another peer for blocks that one has pruned', async () => {
    const blocks = mined(90)
    const whole = await chainOf(blocks)
    let refusals = 0
    const pruned = net.node(altered(await chainOf(blocks), {
      block: async id => {
        const gone = (whole.point(id)?.height ?? 0) <= 60
        refusals += gone ? 1 : 0
        return gone ? 'pruned' : await whole.block(id)
      }
    }))
    const fresh = net.node(await chainOf())
    await net.connect(fresh, pruned)
    await net.clock.advance(50_000)
    assert.equal(fresh.chain.tip().height, 0)
    assert.ok(refusals <= 3, `${refusals} questions for what was pruned`)
    const seed = net.node(whole)
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    assert.ok(pruned.network.sessions().length === 1)
  })

  it('ends the session of a peer that sends a block nobody asked for', async () => {
    const chain = await chainOf(mined(20))
    const other = mined(1, { seed: 77 })[0] as Uint8Array
    const liar = net.node(altered(chain, { block: async () => await Promise.resolve(other) }))
    const fresh = net.node(await chainOf())
    await net.connect(fresh, liar)
    await net.clock.until(() => fresh.network.sessions().length === 0)
    assert.equal(fresh.chain.tip().height, 0)
  })

  it('takes no tip that is none', async () => {
    const fresh = net.node(await chainOf())
    const other = net.node(await chainOf())
    await net.connect(other, fresh)
    const session = other.network.sessions()[0]
    session?.send(messageType('tip'), encodeTip({ id: new Uint8Array(32), height: 1, work: 1n }).subarray(0, 30))
    await net.clock.until(() => fresh.network.sessions().length === 0)
  })
})
