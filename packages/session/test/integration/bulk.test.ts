import assert from 'node:assert/strict'
import { OperationError, PeerFault } from '@peerwright/core'
import type { SessionEnd } from '@peerwright/interface'
import { messageType } from '@peerwright/protocol-messages'
import { VirtualClock } from '@peerwright/testing'
import { wholeFrame } from '../../src/frame-writer.ts'
import { megabytes, TestNodes, until } from '../support/node.ts'

describe('bulk streams over libp2p', () => {
  const nodes = new TestNodes()
  afterEach(async () => { await nodes.stop() })

  it('holds a fast sender to the pace of a slow reader, with bounded memory', async function () {
    this.timeout(60_000)
    const [a, b] = [await nodes.start(), await nodes.start()]
    let sent = 0
    b.network.handle({ owner: 'sync', requests: megabytes(40, () => { sent++ }) })
    const session = await a.network.connect({ address: b.address }, { class: 'full' })
    let read = 0
    let most = 0
    const { end } = await session.request(messageType('getdata'), new Uint8Array(1), {
      maxBytes: 40_000_000, expectedBytes: 40_000_000, idleTimeoutMs: 30_000,
      onFrame: async () => {
        // The reader takes its time: many turns of the event loop for each block
        for (let turn = 0; turn < 200; turn++) {
          await new Promise<void>(resolve => { setImmediate(resolve) })
        }
        read++
        most = Math.max(most, sent - read)
      }
    })
    assert.equal(end, 'complete')
    assert.equal(read, 40)
    // The muxer's window, its read buffer, the sockets' buffers: a handful of megabytes, not forty
    assert.ok(most <= 12, `the sender was ${most} MB ahead`)
  })

  it('S34 ends the session of a peer that answers pings and reads no answers for as long as one may be idle', async () => {
    const clock = new VirtualClock()
    const [a, b] = [await nodes.start(), await nodes.start({ clock, pingIntervalMs: 30_000, idleTimeoutMs: 60_000 })]
    b.network.handle({ owner: 'sync', requests: megabytes(16) })
    const ends: SessionEnd[] = []
    b.network.observe({ closed: (_, end) => ends.push(end) })
    const session = await a.network.connect({ address: b.address }, { class: 'full' })
    await until(() => b.network.sessions().length === 1)
    let asked = false
    const request = session.request(messageType('getdata'), new Uint8Array(1), {
      maxBytes: 16_000_000, expectedBytes: 16_000_000, idleTimeoutMs: 600_000,
      onFrame: async () => {
        asked = true
        await new Promise<void>(() => {})
      }
    })
    const rejected = assert.rejects(request, OperationError)
    const [held] = b.network.sessions()
    let sent = -1
    await until(() => {
      const still = asked && sent === held?.facts.bytesOut
      sent = held?.facts.bytesOut ?? 0
      return still && sent > 1_000_000
    })
    // Looked at once in that time: gone after twice of it at the latest
    for (let elapsed = 0; elapsed < 130 && ends.length === 0; elapsed += 10) {
      const bytes = held?.facts.bytesIn ?? 0
      await clock.advance(10_000)
      // Its pongs arrive: it is no silent peer
      await until(() => ends.length > 0 || held?.open !== true || elapsed % 30 !== 20 || (held.facts.bytesIn ?? 0) > bytes)
    }
    await until(() => ends.length > 0)
    assert.deepEqual([ends[0]?.code, ends[0]?.remote], ['slow', false])
    await rejected
  })

  it('keeps a ping quick while bulk goes on', async () => {
    const [a, b] = [await nodes.start({ pingIntervalMs: 1_000 }), await nodes.start()]
    b.network.handle({ owner: 'sync', requests: megabytes(30), live: { [messageType('tip')]: (peer, payload) => { peer.send(messageType('tip'), payload) } } })
    const session = await a.network.connect({ address: b.address }, { class: 'full' })
    let blocks = 0
    let echoes = 0
    let blocksAtLastEcho = 0
    a.network.handle({
      owner: 'sync',
      live: {
        [messageType('tip')]: peer => {
          echoes++
          blocksAtLastEcho = blocks
          peer.send(messageType('tip'), new Uint8Array(68))
        }
      }
    })
    session.send(messageType('tip'), new Uint8Array(68))
    await session.request(messageType('getdata'), new Uint8Array(1), {
      maxBytes: 30_000_000, expectedBytes: 30_000_000, idleTimeoutMs: 30_000, onFrame: () => { blocks++ }
    })
    // Live messages went round all along, not only before or after
    assert.ok(echoes > 10 && blocksAtLastEcho > 20, `${echoes} round trips, the last after ${blocksAtLastEcho} blocks`)
  })

  it('ends the session of a peer that asks more than two questions at once', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()]
    a.network.handle({ owner: 'sync', requests: { [messageType('getdata')]: async () => { await new Promise(() => {}) } } })
    const ends: SessionEnd[] = []
    a.network.observe({ closed: (_, end) => ends.push(end) })
    const session = await b.network.connect({ address: a.address }, { class: 'full' })
    const connection = b.libp2p.getConnections()[0]
    const stream = await connection?.newStream('/test/bulk/1')
    for (let id = 1; id <= 3; id++) {
      stream?.send(wholeFrame(messageType('getdata'), new Uint8Array(1), id))
    }
    await until(() => ends.length === 1)
    assert.equal(ends[0]?.fault instanceof PeerFault && ends[0].fault.code, 'too-many-requests')
    await until(() => !session.open)
  })

  it('answers no request that comes after goodbye', async () => {
    const served: number[] = []
    const [a, b] = [await nodes.start(), await nodes.start()]
    a.network.handle({ owner: 'sync', requests: { [messageType('getdata')]: async (_, payload, reply) => {
      served.push(payload[0] ?? 0)
      await reply.end('complete')
    } } })
    const session = await b.network.connect({ address: a.address }, { class: 'full' })
    await session.request(messageType('getdata'), Uint8Array.of(1), { maxBytes: 1, expectedBytes: 1, idleTimeoutMs: 5_000, onFrame: () => {} })
    const closing = a.network.sessions()[0]?.close({ code: 'done' })
    const late = session.request(messageType('getdata'), Uint8Array.of(2), { maxBytes: 1, expectedBytes: 1, idleTimeoutMs: 5_000, onFrame: () => {} })
    await assert.rejects(late, (error: unknown) => error instanceof OperationError && error.code === 'closed')
    await closing
    assert.deepEqual(served, [1])
  })

  it('gives up on a request when no byte comes, and keeps the session', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()]
    b.network.handle({ owner: 'sync', requests: { [messageType('getdata')]: async () => { await new Promise(() => {}) } } })
    const session = await a.network.connect({ address: b.address }, { class: 'full' })
    const asked = session.request(messageType('getdata'), new Uint8Array(1), { maxBytes: 1, expectedBytes: 1, idleTimeoutMs: 100, onFrame: () => {} })
    await assert.rejects(asked, (error: unknown) => error instanceof OperationError && error.code === 'timeout')
    assert.ok(session.open)
  })
})
