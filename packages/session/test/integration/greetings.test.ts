import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { OperationError } from '@peerwright/core'
import type { SessionEnd } from '@peerwright/interface'
import { decodeVersion, encodeGoodbye, encodeVarint, messageType } from '@peerwright/protocol-messages'
import { VirtualClock } from '@peerwright/testing'
import { FrameReader } from '../../src/frame-reader.ts'
import { wholeFrame } from '../../src/frame-writer.ts'
import { TestNodes, until, versionOf } from '../support/node.ts'

describe('handshakes over libp2p', () => {
  const nodes = new TestNodes()
  afterEach(async () => { await nodes.stop() })

  it('QC-19 + shakes hands and measures the round trip', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()]
    const session = await a.network.connect({ address: b.address }, { class: 'manual' })
    assert.deepEqual(
      [session.remote.protocolVersion, session.remote.startHeight, session.remote.chainWork, session.remote.userAgent],
      [70_015, 5, 77n, '/peerwright:0.1.0/']
    )
    assert.deepEqual(session.channel, { protocol: '/noise', kex: 'X25519', pq: false, pqAuth: false, peerCertified: false })
    await until(() => session.facts.minRttMs !== undefined)
  })

  it('asks for transactions as a full or a manual peer, and as no other', async () => {
    const relays: Array<readonly [string | undefined, boolean]> = []
    const reader = new FrameReader({ requestIds: false, limit: () => 2_000, unknownLimit: 0 })
    const [a, b] = [await nodes.start(), await nodes.start({ protocolName: 'other' })]
    // Hears a version, and has nothing to say to it
    await b.libp2p.handle('/test/live/1', (stream, connection) => {
      stream.addEventListener('message', ({ data }) => {
        reader.push(data.subarray())
        const frame = reader.next()
        if (frame !== undefined) {
          const { relay, extension } = decodeVersion(frame.payload)
          relays.push([extension?.connectionClass, relay])
          connection.abort(new Error('heard'))
        }
      })
    })
    for (const kind of ['full', 'manual', 'block-only', 'feeler', 'addr-fetch'] as const) {
      await assert.rejects(a.network.connect({ address: b.address }, { class: kind }))
    }
    assert.deepEqual(relays, [['full', true], ['manual', true], ['block-only', false], ['feeler', false], ['addr-fetch', false]])
  })

  it('QC-19 - drops a stranger that says no version within the timeout', async () => {
    const a = await nodes.start({ handshakeTimeoutMs: 200 })
    const b = await nodes.start()
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
    const a = await nodes.start({ clock, handshakeTimeoutMs: 1_000 })
    const b = await nodes.start()
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
    const [a, b, c] = [await nodes.start(), await nodes.start(), await nodes.start()]
    const healthy = await c.network.connect({ address: a.address }, { class: 'full' })
    const ends: SessionEnd[] = []
    a.network.observe({ closed: (_, end) => ends.push(end) })
    const version = versionOf()
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
    const [a, b] = [await nodes.start(), await nodes.start()]
    const connection = await b.libp2p.dial(multiaddr(a.address.toMultiaddr()))
    const stream = await connection.newStream('/test/live/1')
    const version = wholeFrame(messageType('version'), versionOf('feeler'))
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
    const [a, b] = [await nodes.start(), await nodes.start({ protocolVersion: 70_020, minProtocolVersion: 70_020 })]
    await assert.rejects(a.network.connect({ address: b.address }, { class: 'full' }), (error: unknown) => error instanceof OperationError && /obsolete/.test(error.message))
  })

  it('refuses a peer that is not the expected one, whatever kind of key its id is made from', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()]
    for (const type of ['Ed25519', 'secp256k1', 'RSA'] as const) {
      const expected = peerIdFromPrivateKey(type === 'RSA' ? await generateKeyPair(type, 2_048) : await generateKeyPair(type))
      await assert.rejects(a.network.connect({ address: b.address, peerId: expected.toString() }, { class: 'full' }), OperationError, type)
    }
    assert.equal(a.network.sessions().length, 0)
    await until(() => b.network.sessions().length === 0)
  })
})
