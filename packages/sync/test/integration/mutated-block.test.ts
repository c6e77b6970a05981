import assert from 'node:assert/strict'
import type { Chain } from '@peerwright/interface'
import { chainOf, mined, SyncNetwork } from '../support/network.ts'

describe('a mutated block', () => {
  const net = new SyncNetwork()
  afterEach(() => { net.stop() })

  it('ends the session of whoever sent it, and leaves the downloads of other peers alone', async () => {
    const blocks = mined(60)
    const honest = await chainOf(blocks)
    const chain = await chainOf(blocks)
    const served: number[] = [0, 0]
    const counted = (of: Chain, at: number, change: (block: Uint8Array) => Uint8Array): Chain => new Proxy(of, {
      get: (target, key) => {
        if (key !== 'block') {
          const value: unknown = Reflect.get(target, key, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
        return async (id: string) => {
          const block = await target.block(id)
          served[at] = (served[at] ?? 0) + 1
          return block instanceof Uint8Array ? change(block) : block
        }
      }
    })
    const good = net.node(counted(honest, 0, block => block))
    const bad = net.node(counted(chain, 1, block => {
      // The header stays, so it answers what was asked for; a transaction is not what the Merkle root says
      const mutated = Uint8Array.from(block)
      mutated.fill(7, mutated.length - 4)
      return mutated
    }))
    const fresh = net.node(await chainOf())
    await net.connect(fresh, good)
    await net.connect(fresh, bad)
    await net.untilLevel(fresh, good)
    assert.deepEqual(fresh.network.sessions().map(({ peerId }) => peerId), [good.network.localPeer])
    assert.equal(fresh.failures.length, 1)
    assert.ok((served[1] ?? 0) > 0)
    // What the honest peer was asked for it was asked for once
    assert.equal(served[0], 60)
  })
})
