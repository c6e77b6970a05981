import assert from 'node:assert/strict'
import { BITCOIN_MAIN, BITCOIN_REGTEST, type ChainParams, type ChainStore, openChainStore } from '@peerwright/chain-store'
import { mineChain, type MinerOptions } from '@peerwright/chain-store/miner'
import { ByteReader, seededRandom } from '@peerwright/core'
import type { BlockHeader, BlockId } from '@peerwright/interface'
import { sha256d } from '@peerwright/protocol-messages'

const mined = (blocks: number, more: Partial<MinerOptions> = {}): Uint8Array[] => [...mineChain({ blocks, seed: 1, sizeBytes: { min: 300, max: 900 }, parent: BITCOIN_REGTEST.genesisHeader, ...more })]

const store = async (params: Partial<ChainParams> = {}, onRefusedReorg?: (depth: number) => void): Promise<ChainStore> =>
  await openChainStore({ location: 'memory', params: { ...BITCOIN_REGTEST, ...params }, ...(onRefusedReorg === undefined ? {} : { onRefusedReorg }) })

const headersOf = (chain: ChainStore, blocks: readonly Uint8Array[]): BlockHeader[] => blocks.map(block => chain.codec.read(new ByteReader(block)))

const headerOf = (block: Uint8Array | undefined): Uint8Array => block?.subarray(0, 80) ?? new Uint8Array(80)

