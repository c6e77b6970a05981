import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BITCOIN_MAIN, BITCOIN_REGTEST, type ChainStore, importBlocks, type ImportProgress, openChainStore } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { OperationError, seededRandom, shuffled } from '@peerwright/core'
import { needs } from '@peerwright/testing'

/** Real blocks 1 to 255; they lie beside the project and not in it. */
const MAINNET = fileURLToPath(new URL('../../../../../shared/data/bitcoin/mainnet-blocks-1-256.dat', import.meta.url))
const MAINNET_TIP = '00000000d0a75c861fabf9ff7b92022f60e4afeed9331fe5aa073d8e4706fe3c'

const { magic, maxBlockBytes } = BITCOIN_REGTEST

function record (block: Uint8Array): Uint8Array {
  const head = new Uint8Array(8)
  head.set(magic)
  new DataView(head.buffer).setUint32(4, block.length, true)
  return Buffer.concat([head, block])
}

function hide (bytes: Uint8Array, key: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => byte ^ (key[at % key.length] ?? 0))
}

describe('importBlocks', () => {
  const blocks = [...mineChain({ blocks: 300, seed: 5, sizeBytes: { min: 300, max: 9_000 }, parent: BITCOIN_REGTEST.genesisHeader })]
  let folder = ''
  let chain: ChainStore
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerwright-import-'))
    chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
  })
  afterEach(async () => {
    await chain.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('takes the first 255 blocks of Bitcoin, with their real proof of work', async function () {
    needs(this, existsSync(MAINNET), 'no real blocks: shared/data is not beside the repository')
    const main = await openChainStore({ location: 'memory', params: BITCOIN_MAIN })
    const result = await importBlocks({ chain: main, path: MAINNET, magic: BITCOIN_MAIN.magic, maxBlockBytes: BITCOIN_MAIN.maxBlockBytes })
    assert.deepEqual(result, { found: 255, taken: 255, left: 0 })
    assert.equal(main.tip().height, 255)
    assert.equal(main.tip().id, MAINNET_TIP)
    assert.equal(main.tip().work, 256n * 0x1_0001_0001n)
    await main.close()
  })

  it('refuses a block of Bitcoin with one bit changed, and those above it', async function () {
    needs(this, existsSync(MAINNET), 'no real blocks: shared/data is not beside the repository')
    const bytes = readFileSync(MAINNET)
    // The nonce of the first block
    bytes[8 + 76] = (bytes[8 + 76] ?? 0) ^ 1
    await writeFile(join(folder, 'bootstrap.dat'), bytes)
    const main = await openChainStore({ location: 'memory', params: BITCOIN_MAIN })
    const result = await importBlocks({ chain: main, path: folder, magic: BITCOIN_MAIN.magic, maxBlockBytes: BITCOIN_MAIN.maxBlockBytes })
    assert.equal(result.taken, 0)
    assert.equal(main.tip().height, 0)
    await main.close()
  })

  it('takes a folder of many files, hidden by xor.dat, with their blocks in any order and zeros at their ends', async () => {
    const key = seededRandom(9).bytes(8)
    const order = shuffled(blocks, seededRandom(8))
    await writeFile(join(folder, 'xor.dat'), key)
    for (let file = 0; file < 30; file++) {
      const records = order.slice(10 * file, 10 * file + 10).map(record)
      await writeFile(join(folder, `blk${String(file).padStart(5, '0')}.dat`), hide(Buffer.concat([...records, new Uint8Array(5_000)]), key))
    }
    const progress: ImportProgress[] = []
    const result = await importBlocks({ chain, path: folder, magic, maxBlockBytes, onProgress: step => { progress.push(step) } })
    assert.deepEqual(result, { found: 300, taken: 300, left: 0 })
    assert.equal(chain.tip().height, 300)
    for (const phase of ['scan', 'blocks'] as const) {
      const steps = progress.filter(step => step.phase === phase)
      assert.ok(steps.length > 0 && steps.every((step, at) => step.bytesDone <= step.bytesTotal && step.bytesDone >= (steps[at - 1]?.bytesDone ?? 0)), phase)
    }
    assert.equal(progress.at(-1)?.bytesDone, progress.at(-1)?.bytesTotal)
  })

  it('goes on where it was, and takes nothing twice', async () => {
    await writeFile(join(folder, 'bootstrap.dat'), Buffer.concat(blocks.slice(0, 200).map(record)))
    assert.equal((await importBlocks({ chain, path: folder, magic, maxBlockBytes })).taken, 200)
    await writeFile(join(folder, 'bootstrap.dat'), Buffer.concat(blocks.map(record)))
    assert.equal((await importBlocks({ chain, path: folder, magic, maxBlockBytes })).taken, 100)
  })

  it('passes over what only looks like a block', async () => {
    // Magic and a length, but a header whose target is zero
    const fake = record(new Uint8Array(200))
    await writeFile(join(folder, 'bootstrap.dat'), Buffer.concat([fake, ...blocks.map(record), fake]))
    assert.deepEqual(await importBlocks({ chain, path: folder, magic, maxBlockBytes }), { found: 300, taken: 300, left: 0 })
  })

  it('says what is wrong with a path', async () => {
    const failed = (error: unknown): boolean => error instanceof OperationError && error.code === 'import-failed'
    await assert.rejects(importBlocks({ chain, path: join(folder, 'none'), magic, maxBlockBytes }), failed)
    await assert.rejects(importBlocks({ chain, path: folder, magic, maxBlockBytes }), failed)
    await writeFile(join(folder, 'bootstrap.dat'), new Uint8Array(1_000))
    await assert.rejects(importBlocks({ chain, path: folder, magic, maxBlockBytes }), failed)
  })

  it('ends on its signal', async () => {
    await writeFile(join(folder, 'bootstrap.dat'), Buffer.concat(blocks.map(record)))
    const abort = new AbortController()
    const running = importBlocks({ chain, path: folder, magic, maxBlockBytes, signal: abort.signal, onProgress: ({ phase }) => { if (phase === 'blocks') { abort.abort() } } })
    await assert.rejects(running, error => error instanceof OperationError && error.code === 'aborted')
    assert.ok(chain.tip().height < 300)
  })
})
