import assert from 'node:assert/strict'
import type { RegistryChange } from '@peerwright/interface'
import { branch, TinyChain } from '@peerwright/testing'
import { ChainRegistry, type ChainRegistryInit, encodeRecord, type RegistryRules, signRevocation } from '../../src/index.ts'
import { ALL_SUITES, isOperation, keyOf, NOW, peerOf } from '../support/peers.ts'
import { NETWORK_ID, registrationOf, registrySuite } from '../support/registry-suite.ts'

const HEADER_BYTES = 65

/** The records behind the header of a block: each with four bytes of length before it. */
function recordsIn (block: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = []
  for (let at = HEADER_BYTES; at < block.length;) {
    const length = Buffer.from(block).readUInt32BE(at)
    records.push(block.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return records
}

/** A chain on which records are mined, on any branch. */
class Miner {
  readonly chain = new TinyChain()
  readonly waiting: Uint8Array[] = []
  readonly #heights = new Map([[1, 0]])

  /** The block after the last one of a branch, with what waits in it. */
  mine (number: number = 1): void {
    this.extend(number, this.#heights.get(number) ?? 0, this.waiting.splice(0))
  }

  /** A branch that parts from branch 1 above `height`, with blocks of these records. */
  fork (number: number, height: number, blocks: readonly Uint8Array[][]): void {
    for (const [index, records] of blocks.entries()) {
      this.extend(number, height + index, records, index === 0 ? 1 : number)
    }
  }

  extend (number: number, from: number, records: readonly Uint8Array[], parentBranch: number = number): void {
    const [header] = branch(1, { number, from, parentBranch, sizeBytes: HEADER_BYTES })
    const framed = records.flatMap(record => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(record.length)
      return [length, record]
    })
    this.chain.extend([new Uint8Array(Buffer.concat([header!, ...framed]))])
    this.#heights.set(number, from + 1)
  }

  registry (options: Partial<ChainRegistryInit> = {}): ChainRegistry {
    return new ChainRegistry({
      chain: this.chain,
      networkId: NETWORK_ID,
      suites: ALL_SUITES,
      extract: recordsIn,
      publish: record => { this.waiting.push(record); return Promise.resolve() },
      ...options
    })
  }
}

const recordOf = async (number: number, claim = {}): Promise<Uint8Array> =>
  encodeRecord({ type: 'register', registration: await registrationOf(await peerOf(number), number, claim) }).slice()

/** Resolves when the registry has read what the chain told it of. */
const caughtUp = async (registry: ChainRegistry): Promise<void> => { await registry.start() }

describe('the registry on a chain', () => {
  let miner = new Miner()
  let registry = miner.registry()
  beforeEach(() => { miner = new Miner() })
  afterEach(() => { registry.stop() })

  registrySuite({
    createRegistry: async (rules?: RegistryRules) => {
      registry = miner.registry(rules)
      await registry.start()
      return registry
    },
    settle: async () => {
      miner.mine()
      await caughtUp(registry)
    }
  })

  it('QN-06 + takes back what the chain takes back, and says what holds again', async () => {
    registry = miner.registry()
    await registry.start()
    const [one, two] = [await peerOf(1), await peerOf(2)]
    miner.waiting.push(await recordOf(1))
    miner.mine()
    miner.waiting.push(await recordOf(1, { lastSeenSeconds: NOW + 9 }), await recordOf(2))
    miner.mine()
    await caughtUp(registry)
    const heard: RegistryChange[] = []
    registry.watch(change => { heard.push(change) })
    miner.fork(2, 1, [[], [await recordOf(3)]])
    await caughtUp(registry)
    assert.equal((await registry.lookup(one.peerId))?.registration.lastSeenSeconds, NOW)
    assert.equal(await registry.lookup(two.peerId), undefined)
    assert.equal((await registry.lookup((await peerOf(3)).peerId))?.status, 'active')
    assert.deepEqual(heard.map(({ type, peerId }) => [type, peerId]), [['withdrawn', two.peerId], ['withdrawn', one.peerId], ['registered', (await peerOf(3)).peerId]])
    assert.equal(heard[1]?.entry?.registration.lastSeenSeconds, NOW)
  })

  it('QN-06 + a revocation that a reorganisation undoes is undone, and its activation with it', async () => {
    registry = miner.registry()
    await registry.start()
    const peer = await peerOf(1)
    miner.waiting.push(await recordOf(1))
    miner.mine()
    await caughtUp(registry)
    await registry.revoke(await signRevocation(await keyOf(1), NETWORK_ID, { peerId: peer.peerId, timeSeconds: NOW, reason: 'key-lost' }))
    miner.mine()
    await caughtUp(registry)
    assert.equal((await registry.lookup(peer.peerId))?.status, 'revoked')
    miner.fork(2, 0, [[], [], [await recordOf(1)]])
    await caughtUp(registry)
    assert.equal((await registry.lookup(peer.peerId))?.status, 'active')
  })

  it('QN-06 + reads a chain that was there before it, from any height, and one that parts deeper than it remembers', async () => {
    for (let height = 0; height < 1_100; height++) {
      if (height === 20) {
        miner.waiting.push(await recordOf(1))
      }
      miner.mine()
    }
    registry = miner.registry()
    await registry.start()
    assert.equal((await registry.lookup((await peerOf(1)).peerId))?.status, 'active')
    const late = miner.registry({ fromHeight: 30 })
    await late.start()
    late.stop()
    assert.equal(await late.lookup((await peerOf(1)).peerId), undefined)
    const blocks: Uint8Array[][] = Array.from({ length: 1_095 }, () => [])
    blocks[1_000] = [await recordOf(2)]
    miner.fork(2, 10, blocks)
    await caughtUp(registry)
    assert.equal(await registry.lookup((await peerOf(1)).peerId), undefined)
    assert.equal((await registry.lookup((await peerOf(2)).peerId))?.status, 'active')
  })

  it('QN-06 - passes over what is no record, what is wrong, and what comes twice or in too great a number', async () => {
    registry = miner.registry()
    await registry.start()
    const good = await recordOf(1)
    miner.waiting.push(new Uint8Array(0), new Uint8Array(40_000), good.with(60, (good[60] ?? 0) ^ 1), good, good)
    miner.mine()
    miner.waiting.push(...Array.from({ length: 512 }, () => new Uint8Array(1)), await recordOf(2))
    miner.mine()
    await caughtUp(registry)
    assert.equal((await registry.lookup((await peerOf(1)).peerId))?.status, 'active')
    assert.equal(await registry.lookup((await peerOf(2)).peerId), undefined, 'the 513th of its block')
    assert.equal(registry.passedOver, 4 + 513)
  })

  it('QN-06 - answers nothing while its blocks cannot be read, and goes on when they can', async () => {
    miner.waiting.push(await recordOf(1))
    miner.mine()
    const { chain } = miner
    let answer: 'pruned' | undefined = 'pruned'
    const broken = new Proxy(chain, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        return name === 'block' && answer !== undefined ? async () => Promise.resolve(answer) : typeof value === 'function' ? value.bind(target) as unknown : value
      }
    })
    registry = miner.registry({ chain: broken })
    await assert.rejects(registry.start(), isOperation('registry-unavailable'))
    await assert.rejects(registry.lookup((await peerOf(1)).peerId), isOperation('registry-unavailable'))
    answer = undefined
    await registry.start()
    assert.equal((await registry.lookup((await peerOf(1)).peerId))?.status, 'active')
  })
})