describe('the chain store', () => {
  it('knows the genesis blocks of Bitcoin by their published ids', async () => {
    assert.equal((await store()).genesis, '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206')
    const main = await openChainStore({ location: 'memory', params: BITCOIN_MAIN })
    assert.equal(main.genesis, '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f')
  })

  it('takes bodies in any order and connects them in theirs', async () => {
    const chain = await store()
    const blocks = mined(20)
    const connected: number[] = []
    chain.observe({ connected: ({ height }) => connected.push(height) })
    assert.equal((await chain.acceptBlock(blocks[0] as Uint8Array)).status, 'unknown-header')
    assert.deepEqual(await chain.acceptHeaders(headersOf(chain, blocks)), { status: 'valid', added: 20, last: chain.headerTip() })
    assert.deepEqual(await chain.acceptHeaders(headersOf(chain, blocks)), { status: 'valid', added: 0, last: chain.headerTip() })
    for (const block of blocks.slice(1).reverse()) {
      assert.equal((await chain.acceptBlock(block)).status, 'stored')
    }
    const verdict = await chain.acceptBlock(blocks[0] as Uint8Array)
    assert.equal(verdict.status === 'connected' && verdict.connected.length, 20)
    assert.deepEqual(connected, Array.from({ length: 20 }, (_, at) => at + 1))
    assert.equal((await chain.acceptBlock(blocks[0] as Uint8Array)).status, 'duplicate')
  })

  it('refuses headers without work, with an easier target, before their time, and of unknown parents', async () => {
    const chain = await store({ retarget: 'none', powLimitBits: 0x207f_ffff })
    const [first, second] = headersOf(chain, mined(2)) as [BlockHeader, BlockHeader]
    assert.deepEqual(await chain.acceptHeaders([second]), { status: 'unknown-parent' })
    const altered = (change: (bytes: DataView) => void): BlockHeader => {
      const bytes = Uint8Array.from(first.bytes)
      change(new DataView(bytes.buffer))
      return chain.codec.read(new ByteReader(bytes))
    }
    const reason = async (header: BlockHeader): Promise<string> => {
      const verdict = await chain.acceptHeaders([header])
      return verdict.status === 'invalid' ? verdict.reason : verdict.status
    }
    let noWork = first
    for (let nonce = 0; !noWork.id.startsWith('f'); nonce++) {
      noWork = altered(view => { view.setUint32(76, nonce, true) })
    }
    assert.match(await reason(noWork), /no proof of work/)
    assert.match(await reason(altered(view => { view.setUint32(72, 0x2100_ffff, true) })), /easier/)
    let early = first
    for (let nonce = 0; early === first || early.id >= '7f'; nonce++) {
      early = altered(view => {
        view.setUint32(68, 1, true)
        view.setUint32(76, nonce, true)
      })
    }
    assert.match(await reason(early), /median/)
    const strict = await openChainStore({ location: 'memory', params: BITCOIN_MAIN })
    const stranger = altered(view => { new Uint8Array(view.buffer).set(strict.codec.idToBytes(strict.genesis), 4) })
    const verdict = await strict.acceptHeaders([stranger])
    assert.match(verdict.status === 'invalid' ? verdict.reason : '', /not the one that follows/)
  })

  it('refuses bodies that are not what their header commits to, and takes the right one after', async () => {
    const chain = await store({ maxBlockBytes: 5_000 })
    const [block] = mined(1, { sizeBytes: { min: 2_000, max: 2_000 } }) as [Uint8Array]
    await chain.acceptHeaders(headersOf(chain, [block]))
    const reason = async (bytes: Uint8Array): Promise<string> => {
      const verdict = await chain.acceptBlock(bytes)
      return verdict.status === 'invalid' ? verdict.reason : verdict.status
    }
    const flipped = Uint8Array.from(block)
    flipped[block.length - 2] = 1
    assert.match(await reason(flipped), /Merkle root/)
    assert.match(await reason(block.subarray(0, block.length - 1)), /early/)
    assert.match(await reason(Uint8Array.from([...block, 0])), /follow the end/)
    assert.match(await reason(new Uint8Array(10)), /shorter than a header/)
    assert.match(await reason(Uint8Array.from([...block, ...new Uint8Array(4_000)])), /more than the 5000/)
    assert.equal(await reason(block), 'connected')
  })

  it('sees through transactions that are doubled behind the same Merkle root', async () => {
    const chain = await store()
    // Three transactions have the root of four whose last two are the same (CVE-2012-2459)
    const [block] = mined(1, { sizeBytes: { min: 1_000, max: 1_000 }, transactionBytes: 400 }) as [Uint8Array]
    assert.equal(block[80], 3)
    await chain.acceptHeaders(headersOf(chain, [block]))
    const last = block.subarray(block.length - 400)
    const doubled = Uint8Array.from([...block, ...last])
    doubled[80] = 4
    const verdict = await chain.acceptBlock(doubled)
    assert.match(verdict.status === 'invalid' ? verdict.reason : '', /doubled|Merkle/)
  })

  it('S40 follows the branch with the most work, and refuses a reorganisation deeper than allowed', async () => {
    const refused: number[] = []
    const chain = await store({ maxReorgDepth: 5 }, depth => refused.push(depth))
    const trunk = mined(10)
    const fork = { parent: headerOf(trunk[9]), parentHeight: 10 }
    const give = async (blocks: readonly Uint8Array[]): Promise<void> => {
      await chain.acceptHeaders(headersOf(chain, blocks))
      for (const block of blocks) {
        await chain.acceptBlock(block)
      }
    }
    const events: string[] = []
    await give([...trunk, ...mined(3, { ...fork, seed: 2 })])
    chain.observe({ connected: ({ height }) => events.push(`+${height}`), disconnected: ({ height }) => events.push(`-${height}`) })
    await give(mined(5, { ...fork, seed: 3 }))
    assert.deepEqual(events, ['-12', '-11', '-10', '+11', '+12', '+13', '+14', '+15'])
    const tip = chain.tip()
    await give(mined(20, { seed: 4 }))
    assert.deepEqual(chain.tip(), tip)
    assert.deepEqual(refused, [15])
    // The refused branch is not fetched, and the node goes on with its own
    assert.deepEqual(chain.headerTip(), tip)
    assert.deepEqual(chain.missingBlocks(10), [])
    await give(mined(2, { parent: headerOf(await chain.block(tip.id) as Uint8Array), parentHeight: 15, seed: 5 }))
    assert.equal(chain.tip().height, 17)
  })

  it('is what a naive model is, whatever the order of headers and bodies (60 histories, seeds 1 to 60)', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed)
      const chain = await store()
      const blocks: Uint8Array[] = []
      for (let branch = 0; branch < 4; branch++) {
        const height = random.below(Math.min(6, blocks.length + 1))
        const parent = height === 0 ? BITCOIN_REGTEST.genesisHeader : headerOf(blocks[height - 1])
        blocks.push(...mined(1 + random.below(12), { seed: 100 * seed + branch, parent, parentHeight: height }))
      }
      const byId = new Map(headersOf(chain, blocks).map((header, at) => [header.id, { header, block: blocks[at] as Uint8Array }]))
      const known = new Set<BlockId>([chain.genesis])
      const bodies = new Set<BlockId>([chain.genesis])
      let best: { id: BlockId, work: bigint } = { id: chain.genesis, work: chain.tip().work }
      const workOf = (id: BlockId): bigint | undefined => {
        if (id === chain.genesis) {
          return best.work === 0n ? undefined : chain.point(id)?.work
        }
        const entry = byId.get(id)
        const below = entry !== undefined && bodies.has(id) ? workOf(entry.header.parent) : undefined
        return entry !== undefined && below !== undefined ? below + entry.header.work : undefined
      }
      const todo = [...byId.values()].flatMap(entry => [{ entry, body: false }, { entry, body: true }])
      for (let guard = 0; todo.length > 0 && guard < 20_000; guard++) {
        const { entry: { header, block }, body } = todo[random.below(todo.length)] as (typeof todo)[number]
        const drop = (): void => { todo.splice(todo.findIndex(item => item.entry.header.id === header.id && item.body === body), 1) }
        if (!body) {
          const verdict = await chain.acceptHeaders([header])
          assert.equal(verdict.status, known.has(header.parent) ? 'valid' : 'unknown-parent')
          if (verdict.status === 'valid') {
            known.add(header.id)
            drop()
          }
        } else {
          const verdict = await chain.acceptBlock(block)
          assert.equal(verdict.status === 'unknown-header', !known.has(header.id))
          if (verdict.status !== 'unknown-header') {
            bodies.add(header.id)
            drop()
            for (const id of byId.keys()) {
              const work = workOf(id)
              if (work !== undefined && work > best.work) {
                best = { id, work }
              }
            }
          }
        }
        assert.equal(chain.tip().work, best.work, `seed ${seed}`)
      }
      assert.equal(bodies.size, byId.size + 1)
    }
  })

  it('describes itself by a locator, and serves headers after what another knows', async () => {
    const chain = await store()
    const blocks = mined(300)
    await chain.acceptHeaders(headersOf(chain, blocks))
    await Promise.all(blocks.map(async block => await chain.acceptBlock(block)))
    const locator = chain.locator()
    const heights = locator.map(id => chain.point(id)?.height)
    assert.deepEqual(heights.slice(0, 13), [300, 299, 298, 297, 296, 295, 294, 293, 292, 291, 290, 288, 284])
    assert.equal(heights.at(-1), 0)
    assert.ok(locator.length <= 101)
    const idAt = (height: number): BlockId => chain.ancestor(chain.tip().id, height) ?? ''
    const after = (...args: Parameters<ChainStore['headersAfter']>): number[] => chain.headersAfter(...args).map(bytes => chain.point(chain.codec.read(new ByteReader(bytes)).id)?.height ?? -1)
    assert.deepEqual(after([idAt(297)], undefined, 2_000), [298, 299, 300])
    assert.deepEqual(after(['ff'.repeat(32), idAt(5)], idAt(7), 2_000), [6, 7])
    assert.deepEqual(after([], undefined, 2), [1, 2])
    assert.deepEqual(after([idAt(300)], undefined, 10), [])
    assert.equal(chain.ancestor('ff'.repeat(32), 1), undefined)
    assert.equal(chain.ancestor(idAt(5), 6), undefined)
  })

  it('mines the same chain for the same seed', () => {
    const digest = (blocks: Uint8Array[]): string => Buffer.from(sha256d(Buffer.concat(blocks))).toString('hex')
    assert.equal(digest(mined(20)), digest(mined(20)))
    assert.notEqual(digest(mined(20)), digest(mined(20, { seed: 2 })))
    const sizes = mined(50, { sizeBytes: { min: 5_000, max: 5_000 } }).map(block => block.length)
    assert.ok(sizes.every(size => Math.abs(size - 5_000) < 300), sizes.join(' '))
  })
})
