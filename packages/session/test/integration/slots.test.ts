import assert from 'node:assert/strict'
import { OperationError } from '@peerwright/core'
import type { Admission, SessionEnd, SlotHolder, SlotPolicy } from '@peerwright/interface'
import { messageType } from '@peerwright/protocol-messages'
import { createNode, type TestNode, until } from '../support/node.ts'

describe('slots over libp2p', () => {
  const nodes: TestNode[] = []
  const node = async (...args: Parameters<typeof createNode>): Promise<TestNode> => {
    const made = await createNode(...args)
    nodes.push(made)
    return made
  }
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async ({ libp2p }) => { await libp2p.stop() }))
  })

  it('a peer that is refused hears why, and the other side tells of the failed attempt', async () => {
    const slots: SlotPolicy = { decide: ({ direction }) => direction === 'inbound' ? { action: 'refuse', code: 'too-many-peers', retryAfterSeconds: 300 } : { action: 'admit' } }
    const [a, b] = [await node({ slots }), await node()]
    const failed: Array<[SlotHolder, SessionEnd]> = []
    const seen: SessionEnd[] = []
    a.network.observe({ failed: (peer, end) => failed.push([peer, end]) })
    b.network.observe({ failed: (_, end) => seen.push(end) })
    await assert.rejects(b.network.connect({ address: a.address }, { class: 'full' }), (error: unknown) => error instanceof OperationError && /too-many-peers/.test(error.message))
    assert.deepEqual(failed.map(([{ peerId, direction }, { code, remote }]) => [peerId, direction, code, remote]), [[b.network.localPeer, 'inbound', 'too-many-peers', false]])
    assert.deepEqual(seen, [{ code: 'too-many-peers', remote: true, retryAfterSeconds: 300 }])
    assert.deepEqual(a.network.sessions(), [])
  })

  it('a newcomer takes the place of the one that has to go, which holds none meanwhile', async () => {
    const asked: string[][] = []
    const slots: SlotPolicy = {
      decide: ({ direction }, holders) => {
        if (direction === 'outbound') {
          return { action: 'admit' }
        }
        asked.push(holders.map(({ peerId }) => peerId))
        const [first] = holders
        return first !== undefined && holders.length >= 2 ? { action: 'evict', peerId: first.peerId, retryAfterSeconds: 60 } : { action: 'admit' }
      }
    }
    const a = await node({ slots })
    const [b, c, d, e] = [await node(), await node(), await node(), await node()]
    const ends: SessionEnd[] = []
    b.network.observe({ closed: (_, end) => ends.push(end) })
    for (const peer of [b, c, d, e]) {
      await peer.network.connect({ address: a.address }, { class: 'full' })
    }
    await until(() => a.network.sessions().length === 2)
    const [bId, cId, dId, eId] = [b, c, d, e].map(({ network }) => network.localPeer)
    assert.deepEqual(asked, [[], [bId], [bId, cId], [cId, dId]])
    assert.deepEqual(a.network.sessions().map(({ peerId }) => peerId), [dId, eId])
    await until(() => ends.length === 1)
    assert.deepEqual(ends, [{ code: 'too-many-peers', remote: true, retryAfterSeconds: 60 }])
  })

  it('of two nodes that dial each other one session stays, though neither has a slot for a second: the one that stays has that of the other', async () => {
    const once = (): SlotPolicy => {
      let given = 0
      return { decide: () => given++ === 0 ? { action: 'admit' } : { action: 'refuse', code: 'too-many-peers' } }
    }
    for (let round = 0; round < 10; round++) {
      const [a, b] = [await node({ slots: once() }), await node({ slots: once() })]
      await Promise.allSettled([a.network.connect({ address: b.address }, { class: 'full' }), b.network.connect({ address: a.address }, { class: 'full' })])
      await until(() => a.network.sessions().length === 1 && b.network.sessions().length === 1)
    }
  })

  it('a throttled request is answered busy, with the time to wait', async () => {
    const admission: Admission = {
      accept: () => ({ allow: true }),
      identified: () => ({ allow: true }),
      frame: (_, type) => type === messageType('getdata') ? 'throttle' : 'handle',
      retryAfter: () => 17,
      closed: () => {}
    }
    const [a, b] = [await node({ admission }), await node()]
    a.network.handle({ owner: 'sync', requests: { [messageType('getdata')]: () => assert.fail('it was throttled') } })
    const session = await b.network.connect({ address: a.address }, { class: 'full' })
    const answer = await session.request(messageType('getdata'), Uint8Array.of(0), { maxBytes: 1, expectedBytes: 1, idleTimeoutMs: 5_000, onFrame: () => {} })
    assert.deepEqual(answer, { end: 'busy', retryAfterSeconds: 17 })
  })
})
