import assert from 'node:assert/strict'
import { encodeTip, messageType } from '@peerwright/protocol-messages'
import { branch, idOf, TinyChain } from '@peerwright/testing'
import { freeze, SyncNetwork, type SyncNode } from '../support/network.ts'

/** Counts what a chain serves. */
function counted (chain: TinyChain): { headers: number, requests: number } {
  const served = { headers: 0, requests: 0 }
  const headersAfter = chain.headersAfter.bind(chain)
  chain.headersAfter = (...args) => {
    const headers = headersAfter(...args)
    served.headers += headers.length
    served.requests++
    return headers
  }
  return served
}

const slowBlocks = { onBlock: async (): Promise<void> => { await new Promise(() => undefined) } }

describe('the header sync', () => {
  let net = new SyncNetwork()
  beforeEach(() => { net = new SyncNetwork() })
  afterEach(() => { net.stop() })

  it('asks for the next message while the chain works on the last, and for none twice', async () => {
    const seedChain = new TinyChain(branch(20_000))
    const served = counted(seedChain)
    const seed = net.node(seedChain)
    const chain = new TinyChain()
    const acceptHeaders = chain.acceptHeaders.bind(chain)
    // As long as a round trip: one after the other they would take twice the time
    chain.acceptHeaders = async headers => {
      await new Promise<void>(resolve => { net.clock.schedule(50, resolve) })
      return await acceptHeaders(headers)
    }
    const fresh = net.node(chain, { mode: 'headers' })
    await net.connect(fresh, seed)
    const startMs = net.clock.monotonic()
    await net.clock.until(() => chain.headerTip().height === 20_000)
    assert.deepEqual(served, { headers: 20_000, requests: 10 })
    assert.ok(net.clock.monotonic() - startMs < 750, `${net.clock.monotonic() - startMs} ms for 10 messages of 50 + 50 ms`)
  })

  it('follows a branch that overtakes ours only after several messages', async () => {
    const trunk = branch(100)
    const ours = [...trunk, ...branch(6_000, { number: 2, from: 100, parentBranch: 1 })]
    const theirs = [...trunk, ...branch(7_000, { number: 3, from: 100, parentBranch: 1 })]
    const seedChain = new TinyChain(theirs)
    const served = counted(seedChain)
    const chain = new TinyChain(ours)
    const seed = net.node(seedChain)
    const fresh = net.node(chain)
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    assert.equal(chain.tip().height, 7_100)
    assert.ok(served.headers <= 7_100, `${served.headers} headers served`)
  })

  it('S39 replaces a leader that gives no headers within two minutes, though it gives blocks', async () => {
    const all = branch(8_000)
    const liarChain = new TinyChain(all)
    const liar = net.node(liarChain)
    const honest = net.node(new TinyChain(branch(8_000).slice(0, 7_990)))
    // Silent for headers only: the answer never ends
    const served = counted(liarChain)
    const headersAfter = liarChain.headersAfter.bind(liarChain)
    liarChain.headersAfter = (locator, stop, limit) => served.requests < 2 ? headersAfter(locator, stop, limit) : []
    const chain = new TinyChain()
    const fresh = net.node(chain)
    await net.connect(fresh, liar)
    await net.connect(fresh, honest)
    const startMs = net.clock.monotonic()
    await net.clock.until(() => chain.tip().height === 7_990, 120_000)
    assert.ok(net.clock.monotonic() - startMs < 120_000)
  })

  it('S39 replaces a leader that is silent, after two minutes and not before', async () => {
    const liar = net.node(new TinyChain(branch(300)))
    const fresh = net.node(new TinyChain())
    await net.connect(fresh, liar)
    freeze(liar)
    const honest = net.node(new TinyChain(branch(200)))
    await net.connect(fresh, honest)
    await net.clock.advance(100_000)
    assert.equal(fresh.chain.headerTip().height, 0)
    await net.untilLevel(fresh, honest, 30_000)
    assert.ok(fresh.failures.some(failure => failure.startsWith('peer-1')))
  })

  it('S39 - asks a lone peer that failed again after a while, instead of never', async () => {
    const seedChain = new TinyChain(branch(100))
    const headersAfter = seedChain.headersAfter.bind(seedChain)
    let asked = 0
    seedChain.headersAfter = (locator, stop, limit) => ++asked <= 2 ? [] : headersAfter(locator, stop, limit)
    const seed = net.node(seedChain)
    const fresh = net.node(new TinyChain())
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed, 120_000)
    assert.equal(asked, 3)
    assert.ok(net.clock.monotonic() > 80_000, 'after 30 s, and after 60 s more')
  })

  it('follows nobody who claims more work for a block that is known', async () => {
    const seed = net.node(new TinyChain(branch(10)))
    const fresh = net.node(new TinyChain())
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    await net.clock.advance(1_000)
    seed.network.sessions()[0]?.send(messageType('tip'), encodeTip({ id: fresh.chain.codec.idToBytes(idOf(1, 10)), height: 5_000, work: 5_000n }))
    await net.clock.advance(5_000)
    assert.equal(fresh.network.sessions()[0]?.facts.tip?.work, 11n)
    assert.equal(fresh.sync.progress().phase, 'maintenance')
    assert.equal(fresh.sync.progress().targetHeight, 10)
  })

  it('QC-28 - ends the session of a peer whose headers hang in the air', async () => {
    const liarChain = new TinyChain(branch(50))
    const elsewhere = new TinyChain(branch(50, { number: 6 }))
    liarChain.headersAfter = () => elsewhere.headersAfter([idOf(6, 20)], undefined, 10)
    const liar = net.node(liarChain)
    const fresh = net.node(new TinyChain())
    const faults: Array<string | undefined> = []
    fresh.network.observe({ closed: (_, { fault }) => faults.push(fault?.name) })
    await net.connect(fresh, liar)
    await net.clock.until(() => faults.length === 1, 10_000)
    assert.deepEqual(faults, ['PeerFault'])
    assert.equal(fresh.failures.length, 1)
  })

  it('fetches no block before there is enough work, and all of them then', async () => {
    const seed: SyncNode = net.node(new TinyChain(branch(2_500)))
    const chain = new TinyChain([], slowBlocks)
    const fresh = net.node(chain, { minimumChainWork: 2_400n })
    await net.connect(fresh, seed)
    await net.clock.until(() => chain.headerTip().height === 0 && fresh.sync.progress().phase === 'headers')
    assert.equal(chain.offered.length, 0)
    await net.clock.until(() => chain.offered.length > 0)
    assert.equal(chain.headerTip().height, 2_500)
  })
})
