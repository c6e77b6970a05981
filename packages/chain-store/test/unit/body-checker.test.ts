import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { ByteReader } from '@peerwright/core'
import { needs } from '@peerwright/testing'
import type { BodyCheckAnswer, BodyCheckTask } from '../../src/body-check-thread.ts'
import { BodyChecker } from '../../src/body-checker.ts'

const DATA = new URL('../../../../../shared/data/bitcoin/', import.meta.url)
const FORGETFUL = fileURLToPath(new URL('../support/forgetful.ts', import.meta.url))
const MAX_BLOCK_BYTES = 4_000_000
const RULES = { segwit: true }

const large = (blocks: number): Uint8Array[] => [...mineChain({ blocks, seed: 1, sizeBytes: { min: 100_000, max: 100_000 }, parent: BITCOIN_REGTEST.genesisHeader })]

const damaged = (block: Uint8Array): Uint8Array => block.with(block.length - 10, (block.at(-10) ?? 0) ^ 1)

describe('bodies checked in a thread', () => {
  let checker: BodyChecker
  let threads: Worker[]
  const onThread = (thread: Worker): void => { threads.push(thread) }
  beforeEach(() => {
    threads = []
    process.on('worker', onThread)
    checker = new BodyChecker(MAX_BLOCK_BYTES, true)
  })
  afterEach(async () => {
    process.off('worker', onThread)
    await checker.close()
  })

  it('are found to be what they are: real blocks with and without witnesses, damaged and cut ones', async function () {
    needs(this, existsSync(DATA), 'no real blocks: shared/data is not beside the repository')
    for (const name of ['block426884.raw', 'block928816.raw']) {
      const block = new Uint8Array(await readFile(new URL(name, DATA)))
      const here = new BodyChecker(MAX_BLOCK_BYTES, false)
      for (const body of [block, damaged(block), block.subarray(0, -1), block.subarray(0, 40_000)]) {
        const verdict = await checker.check(body, RULES)
        assert.equal(verdict, here.check(body, RULES))
        assert.equal(verdict === undefined, body === block)
      }
    }
    assert.equal(threads.length, 1)
  })

  it('are those that are large: small ones are checked at once, and start no thread', () => {
    const [small] = mineChain({ blocks: 1, seed: 1, sizeBytes: { min: 20_000, max: 20_000 }, parent: BITCOIN_REGTEST.genesisHeader })
    assert.equal(checker.check(small as Uint8Array, RULES), undefined)
    assert.match(checker.check(new Uint8Array(MAX_BLOCK_BYTES + 1), RULES) as string, /more than/)
    assert.equal(threads.length, 0)
  })

  it('are of any size from 32 KiB to the largest block', async () => {
    for (const [sizeBytes, inThread] of [[32_767, false], [32_768, true], [MAX_BLOCK_BYTES, true], [MAX_BLOCK_BYTES + 1, false]] as const) {
      const verdict = checker.check(new Uint8Array(sizeBytes), RULES)
      assert.equal(verdict instanceof Promise, inThread, `${sizeBytes} bytes`)
      assert.equal(typeof await verdict, 'string')
    }
  })

  it('travel in memory that comes back and is used again', async () => {
    const [first, second, third] = large(3) as [Uint8Array, Uint8Array, Uint8Array]
    await checker.check(first, RULES)
    const [thread] = threads as [Worker]
    const returned: ArrayBuffer[] = []
    thread.on('message', ({ memory }: BodyCheckAnswer) => { returned.push(memory) })
    await checker.check(second, RULES)
    const post = thread.postMessage.bind(thread)
    const sent: ArrayBuffer[] = []
    thread.postMessage = (task: BodyCheckTask, transfer) => {
      sent.push(task.memory)
      post(task, transfer)
    }
    await checker.check(third, RULES)
    assert.ok(returned[0] !== undefined && sent[0] === returned[0])
  })

  it('are few at a time: what is more is checked at once', async () => {
    const blocks = large(20)
    const checked = blocks.map((block, at) => checker.check(at % 2 === 0 ? block : damaged(block), RULES))
    assert.equal(checked.filter(verdict => verdict instanceof Promise).length, 8)
    for (const [at, verdict] of checked.entries()) {
      assert.equal(await verdict === undefined, at % 2 === 0, `body ${at}`)
    }
  })

  it('are checked here when the thread dies, those that it had too', async () => {
    const [good] = large(1) as [Uint8Array]
    await checker.check(good, RULES)
    const checked = [checker.check(good, RULES), checker.check(damaged(good), RULES)]
    await threads[0]?.terminate()
    assert.equal(await checked[0], undefined)
    assert.match(await checked[1] ?? '', /Merkle/)
    assert.equal(checker.check(good, RULES), undefined)
    assert.equal(threads.length, 1)
  })

  it('are checked without one where threads are forbidden', () => {
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
    const program = `
      import { BodyChecker } from ${JSON.stringify(new URL('../../src/body-checker.ts', import.meta.url).href)}
      console.log(new BodyChecker(4_000_000, true).check(new Uint8Array(100_000), {}))`
    const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, flag, '--allow-fs-read=*', '--input-type=module', '--eval', program], {
      cwd: fileURLToPath(new URL('.', import.meta.url)), encoding: 'utf8'
    })
    assert.match(stdout, /transactions|block/, stderr)
  })

  it('let a process end that forgets to close', () => {
    const { stdout, status } = spawnSync(process.execPath, [...process.execArgv, FORGETFUL], { encoding: 'utf8', timeout: 15_000 })
    assert.equal(status, 0)
    const [first, second] = stdout.trimEnd().split('\n')
    assert.match(first ?? '', /transactions|block/)
    assert.equal(second, first)
  })
})

describe('a chain store that checks bodies in a thread', () => {
  it('takes the good one of two bodies with one header, whichever is offered first, and finishes what was offered when it closes', async () => {
    const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
    const blocks = large(40)
    await chain.acceptHeaders(blocks.map(block => chain.codec.read(new ByteReader(block))))
    const seen: string[] = []
    for (const block of blocks.slice(0, 30)) {
      const verdicts = await Promise.all([damaged(block), block, block].map(async body => (await chain.acceptBlock(body)).status))
      seen.push(verdicts.join())
    }
    assert.deepEqual([...new Set(seen)], ['invalid,connected,duplicate'])
    const last = Promise.all(blocks.slice(30).map(async block => (await chain.acceptBlock(block)).status))
    await chain.close()
    assert.ok((await last).every(status => status === 'connected' || status === 'stored'))
    assert.equal(chain.tip().height, 40)
  })
})
