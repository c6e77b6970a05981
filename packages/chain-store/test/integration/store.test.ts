import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BITCOIN_MAIN, BITCOIN_REGTEST, type ChainStore, openChainStore, repairChainStore, resetChainStore } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { ByteReader, OperationError, seededRandom } from '@peerwright/core'
import { ClassicLevel } from 'classic-level'
import { toSchema1 } from '../support/schema-1.ts'

const KILLS = Number(process.env['PEERWRIGHT_KILLS'] ?? 5)

const mined = (blocks: number, more: object = {}): Uint8Array[] => [...mineChain({ blocks, seed: 1, sizeBytes: { min: 300, max: 3_000 }, parent: BITCOIN_REGTEST.genesisHeader, ...more })]

const give = async (chain: ChainStore, blocks: readonly Uint8Array[]): Promise<void> => {
  await chain.acceptHeaders(blocks.map(block => chain.codec.read(new ByteReader(block))))
  await Promise.all(blocks.map(async block => await chain.acceptBlock(block)))
}

const isOperation = (code: string) => (error: unknown): boolean => error instanceof OperationError && error.code === code

describe('the chain store on disk', () => {
  let location = ''
  const store = async (): Promise<ChainStore> => await openChainStore({ location, params: BITCOIN_REGTEST })
  const damage = async (block: Uint8Array): Promise<void> => {
    const path = join(location, 'blocks', 'blk00000.dat')
    const bytes = await readFile(path)
    const at = bytes.indexOf(block) + 100
    const file = await open(path, 'r+')
    await file.write(Uint8Array.of((bytes[at] ?? 0) ^ 1), 0, 1, at)
    await file.close()
  }
  beforeEach(async () => { location = await mkdtemp(join(tmpdir(), 'peerwright-store-')) })
  afterEach(async () => { await rm(location, { recursive: true, force: true }) })

  it('is after a restart what it was before', async () => {
    const blocks = mined(120)
    const chain = await store()
    await give(chain, blocks.slice(0, 100))
    await chain.acceptHeaders(blocks.slice(100).map(block => chain.codec.read(new ByteReader(block))))
    const [tip, headerTip] = [chain.tip(), chain.headerTip()]
    await chain.close()
    await assert.rejects(chain.acceptBlock(blocks[110] as Uint8Array), isOperation('closed'))
    const again = await store()
    assert.deepEqual([again.tip(), again.headerTip()], [tip, headerTip])
    assert.deepEqual(again.opening, { headers: 121, bodies: 100, lostBodies: 0 })
    assert.deepEqual(await again.block(tip.id), Uint8Array.from(blocks[99] as Uint8Array))
    assert.deepEqual(again.missingBlocks(3).map(({ height }) => height), [101, 102, 103])
    await again.close()
  })

  it('cuts off what was being written, and asks for what is lost', async () => {
    const chain = await store()
    await give(chain, mined(50))
    const tip = chain.tip()
    await chain.close()
    const file = join(location, 'blocks', 'blk00000.dat')
    const size = (await stat(file)).size
    await appendFile(file, 'half a record')
    const grown = await store()
    assert.deepEqual(grown.tip(), tip)
    assert.equal((await stat(file)).size, size)
    await grown.close()
    await truncate(file, size - 10)
    const cut = await store()
    assert.equal(cut.opening.lostBodies, 1)
    assert.equal(cut.tip().height, 49)
    assert.deepEqual(cut.missingBlocks(10).map(({ height }) => height), [50])
    await cut.acceptBlock(mined(50)[49] as Uint8Array)
    assert.equal(cut.tip().height, 50)
    await cut.close()
  })

  it('names a block that is damaged under it, and the command that mends it, and mends it', async () => {
    const blocks = mined(30)
    const damaged = await store()
    await give(damaged, blocks)
    const id = damaged.ancestor(damaged.tip().id, 10) ?? ''
    await damage(blocks[9] as Uint8Array)
    await assert.rejects(damaged.block(id), (error: unknown) => isOperation('corrupt-block')(error) && /peerwright store repair/.test(String(error)))
    await damaged.close()
    const seen: number[] = []
    assert.deepEqual(await repairChainStore(location, count => seen.push(count)), { indexRepaired: false, bodies: 29, recovered: 0, dropped: 1 })
    assert.equal(seen.at(-1), 30)
    const mended = await store()
    assert.equal(mended.tip().height, 9)
    assert.deepEqual(mended.missingBlocks(5).map(({ height }) => height), [10])
    await mended.acceptBlock(blocks[9] as Uint8Array)
    assert.equal(mended.tip().height, 30)
    await mended.close()
  })

  it('finds damage at the end of its files when it is opened, and fetches those blocks again', async () => {
    const blocks = mined(30)
    const chain = await store()
    await give(chain, blocks)
    await chain.close()
    await damage(blocks[19] as Uint8Array)
    await damage(blocks[29] as Uint8Array)
    const again = await store()
    assert.deepEqual(again.opening, { headers: 31, bodies: 28, lostBodies: 2 })
    assert.deepEqual(again.missingBlocks(5).map(({ height }) => height), [20, 30])
    await again.acceptBlock(blocks[29] as Uint8Array)
    await again.acceptBlock(blocks[19] as Uint8Array)
    assert.equal(again.tip().height, 30)
    await again.close()
  })

  it('names a damaged index, and builds a lost one again from the blocks', async () => {
    const trunk = mined(40)
    const branch = mined(3, { seed: 2, parent: (trunk[9] as Uint8Array).subarray(0, 80), parentHeight: 10 })
    const chain = await store()
    await give(chain, trunk)
    await give(chain, branch)
    const tip = chain.tip()
    await chain.close()
    await damage(trunk[4] as Uint8Array)
    const index = join(location, 'index')
    const ways: Array<{ bodies: number, lose: () => Promise<void> }> = [{
      bodies: 42,
      lose: async () => {
        for (const name of await readdir(index)) {
          if (/^(CURRENT|MANIFEST)/.test(name)) {
            await writeFile(join(index, name), 'garbage')
          }
        }
      }
    },
    // The damaged block was given again meanwhile
    { bodies: 43, lose: async () => { await rm(index, { recursive: true }) } }
    ]
    for (const { bodies, lose } of ways) {
      await lose()
      await assert.rejects(store(), isOperation('store-corrupt'))
      const report = await repairChainStore(location)
      assert.ok(report.indexRepaired)
      assert.equal(report.bodies, bodies)
      const mended = await store()
      await give(mended, trunk)
      await give(mended, branch)
      assert.deepEqual(mended.tip(), tip)
      await mended.close()
    }
  })

  it('keeps the blocks of a store whose index is gone', async () => {
    const chain = await store()
    await give(chain, mined(200))
    const tip = chain.tip()
    await chain.close()
    await rm(join(location, 'index'), { recursive: true })
    assert.deepEqual(await repairChainStore(location), { indexRepaired: true, bodies: 200, recovered: 200, dropped: 0 })
    const again = await store()
    assert.deepEqual(again.tip(), tip)
    await again.close()
  })

  it('mends the damaged head of a body file', async () => {
    const chain = await store()
    await give(chain, mined(20))
    await chain.close()
    const file = await open(join(location, 'blocks', 'blk00000.dat'), 'r+')
    const head = await readFile(join(location, 'blocks', 'blk00000.dat'))
    await file.write(head.subarray(0, 100).with(40, 1), 0, undefined, 0)
    await file.close()
    await assert.rejects(store(), isOperation('store-corrupt'))
    await repairChainStore(location)
    const again = await store()
    assert.equal(again.tip().height, 20)
    await again.close()
  })

  it('takes over a store of schema 1, and writes on in its files', async () => {
    const blocks = mined(30)
    const chain = await store()
    await give(chain, blocks.slice(0, 20))
    await chain.close()
    await toSchema1(location)
    const taken = await store()
    assert.equal(taken.tip().height, 20)
    await give(taken, blocks)
    await taken.close()
    const again = await store()
    assert.deepEqual(again.opening, { headers: 31, bodies: 30, lostBodies: 0 })
    assert.deepEqual(await again.block(again.tip().id), Uint8Array.from(blocks[29] as Uint8Array))
    await again.close()
    await toSchema1(location)
    await assert.rejects(openChainStore({ location, params: BITCOIN_MAIN }), isOperation('wrong-network'))
    assert.deepEqual(await repairChainStore(location), { indexRepaired: false, bodies: 30, recovered: 0, dropped: 0 })
  })

  it('refuses a store of another network, of a newer schema, and one in use', async () => {
    const chain = await store()
    await assert.rejects(store(), isOperation('store-locked'))
    await assert.rejects(resetChainStore(location), isOperation('store-locked'))
    await chain.close()
    await assert.rejects(openChainStore({ location, params: BITCOIN_MAIN }), isOperation('wrong-network'))
    const db = new ClassicLevel(join(location, 'index'))
    await db.put('meta/schema', '99')
    await db.close()
    await assert.rejects(store(), isOperation('future-schema'))
    await resetChainStore(location)
    await (await store()).close()
  })

  it(`has every block whose connected event was heard, after ${KILLS} kills at random moments (seed 42)`, async function () {
    this.timeout(20_000 + 2_000 * KILLS)
    const program = fileURLToPath(new URL('../support/writer.ts', import.meta.url))
    const random = seededRandom(42)
    let heard = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, [...process.execArgv, '--conditions=source', program, location], { stdio: ['ignore', 'pipe', 'inherit'] })
      const limit = heard + 1 + random.below(400)
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (Number(text.trimEnd().split('\n').at(-1)) >= limit) {
          child.kill('SIGKILL')
        }
      })
      await new Promise(resolve => { child.once('close', resolve) })
      heard = Math.max(heard, ...text.split('\n').slice(0, -1).map(Number))
      const chain = await store()
      assert.ok(chain.tip().height >= heard, `height ${chain.tip().height}, heard of ${heard}`)
      for (const height of [heard, Math.max(1, heard - 1), 1 + random.below(heard)]) {
        assert.ok(await chain.block(chain.ancestor(chain.tip().id, height) ?? '') instanceof Uint8Array)
      }
      await chain.close()
    }
    assert.ok(heard > 0)
  })
})
