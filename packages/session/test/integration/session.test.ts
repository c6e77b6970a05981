import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { noise as theirNoise } from '@chainsafe/libp2p-noise'
import { yamux as theirYamux } from '@chainsafe/libp2p-yamux'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { PeerFault } from '@peerwright/core'
import type { Admission, SessionEnd } from '@peerwright/interface'
import { messageType } from '@peerwright/protocol-messages'
import { VirtualClock } from '@peerwright/testing'
import { MUXER_STREAM_OPTIONS } from '@peerwright/transport'
import { TestNodes, until } from '../support/node.ts'

describe('sessions over libp2p', () => {
  const nodes = new TestNodes()
  afterEach(async () => { await nodes.stop() })

  it('100 simultaneous dials between two nodes leave one live session on both sides', async function () {
    this.timeout(60_000)
    for (let round = 0; round < 5; round++) {
      const [a, b] = [await nodes.start(), await nodes.start()]
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

  it('resets a second live stream and a second bulk stream, and keeps the session', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()]
    const session = await b.network.connect({ address: a.address }, { class: 'full' })
    await until(() => a.network.sessions().length === 1)
    const [connection] = b.libp2p.getConnections()
    await connection?.newStream('/test/bulk/1')
    for (const kind of ['live', 'bulk']) {
      const second = await connection?.newStream(`/test/${kind}/1`)
      await until(() => second?.status === 'reset')
    }
    assert.deepEqual([session.open, a.network.sessions()[0]?.open], [true, true])
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
    const [a, b] = [await nodes.start({ admission }), await nodes.start()]
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
    const [a, b] = [await nodes.start({ clock }), await nodes.start()]
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

  it('works over the encrypter and muxer of their first publishers', async () => {
    const a = await nodes.start({}, { connectionEncrypters: [theirNoise()], streamMuxers: [theirYamux({ streamOptions: MUXER_STREAM_OPTIONS })] })
    const b = await nodes.start()
    const session = await a.network.connect({ address: b.address, peerId: b.network.localPeer }, { class: 'full' })
    assert.ok(session.open)
  })

  it('survives raw garbage, half-open and silent TCP connections', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()]
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
    const c = await nodes.start()
    assert.ok((await c.network.connect({ address: a.address }, { class: 'full' })).open)
    assert.ok(healthy.open)
    for (const socket of sockets) {
      socket.destroy()
    }
  })

  it('says goodbye when it stops', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()]
    const ends: SessionEnd[] = []
    b.network.observe({ closed: (_, end) => ends.push(end) })
    await a.network.connect({ address: b.address }, { class: 'full' })
    await until(() => b.network.sessions().length === 1)
    await a.libp2p.stop()
    await until(() => ends.length === 1)
    assert.deepEqual(ends, [{ code: 'shutdown', remote: true }])
  })
})
