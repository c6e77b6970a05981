import assert from 'node:assert/strict'
import { NetAddress, OperationError } from '@peerwright/core'
import type { BulkEnd, PeerSession } from '@peerwright/interface'
import { encodeInventory, messageType } from '@peerwright/protocol-messages'
import { sync as syncService } from '@peerwright/sync'
import { branch, idOf, type MemorySession, TinyChain, VirtualClock } from '@peerwright/testing'
import { freeze, SyncNetwork } from '../support/network.ts'

describe('the life of a sync', () => {
  let net = new SyncNetwork()
  beforeEach(() => { net = new SyncNetwork() })
  afterEach(() => { net.stop() })

  it('NA-04 - says after half a minute that it reaches nobody, and what it waits for when it does', async () => {
    const fresh = net.node(new TinyChain())
    const waits: string[] = []
    fresh.sync.observe({ waiting: (reason, { phase }) => waits.push(`${phase}: ${reason}`) })
    await net.clock.advance(120_000)
    assert.deepEqual(waits, ['bootstrap: no-peers'])
    const mute = net.node(new TinyChain(branch(30)))
    await net.connect(fresh, mute)
    freeze(mute)
    await net.clock.advance(60_000)
    assert.deepEqual(waits, ['bootstrap: no-peers', 'headers: no-headers'])
    const seed = net.node(new TinyChain(branch(40)))
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    await net.clock.advance(60_000)
    assert.equal(waits.length, 2)
  })

  it('QC-28 + begins with headers only when enough peers told their tips', async () => {
    const seeds = [1, 2, 3].map(() => net.node(new TinyChain(branch(20))))
    const fresh = net.node(new TinyChain(), { minPeers: 3 })
    for (const seed of seeds.slice(0, 2)) {
      await net.connect(fresh, seed)
    }
    await net.clock.advance(5_000)
    assert.deepEqual(fresh.phases, ['bootstrap', 'discovery'])
    await net.connect(fresh, seeds[2]!)
    await net.clock.until(() => fresh.sync.progress().phase === 'maintenance')
  })

  it('stops with nothing left behind, and goes on where it stood', async () => {
    const slow = new SyncNetwork({ bulkBytesPerSecond: 100_000 })
    const seed = slow.node(new TinyChain(branch(3_000, { sizeBytes: 500 })))
    const chain = new TinyChain()
    const fresh = slow.node(chain)
    await slow.connect(fresh, seed)
    const session = fresh.network.sessions()[0] as MemorySession
    const request = session.request.bind(session)
    const signals: AbortSignal[] = []
    session.request = async (type, payload, options) => {
      signals.push(...options.signal === undefined ? [] : [options.signal])
      return await request(type, payload, options)
    }
    await slow.clock.until(() => chain.tip().height > 500)
    const waiting = fresh.sync.synced()
    assert.ok(signals.some(({ aborted }) => !aborted))
    fresh.sync.stop()
    assert.ok(signals.every(({ aborted }) => aborted), 'what is asked is withdrawn')
    await assert.rejects(waiting, (error: unknown) => error instanceof OperationError && error.code === 'closed')
    assert.equal(fresh.sync.progress().phase, 'bootstrap')
    await slow.clock.advance(30_000)
    const stopped = chain.tip().height
    await slow.clock.advance(30_000)
    assert.equal(chain.tip().height, stopped)
    assert.equal(fresh.failures.length, 0)
    // Connected while it was stopped
    chain.extend(branch(3_000, { sizeBytes: 500 }).slice(stopped, stopped + 10))
    fresh.sync.start()
    await slow.untilLevel(fresh, seed)
    assert.equal((await fresh.sync.synced()).height, 3_000)
    assert.equal(new Set(chain.offered).size, chain.offered.length, 'no block is taken twice')
    // What the peer told of its tip is not forgotten
    assert.deepEqual(fresh.phases.slice(-4), ['blocks', 'bootstrap', 'blocks', 'maintenance'])
    slow.stop()
  })

  it('leaves no timer when it stops', async () => {
    const seed = net.node(new TinyChain(branch(300)))
    const fresh = net.node(new TinyChain())
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    fresh.sync.stop()
    seed.sync.stop()
    // What is on its way may arrive
    await net.clock.advance(1_000)
    assert.equal(net.clock.pending, 0)
  })

  it('tells whoever waits that it was given up, also before it began to wait', async () => {
    const fresh = net.node(new TinyChain())
    await assert.rejects(fresh.sync.synced(AbortSignal.abort()), { code: 'aborted' })
  })

  it('blames nobody when its own chain fails, and goes on when that is over', async () => {
    let full = true
    const failures: unknown[] = []
    const seed = net.node(new TinyChain(branch(200)))
    const chain = new TinyChain([], {
      onBlock: () => {
        if (full) {
          throw new OperationError('write-failed', 'no space left')
        }
      }
    })
    const acceptHeaders = chain.acceptHeaders.bind(chain)
    let headersFail = true
    chain.acceptHeaders = async headers => {
      if (headersFail) {
        throw new OperationError('write-failed', 'no space left')
      }
      return await acceptHeaders(headers)
    }
    const fresh = net.node(chain)
    fresh.sync.observe({ chainFailed: error => failures.push(error) })
    await net.connect(fresh, seed)
    await net.clock.advance(25_000)
    assert.equal(failures.length, 3)
    headersFail = false
    await net.clock.advance(25_000)
    assert.ok(failures.length >= 4 && failures.length <= 7, `${failures.length} failures told`)
    full = false
    await net.untilLevel(fresh, seed, 30_000)
    assert.deepEqual(fresh.failures, [])
  })

  it('holds the reading while the chain lags, and asks for no more than the window', async () => {
    const sizeBytes = 100_000
    const seed = net.node(new TinyChain(branch(1_000, { sizeBytes })))
    const takers: Array<() => void> = []
    let pending = 0
    let most = 0
    const chain = new TinyChain([], {
      onBlock: async () => {
        most = Math.max(most, ++pending)
        await new Promise<void>(resolve => takers.push(resolve))
        pending--
      }
    })
    const fresh = net.node(chain)
    await net.connect(fresh, seed)
    await net.clock.advance(10_000)
    // 16 MiB, and the block that goes over it
    assert.equal(pending, Math.ceil(16_777_216 / sizeBytes))
    while (chain.tip().height < 1_000) {
      for (const take of takers.splice(0)) {
        take()
      }
      await net.clock.advance(200)
    }
    assert.ok(most <= Math.ceil(16_777_216 / sizeBytes) + 1, `${most} blocks waited`)
  })

  it('keeps to the bytes of its window when blocks turn out large', async () => {
    const small = branch(300, { sizeBytes: 100 })
    const large = branch(400, { from: 300, sizeBytes: 50_000 })
    // The first large block comes late: all others wait for it
    const chains = [1, 2, 3].map(() => {
      const seedChain = new TinyChain([...small, ...large])
      const block = seedChain.block.bind(seedChain)
      seedChain.block = async id => {
        if (id === idOf(1, 301)) {
          await new Promise<void>(resolve => { net.clock.schedule(3_000, resolve) })
        }
        return await block(id)
      }
      return seedChain
    })
    const seeds = chains.map(seedChain => net.node(seedChain))
    let most = 0
    const bytesUpTo = (count: number): number => Math.min(300, count) * 100 + Math.max(0, count - 300) * 50_000
    const chain: TinyChain = new TinyChain([], { onBlock: () => { most = Math.max(most, bytesUpTo(chain.offered.length) - bytesUpTo(chain.tip().height)) } })
    const fresh = net.node(chain, { windowBytes: 1_048_576 })
    for (const seed of seeds) {
      await net.connect(fresh, seed)
    }
    await net.untilLevel(fresh, seeds[0]!)
    assert.equal(chain.tip().height, 700)
    assert.ok(most > 900_000 && most <= 1_048_576 + 50_000, `${most} bytes waited`)
    assert.equal(new Set(chain.offered).size, chain.offered.length)
  })

  it('S40 refuses a branch from too far back when the chain does, says so once, and stays', async () => {
    const trunk = branch(50)
    const seed = net.node(new TinyChain([...trunk, ...branch(40, { number: 2, from: 50, parentBranch: 1 })]))
    const chain = new TinyChain([...trunk, ...branch(20, { number: 3, from: 50, parentBranch: 1 })], { maxReorgDepth: 10 })
    const fresh = net.node(chain)
    const refused: Array<readonly [number, number]> = []
    fresh.sync.observe({ reorgRefused: (depth, { height }) => refused.push([depth, height]) })
    await net.connect(fresh, seed)
    await net.clock.until(() => refused.length > 0)
    await net.clock.advance(60_000)
    assert.deepEqual(refused, [[20, 90]])
    assert.equal(chain.tip().id, idOf(3, 70))
    assert.equal(fresh.sync.progress().phase, 'maintenance')
  })

  it('S40 follows a branch that forks further back than the window is long', async () => {
    const trunk = branch(10)
    const seed = net.node(new TinyChain([...trunk, ...branch(300, { number: 2, from: 10, parentBranch: 1 })]))
    const fresh = net.node(new TinyChain([...trunk, ...branch(250, { number: 3, from: 10, parentBranch: 1 })]), { windowBlocks: 16 })
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    assert.equal(fresh.chain.tip().id, idOf(2, 310))
  })

  it('lets two nodes fetch large blocks from each other at once', async () => {
    const both = new SyncNetwork({ bulkBytesPerSecond: 1_000_000 })
    const mine = branch(60, { sizeBytes: 200_000, number: 2 })
    const theirs = branch(60, { sizeBytes: 200_000, number: 3 })
    // Each has the blocks of one half and the headers of a longer common chain whose other half the other one has
    const [a, b] = [new TinyChain(mine), new TinyChain(theirs)]
    const [left, right] = [both.node(a), both.node(b)]
    await both.connect(left, right)
    // Of equal work neither turns; then one of them grows, and the other while it is still being fetched
    a.extend(branch(30, { from: 60, number: 2, sizeBytes: 200_000 }))
    left.network.sessions()[0]?.send(messageType('get-tip'), new Uint8Array(0))
    await both.clock.until(() => b.headerTip().height === 90)
    b.extend(branch(60, { from: 60, number: 3, sizeBytes: 200_000 }))
    await both.clock.until(() => a.tip().id === b.tip().id && a.tip().height === 120)
    assert.equal(a.tip().id, idOf(3, 120))
    both.stop()
  })

  it('asks a busy peer again later, and others meanwhile', async () => {
    const budget = 20_000
    const blocks = branch(1_200, { sizeBytes: 1_000 })
    const busy = net.node(new TinyChain(blocks), { maxUploadBytesPerDay: budget })
    const chain = new TinyChain()
    const fresh = net.node(chain)
    await net.connect(fresh, busy)
    await net.clock.advance(60_000)
    assert.ok(chain.tip().height >= 10 && chain.tip().height <= 20, `${chain.tip().height} blocks of a week ago for 20 kB`)
    assert.equal(fresh.network.sessions().length, 1)
    const seed = net.node(new TinyChain(blocks))
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed, 20_000)
  })

  it('NA-04 + answers at most 128 blocks to a request, in the order asked; more is a fault', async () => {
    const seed = net.node(new TinyChain(branch(300)))
    const fresh = net.node(new TinyChain(), { mode: 'headers' })
    await net.connect(fresh, seed)
    const session = fresh.network.sessions()[0] as PeerSession
    const ask = async (heights: number[]): Promise<[BulkEnd, string[]]> => {
      const got: string[] = []
      const { codec } = seed.chain
      const { end } = await session.request(messageType('getdata'), encodeInventory(heights.map(height => ({ type: 2, id: codec.idToBytes(idOf(1, height)) }))), {
        expectedBytes: 10_000,
        maxBytes: 1_000_000,
        idleTimeoutMs: 60_000,
        onFrame: (_, payload) => { got.push(codec.idFromBytes(payload.subarray(0, 32))) }
      })
      return [end, got]
    }
    const settle = async <T> (promise: Promise<T>): Promise<T> => {
      let done = false
      const marked = promise.finally(() => { done = true })
      marked.catch(() => undefined)
      await net.clock.until(() => done)
      return await marked
    }
    const wanted = Array.from({ length: 128 }, (_, at) => 1 + (at * 37) % 300)
    assert.deepEqual(await settle(ask(wanted)), ['complete', wanted.map(height => idOf(1, height))])
    assert.deepEqual(await settle(ask([5, 6, 9_999, 7])), ['not-found', [idOf(1, 5), idOf(1, 6)]])
    await assert.rejects(settle(ask(Array.from({ length: 129 }, (_, at) => at + 1))), { code: 'closed' })
    assert.equal(seed.network.sessions().length, 0)
  })

  it('lets nobody past the upload target who only calls himself manual', async () => {
    const blocks = branch(1_100, { sizeBytes: 1_000 })
    const seed = net.node(new TinyChain(blocks), { maxUploadBytesPerDay: 5_000 })
    const chain = new TinyChain()
    const fresh = net.node(chain)
    const dial = fresh.network.connect({ address: seed.network.address }, { class: 'manual' })
    await net.clock.advance(30_000)
    await dial
    assert.ok(chain.tip().height <= 5, `${chain.tip().height} blocks`)
  })

  it('asks feelers for nothing', async () => {
    const seed = net.node(new TinyChain(branch(10)))
    const fresh = net.node(new TinyChain())
    const dial = fresh.network.connect({ address: seed.network.address }, { class: 'feeler' })
    await net.clock.advance(40_000)
    await dial
    assert.equal(fresh.sync.progress().phase, 'bootstrap')
    assert.equal(fresh.chain.headerTip().height, 0)
  })

  it('tells how fast it goes', async () => {
    const fast = new SyncNetwork({ bulkBytesPerSecond: 50_000 })
    const seed = fast.node(new TinyChain(branch(2_000, { sizeBytes: 1_000 })))
    const fresh = fast.node(new TinyChain())
    let told = 0
    fresh.sync.observe({ progress: () => { told++ } })
    await fast.connect(fresh, seed)
    await fast.clock.advance(20_000)
    const progress = fresh.sync.progress()
    assert.ok(Math.abs(progress.blocksPerSecond - 50) < 8, `${progress.blocksPerSecond} blocks a second`)
    assert.ok(Math.abs((progress.peers[0]?.bytesPerSecond ?? 0) - 50_000) < 8_000)
    assert.ok(told >= 30 && told <= 42, `${told} reports in 20 s`)
    assert.equal(progress.targetHeight, 2_000)
    const facts = fresh.network.sessions()[0]?.facts
    assert.equal(facts?.blocks, progress.blocks)
    assert.ok((facts?.lastBlockMs ?? 0) > 18_000)
    fast.stop()
  })

  it('asks for tips again, so that a lost announcement costs half a minute', async () => {
    const chain = new TinyChain(branch(5))
    const seed = net.node(chain)
    const fresh = net.node(new TinyChain())
    await net.connect(fresh, seed)
    await net.untilLevel(fresh, seed)
    const session = seed.network.sessions()[0] as MemorySession
    const send = session.send.bind(session)
    // Unasked tips are lost; answers, which follow a question, are not
    let asked = false
    const other = fresh.network.sessions()[0] as MemorySession
    const ask = other.send.bind(other)
    other.send = (type, payload) => {
      asked ||= type === messageType('get-tip')
      return ask(type, payload)
    }
    session.send = (type, payload) => asked ? send(type, payload) : true
    chain.extend(branch(1, { from: 5 }))
    await net.untilLevel(fresh, seed, 31_000)
  })

  it('is a service of libp2p beside session, made when it starts', async () => {
    const clock = new VirtualClock()
    const seed = net.node(new TinyChain(branch(5)))
    const address = seed.network.address
    const network = net.hub.node({ address: NetAddress.from('10.9.9.9', 8333)!, peerId: 'service' })
    const chain = new TinyChain()
    const service = syncService({ chain, clock: net.clock })({ session: network })
    service.start()
    const dial = network.connect({ address }, { class: 'full' })
    await net.clock.until(() => chain.tip().height === 5)
    await dial
    await service.synced()
    assert.equal(service.progress().phase, 'maintenance')
    service.stop()
    assert.equal(clock.pending, 0)
  })
})
