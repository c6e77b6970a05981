import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { noise as theirNoise } from '@chainsafe/libp2p-noise'
import { yamux as theirYamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { OperationError, PeerFault } from '@peerwright/core'
import type { Admission, SessionEnd } from '@peerwright/interface'
import { encodeGoodbye, encodeVarint, encodeVersion, messageType } from '@peerwright/protocol-messages'
import { VirtualClock } from '@peerwright/testing'
import { MUXER_STREAM_OPTIONS } from '@peerwright/transport'
import { wholeFrame } from '../../src/frame-writer.ts'
import { createNode, SPEC, type TestNode, until } from '../support/node.ts'

const nodes: TestNode[] = []

const node = async (...args: Parameters<typeof createNode>): Promise<TestNode> => {
  const made = await createNode(...args)
  nodes.push(made)
  return made
}

describe('sessions over libp2p', () => {
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async ({ libp2p }) => { await libp2p.stop() }))
  })

  it('100 simultaneous dials between two nodes leave one live session on both sides', async function () {
    this.timeout(60_000)
    for (let round = 0; round < 5; round++) {
      const [a, b] = [await node(), await node()]
      const dials = Array.from({ length: 50 }, (_, at) => [
        a.network.connect({ address: b.address, ...(at % 2 === 0 ? { peerId: b.network.localPeer } : {}) }, { class: 'full' }),
        b.network.connect({ address: a.address, ...(at % 2 === 0 ? { peerId: a.network.localPeer } : {}) }, { class: 'full' })
      ]).flat()
      await Promise.allSettled(dials)
      const alive = (): boolean => a.network.sessions().length === 1 && b.network.sessions().length === 1 &&
        a.libp2p.getConnections().length === 1 && b.libp2p.getConnections().length === 1
      await until(alive)
      const direction = a.network.localPeer < b.network.localPeer ? 'outbound' : 'inbound'
      assert.equal(a.network.sessions()[0]?.direction, direction)
      assert.notEqual(b.network.sessions()[0]?.direction, direction)
    }
  })

  it('QC-19 + shakes hands and measures the round trip', async () => {
    const [a, b] = [await node(), await node()]
    const session = await a.network.connect({ address: b.address }, { class: 'manual' })
    assert.deepEqual(
      [session.remote.protocolVersion, session.remote.startHeight, session.remote.chainWork, session.remote.userAgent],
      [70_015, 5, 77n, '/peerwright:0.1.0/']
    )
    assert.deepEqual(session.channel, { protocol: '/noise', kex: 'X25519', pq: false, pqAuth: false, peerCertified: false })
    await until(() => session.facts.minRttMs !== undefined)
  })

  it('QC-19 - drops a stranger that says no version within the timeout', async () => {
    const a = await node({ handshakeTimeoutMs: 200 })
    const b = await node()
    const connection = await b.libp2p.dial(multiaddr(a.address.toMultiaddr()))
    await until(() => connection.status !== 'open')
    assert.equal(a.libp2p.getConnections().length, 0)
    // One that opens the stream and then says half a version
    const again = await b.libp2p.dial(multiaddr(a.address.toMultiaddr()))
    const stream = await again.newStream('/test/live/1')
    stream.send(Uint8Array.of(50, messageType('version'), 1, 2, 3))
    await until(() => again.status !== 'open')
  })

  it('QC-19 - a stranger that opens its stream late has what is left of the time, not all of it again', async () => {
    const clock = new VirtualClock()
    const a = await node({ clock, handshakeTimeoutMs: 1_000 })
    const b = await node()
    const connection = await b.libp2p.dial(multiaddr(a.address.toMultiaddr()))
    await until(() => a.libp2p.getConnections().length === 1)
    await clock.advance(900)
    await connection.newStream('/test/live/1')
    await until(() => a.libp2p.getConnections()[0]?.streams.some(stream => stream.protocol === '/test/live/1') === true)
    assert.equal(connection.status, 'open')
    await clock.advance(100)
    await until(() => a.network.sessions().length === 0 && connection.status !== 'open')
  })

  it('QC-19 - refuses messages before verack, and ends only that conversation', async () => {
    const [a, b, c] = [await node(), await node(), await node()]
    const healthy = await c.network.connect({ address: a.address }, { class: 'full' })
    const ends: SessionEnd[] = []
    a.network.observe({ closed: (_, end) => ends.push(end) })
    const version = encodeVersion({
      protocolVersion: 70_015, services: 1n, timeSeconds: 0, nonce: 1n, userAgent: '/x/', startHeight: 0, relay: true,
      extension: { networkId: SPEC.networkId, chainWork: 0n, connectionClass: 'full', features: [], encrypters: [] }
    })
    for (const bytes of [
      [wholeFrame(messageType('version'), version), wholeFrame(messageType('get-tip'), new Uint8Array(0))],
      [wholeFrame(messageType('version'), new Uint8Array(30))],
      [Uint8Array.of(...encodeVarint(4_294_967_296), messageType('version'))],
      [wholeFrame(messageType('block'), new Uint8Array(2_000))],
      [new Uint8Array(64).fill(0xff)]
    ]) {
      const connection = await b.libp2p.dial(multiaddr(a.address.toMultiaddr()))
      const stream = await connection.newStream('/test/live/1')
      for (const part of bytes) {
        stream.send(part)
      }
      await until(() => connection.status !== 'open')
    }
    assert.ok(healthy.open)
    assert.equal(a.network.sessions().length, 1)
    assert.deepEqual(ends, [])
  })

  it('ignores verack first, a second version, and 200 unknown messages', async () => {
    const [a, b] = [await node(), await node()]
    const connection = await b.libp2p.dial(multiaddr(a.address.toMultiaddr()))
    const stream = await connection.newStream('/test/live/1')
    const version = wholeFrame(messageType('version'), encodeVersion({
      protocolVersion: 70_015, services: 1n, timeSeconds: 0, nonce: 1n, userAgent: '/x/', startHeight: 0, relay: true,
      extension: { networkId: SPEC.networkId, chainWork: 0n, connectionClass: 'feeler', features: [], encrypters: [] }
    }))
    const verack = wholeFrame(messageType('verack'), new Uint8Array(0))
    stream.send(verack)
    for (let count = 0; count < 200; count++) {
      stream.send(wholeFrame(0xf0, new Uint8Array(3)))
    }
    stream.send(version)
    stream.send(version)
    stream.send(verack)
    await until(() => a.network.sessions().length === 1)
    assert.equal(a.network.sessions()[0]?.class, 'feeler')
    stream.send(wholeFrame(messageType('goodbye'), encodeGoodbye({ code: 'done' })))
    await until(() => a.network.sessions().length === 0)
  })

  it('tells the other side why it is refused', async () => {
    const [a, b] = [await node(), await node({ protocolVersion: 70_020, minProtocolVersion: 70_020 })]
    await assert.rejects(a.network.connect({ address: b.address }, { class: 'full' }), (error: unknown) => error instanceof OperationError && /obsolete/.test(error.message))
  })

  it('holds a fast sender to the pace of a slow reader, with bounded memory', async function () {
    this.timeout(60_000)
    const [a, b] = [await node(), await node()]
    let sent = 0
    b.network.handle({
      owner: 'sync',
      requests: {
        [messageType('getdata')]: async (_, __, reply) => {
          const block = new Uint8Array(1_000_000)
          for (let count = 0; count < 40; count++) {
            await reply.send(messageType('block'), block)
            sent++
          }
          await reply.end('complete')
        }
      }
    })
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
    const [a, b] = [await node(), await node({ clock, pingIntervalMs: 30_000, idleTimeoutMs: 60_000 })]
    b.network.handle({
      owner: 'sync',
      requests: {
        [messageType('getdata')]: async (_, __, reply) => {
          for (let count = 0; count < 16; count++) {
            await reply.send(messageType('block'), new Uint8Array(1_000_000))
          }
          await reply.end('complete')
        }
      }
    })
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
    const [a, b] = [await node({ pingIntervalMs: 1_000 }), await node()]
    b.network.handle({
      owner: 'sync',
      requests: {
        [messageType('getdata')]: async (_, __, reply) => {
          for (let count = 0; count < 30; count++) {
            await reply.send(messageType('block'), new Uint8Array(1_000_000))
          }
          await reply.end('complete')
        }
      },
      live: { [messageType('tip')]: (peer, payload) => { peer.send(messageType('tip'), payload) } }
    })
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
    const [a, b] = [await node(), await node()]
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
    const [a, b] = [await node(), await node()]
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

  it('asks admission about every message, unknown ones and pings too', async () => {
    const asked: number[] = []
    const admission: Admission = {
      accept: () => ({ allow: true }),
      identified: () => ({ allow: true }),
      frame: (_, type) => {
        asked.push(type)
        return type === 0xf0 && asked.filter(other => other === 0xf0).length > 5 ? 'disconnect' : 'handle'
      },
      closed: () => {}
    }
    const [a, b] = [await node({ admission }), await node()]
    const ends: SessionEnd[] = []
    a.network.observe({ closed: (_, end) => ends.push(end) })
    const session = await b.network.connect({ address: a.address }, { class: 'full' })
    await until(() => asked.includes(messageType('ping')))
    for (let count = 0; count < 20; count++) {
      session.send(0xf0, new Uint8Array(3))
    }
    await until(() => ends.length === 1)
    assert.equal(ends[0]?.fault instanceof PeerFault && ends[0].fault.code, 'over-budget')
  })

  it('lets eight connections without a session stay while they have a stream, whoever came before them', async () => {
    const clock = new VirtualClock()
    const [a, b] = [await node({ clock }), await node()]
    await a.libp2p.handle('/guest/1', () => {}, { maxInboundStreams: 100 })
    const guests = async (count: number): Promise<Connection[]> => await Promise.all(Array.from({ length: count }, async () => {
      const connection = await b.libp2p.dial(multiaddr(a.address.toMultiaddr()), { force: true })
      await connection.newStream('/guest/1')
      return connection
    }))
    const open = (): number => a.libp2p.getConnections().filter(({ status }) => status === 'open').length
    for (let round = 0; round < 3; round++) {
      const connections = await guests(10)
      await until(() => a.libp2p.getConnections().length === 10 && a.libp2p.getConnections().every(({ streams }) => streams.length > 0))
      await clock.advance(10_000)
      assert.equal(open(), 8, `round ${round}`)
      connections.forEach(connection => { connection.abort(new Error('gone')) })
      await until(() => a.libp2p.getConnections().length === 0)
    }
  })

  it('refuses a peer that is not the expected one, whatever kind of key its id is made from', async () => {
    const [a, b] = [await node(), await node()]
    for (const type of ['Ed25519', 'secp256k1', 'RSA'] as const) {
      const expected = peerIdFromPrivateKey(type === 'RSA' ? await generateKeyPair(type, 2_048) : await generateKeyPair(type))
      await assert.rejects(a.network.connect({ address: b.address, peerId: expected.toString() }, { class: 'full' }), OperationError, type)
    }
    assert.equal(a.network.sessions().length, 0)
    await until(() => b.network.sessions().length === 0)
  })

  it('gives up on a request when no byte comes, and keeps the session', async () => {
    const [a, b] = [await node(), await node()]
    b.network.handle({ owner: 'sync', requests: { [messageType('getdata')]: async () => { await new Promise(() => {}) } } })
    const session = await a.network.connect({ address: b.address }, { class: 'full' })
    const asked = session.request(messageType('getdata'), new Uint8Array(1), { maxBytes: 1, expectedBytes: 1, idleTimeoutMs: 100, onFrame: () => {} })
    await assert.rejects(asked, (error: unknown) => error instanceof OperationError && error.code === 'timeout')
    assert.ok(session.open)
  })

  it('works over the encrypter and muxer of their first publishers', async () => {
    const a = await node({}, { connectionEncrypters: [theirNoise()], streamMuxers: [theirYamux({ streamOptions: MUXER_STREAM_OPTIONS })] })
    const b = await node()
    const session = await a.network.connect({ address: b.address, peerId: b.network.localPeer }, { class: 'full' })
    assert.ok(session.open)
  })

  it('survives raw garbage, half-open and silent TCP connections', async () => {
    const [a, b] = [await node(), await node()]
    const healthy = await b.network.connect({ address: a.address }, { class: 'full' })
    const sockets = Array.from({ length: 20 }, (_, at) => {
      const socket = connect({ host: a.address.host, port: a.address.port })
      socket.on('error', () => {})
      if (at % 2 === 0) {
        socket.write(Buffer.alloc(500, at))
      }
      return socket
    })
    await until(() => sockets.filter((_, at) => at % 2 === 0).every(socket => socket.destroyed || socket.readyState !== 'open' || socket.bytesWritten > 0))
    const c = await node()
    assert.ok((await c.network.connect({ address: a.address }, { class: 'full' })).open)
    assert.ok(healthy.open)
    for (const socket of sockets) {
      socket.destroy()
    }
  })

  it('says goodbye when it stops', async () => {
    const [a, b] = [await node(), await node()]
    const ends: SessionEnd[] = []
    b.network.observe({ closed: (_, end) => ends.push(end) })
    await a.network.connect({ address: b.address }, { class: 'full' })
    await until(() => b.network.sessions().length === 1)
    await a.libp2p.stop()
    await until(() => ends.length === 1)
    assert.deepEqual(ends, [{ code: 'shutdown', remote: true }])
  })
})
