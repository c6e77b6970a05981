import assert from 'node:assert/strict'
import { PeerFault } from '@peerwright/core'
import type { BlockHeader } from '@peerwright/interface'
import { encodeTip, messageType } from '@peerwright/protocol-messages'
import { branch, GENESIS, idOf, MemorySession, TinyChain } from '@peerwright/testing'
import { chainOf, freeze, mined, SyncNetwork } from '../support/network.ts'
import { PaperChain } from '../support/paper-chain.ts'

describe('headers of a branch of too little work', () => {
  let net = new SyncNetwork()
  beforeEach(() => { net = new SyncNetwork() })
  afterEach(() => { net.stop() })

  it('S35 looks at all headers of a branch of too little work, stores none, and drops the peer', async () => {
    // It claims what it cannot show
    const endless = new PaperChain(100_000, { work: 2_000_001n })
    const seed = net.node(endless)
    const chain = new TinyChain()
    const fresh = net.node(chain, { minimumChainWork: 2_000_000n })
    await net.connect(fresh, seed)
    const codes: string[] = []
    fresh.network.observe({ closed: (_, { code }) => codes.push(code) })
    let looked = 0
    fresh.sync.observe({ progress: ({ presyncHeight }) => { looked = Math.max(looked, presyncHeight) } })
    await net.clock.until(() => codes.length === 1, 120_000)
    assert.deepEqual(codes, ['low-work'])
    assert.equal(chain.headerTip().id, GENESIS)
    assert.equal(endless.served, 100_000, 'each header once, and to the end')
    assert.ok(looked > 90_000, `the operator was told of ${looked}`)
  })

  it('S35 takes headers whose work reaches the minimum in the end: once where they can be held, else twice', async () => {
    for (const [count, served] of [[15_000, 15_000], [30_000, 60_000]] as const) {
      const seedChain = new PaperChain(count)
      const seed = net.node(seedChain)
      const chain = new TinyChain()
      const fresh = net.node(chain, { mode: 'headers', minimumChainWork: BigInt(count) - 1_000n })
      await net.connect(fresh, seed)
      await net.clock.until(() => chain.headerTip().height === count)
      assert.equal(chain.headerTip().id, idOf(1, count))
      assert.ok(seedChain.served >= served - 2_000 && seedChain.served <= served + 2_000, `${seedChain.served} headers for ${count}`)
    }
  })

  it('S35 takes a chain of proof of work whose minimum is reached beyond what is held', async () => {
    const seedChain = await chainOf(mined(17_500, { sizeBytes: { min: 200, max: 300 } }))
    const seed = net.node(seedChain)
    const chain = await chainOf()
    const fresh = net.node(chain, { mode: 'headers', minimumChainWork: seedChain.headerTip().work - 10n })
    await net.connect(fresh, seed)
    await net.clock.until(() => chain.headerTip().id === seedChain.headerTip().id, 60_000)
    assert.deepEqual(fresh.failures, [])
  })

  it('S35 stores no long branch from far back that ends with less work than ours', async () => {
    const chain = new TinyChain(branch(3_000, { work: 9 }))
    const fresh = net.node(chain)
    const cheap = new TinyChain(branch(5_000, { number: 4 }))
    const seed = net.node(cheap)
    await net.connect(fresh, seed)
    seed.network.sessions()[0]?.send(messageType('tip'), encodeTip({ id: cheap.codec.idToBytes(idOf(8, 9_000)), height: 9_000, work: 90_000n }))
    await net.clock.until(() => fresh.failures.length > 0, 20_000)
    assert.match(fresh.failures[0] ?? '', /minimum work/)
    assert.equal(chain.point(idOf(4, 1)), undefined)
  })

  it('S36 drops who sends other headers the second time, before one of them is stored', async () => {
    const sneaky = new PaperChain(60_000)
    sneaky.branchAt = (height, times) => height > 20_000 && times > 0 ? 2 : 1
    const seed = net.node(sneaky)
    const chain = new TinyChain()
    const fresh = net.node(chain, { mode: 'headers', minimumChainWork: 50_000n })
    await net.connect(fresh, seed)
    const faults: unknown[] = []
    fresh.network.observe({ closed: (_, { fault }) => faults.push(fault) })
    await net.clock.until(() => faults.length === 1, 60_000)
    assert.ok(faults[0] instanceof PeerFault)
    assert.deepEqual([faults[0].code, faults[0].offence], ['headers-changed', 'provable'])
    assert.ok(chain.headerTip().height <= 20_000)
    assert.equal(chain.point(idOf(2, 20_001)), undefined)
  })

  it('S35 - has no cheap headers stored for the sake of one that claims work and does not prove it', async () => {
    // In the first message, in a later one, and where they come for the second time
    for (const [length, lieAt, times] of [[1_500, 1_400, 0], [15_000, 7_000, 0], [40_000, 1_400, 1]] as const) {
      const liar = new PaperChain(length, { work: 1_000_000n })
      liar.workAt = (height, asked) => height === lieAt && asked >= times ? 255 : 1
      const seed = net.node(liar)
      const chain = new TinyChain()
      const provesWork = ({ work }: BlockHeader): boolean => work === 1n
      Object.defineProperty(chain, 'codec', { value: { ...chain.codec, provesWork } })
      const fresh = net.node(chain, { mode: 'headers', minimumChainWork: times > 0 ? 30_000n : BigInt(lieAt) + 200n })
      const faults: unknown[] = []
      fresh.network.observe({ closed: (_, { fault }) => faults.push(fault) })
      await net.connect(fresh, seed)
      await net.clock.until(() => faults.length === 1, 60_000)
      assert.ok(faults[0] instanceof PeerFault)
      assert.equal(faults[0].code, 'no-proof-of-work')
      assert.equal(chain.headerTip().height, 0, `the lie at ${lieAt}`)
    }
  })

  it('S35 goes on where the chain has a branch that was left in the second pass, though ours is the better one still', async () => {
    const seedChain = new PaperChain(60_000)
    const froms: number[] = []
    const headersAfter = seedChain.headersAfter.bind(seedChain)
    seedChain.headersAfter = (locator, ...rest) => {
      const theirs = locator.filter(id => id === GENESIS || seedChain.codec.idToBytes(id)[5] === 1)
      froms.push(Number.parseInt(theirs[0]?.slice(0, 8) ?? '', 16))
      return headersAfter(theirs, ...rest)
    }
    const seed = net.node(seedChain)
    const chain = new TinyChain(branch(300, { number: 7, work: 190 }))
    const fresh = net.node(chain, { mode: 'headers', minimumChainWork: 30_000n })
    await net.connect(fresh, seed)
    await net.clock.until(() => chain.point(idOf(1, 3_000)) !== undefined)
    freeze(seed)
    await net.clock.until(() => fresh.failures.length > 0, 150_000)
    froms.length = 0
    for (const session of seed.network.sessions()) {
      assert.ok(session instanceof MemorySession)
      session.frozen = false
    }
    await net.clock.until(() => chain.headerTip().height === 60_000, 120_000)
    assert.ok(froms.every(from => from >= 3_000), froms.join(' '))
    assert.match(fresh.failures.join(), /^peer-1: no headers[^,]*$/)
  })

  it('S35 gives the chain nothing more once it is stopped, and goes on after that', async () => {
    const seed = net.node(new PaperChain(40_000))
    const chain = new TinyChain()
    const acceptHeaders = chain.acceptHeaders.bind(chain)
    let calls = 0
    chain.acceptHeaders = async headers => {
      calls++
      await new Promise<void>(resolve => { net.clock.schedule(10, resolve) })
      return await acceptHeaders(headers)
    }
    // Held until the last message of all, and in the second pass
    for (const [minimumChainWork, height] of [[15_000n, 0], [35_000n, 16_000]] as const) {
      const fresh = net.node(chain, { mode: 'headers', minimumChainWork })
      await net.connect(fresh, seed)
      calls = 0
      await net.clock.until(() => calls === 2)
      fresh.sync.stop()
      await net.clock.advance(5_000)
      assert.equal(calls, 2)
      assert.ok(chain.headerTip().height >= height && chain.headerTip().height < 30_000, `${chain.headerTip().height}`)
      fresh.sync.start()
      await net.clock.until(() => chain.headerTip().height >= 16_000)
      assert.deepEqual(fresh.failures, [])
      fresh.sync.stop()
    }
  })

  it('S35 - goes on with another leader when the first is gone in mid second pass', async () => {
    const seed = net.node(new PaperChain(40_000))
    const chain = new TinyChain()
    const fresh = net.node(chain, { mode: 'headers', minimumChainWork: 35_000n })
    await net.connect(fresh, seed)
    await net.clock.until(() => chain.headerTip().height >= 2_000)
    const other = net.node(new PaperChain(40_000))
    await net.connect(fresh, other)
    await fresh.network.sessions().find(({ peerId }) => peerId === 'peer-1')?.close({ code: 'done', text: '' })
    await net.clock.until(() => chain.headerTip().height === 40_000)
    assert.deepEqual(fresh.failures, [])
  })

  it('S36 follows a peer that turns to another branch meanwhile, from before the headers that it showed', async () => {
    const trunk = branch(20_000)
    const seedChain = new TinyChain(trunk)
    const seed = net.node(seedChain)
    const chain = new TinyChain()
    const fresh = net.node(chain, { mode: 'headers', minimumChainWork: 18_500n })
    await net.connect(fresh, seed)
    await net.clock.until(() => fresh.sync.progress().presyncHeight >= 17_000)
    seedChain.extend(branch(8_000, { number: 2, from: 15_000, parentBranch: 1 }))
    await net.clock.until(() => chain.headerTip().id === idOf(2, 23_000), 120_000)
    assert.deepEqual(fresh.failures, [])
  })

  it('S35 gives up a peer that shows headers without end when its time is over, where another one could lead', async () => {
    // A message of 2,000 headers a minute: always some progress
    const slow = new SyncNetwork({ latencyMs: 30_000 })
    const liar = slow.node(new PaperChain(4_000_000, { height: 100_000 }))
    const chain = new TinyChain()
    const fresh = slow.node(chain, { mode: 'headers', minimumChainWork: 2_000_000n })
    await slow.connect(fresh, liar)
    await slow.clock.until(() => fresh.sync.progress().presyncHeight > 0, 600_000)
    const beganMs = slow.clock.monotonic()
    // 15 minutes, and 100 s for the 100,000 headers of its promise: nobody else is there
    await slow.clock.advance(1_200_000)
    assert.deepEqual(fresh.failures, [])
    const honest = slow.node(new TinyChain(branch(3_000, { work: 255 })))
    await slow.connect(fresh, honest)
    await slow.clock.until(() => fresh.failures.length > 0, 600_000)
    assert.match(fresh.failures[0] ?? '', /^peer-1: its headers take too long/)
    assert.ok(slow.clock.monotonic() - beganMs > 1_000_000)
    slow.stop()
  })
})
