import assert from 'node:assert/strict'
import type { Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { NetAddress, OperationError } from '@peerwright/core'
import { encodeGoodbye, encodeVersion, messageType } from '@peerwright/protocol-messages'
import { VirtualClock } from '@peerwright/testing'
import { peerTcp } from '@peerwright/transport'
import { createLibp2p, type Libp2p } from 'libp2p'
import { wholeFrame } from '../../src/frame-writer.ts'
import { createNode, SPEC, type TestNode, until } from '../support/node.ts'

const nodes: Libp2p[] = []

const node = async (...args: Parameters<typeof createNode>): Promise<TestNode> => {
  const made = await createNode(...args)
  nodes.push(made.libp2p)
  return made
}

/** A node of libp2p without sessions, that takes live streams and says no more than it is told. */
async function silentNode (onLive: (stream: Stream) => void = () => {}): Promise<{ libp2p: Libp2p, address: NetAddress, called: Promise<void> }> {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [peerTcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
    connectionMonitor: { enabled: false }
  })
  const called = Promise.withResolvers<undefined>()
  await libp2p.handle('/test/live/1', stream => {
    onLive(stream)
    called.resolve(undefined)
  })
  nodes.push(libp2p)
  const port = Number(/tcp\/(\d+)/.exec(libp2p.getMultiaddrs()[0]?.toString() ?? '')?.[1])
  return { libp2p, address: NetAddress.from('127.0.0.1', port) ?? assert.fail(), called: called.promise }
}

describe('dialling', () => {
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async libp2p => { await libp2p.stop() }))
  })

  it('dials a peer whose connection to us has no session', async () => {
    const [a, b] = [await node(), await node()]
    await a.libp2p.handle('/guest/1', () => {})
    const guest = await b.libp2p.dial(multiaddr(a.address.toMultiaddr()))
    await guest.newStream('/guest/1')
    await until(() => a.libp2p.getConnections().length === 1)
    const session = await a.network.connect({ address: b.address, peerId: b.network.localPeer }, { class: 'full' })
    assert.ok(session.open)
    assert.equal(session.direction, 'outbound')
  })

  it('leaves nothing of an attempt that was given up', async () => {
    const a = await node({ handshakeTimeoutMs: 120_000 })
    const b = await silentNode()
    const controller = new AbortController()
    const attempt = a.network.connect({ address: b.address }, { class: 'full', signal: controller.signal })
    await b.called
    controller.abort()
    await assert.rejects(attempt, (error: unknown) => error instanceof OperationError && error.code === 'aborted')
    await until(() => a.libp2p.getConnections().length === 0)
    assert.equal(a.network.sessions().length, 0)
  })

  it('keeps an attempt that somebody else still waits for', async () => {
    const [a, b] = [await node(), await node()]
    const controller = new AbortController()
    const left = a.network.connect({ address: b.address }, { class: 'full', signal: controller.signal })
    const stays = a.network.connect({ address: b.address }, { class: 'full' })
    controller.abort()
    await assert.rejects(left, (error: unknown) => error instanceof OperationError && error.code === 'aborted')
    assert.ok((await stays).open)
  })

  it('says that it was too late, not that somebody gave up, when a peer turns us away for a rival that never comes', async () => {
    const clock = new VirtualClock()
    const a = await node({ clock })
    const b = await silentNode(stream => { stream.send(wholeFrame(messageType('goodbye'), encodeGoodbye({ code: 'duplicate' }))) })
    const attempt = a.network.connect({ address: b.address }, { class: 'full' }).catch((error: unknown) => error)
    await b.called
    await until(() => a.libp2p.getConnections().length === 0)
    await clock.advance(20_000)
    const error = await attempt
    assert.ok(error instanceof OperationError && error.code === 'timeout', String(error))
  })

  it('begins no conversation while it stops, be it in place of one that does not answer', async () => {
    const a = await node()
    const b = await silentNode()
    const version = wholeFrame(messageType('version'), encodeVersion({
      protocolVersion: 70_015, services: 1n, timeSeconds: 0, nonce: 1n, userAgent: '/x/', startHeight: 0, relay: true,
      extension: { networkId: SPEC.networkId, chainWork: 0n, connectionClass: 'full', features: [], encrypters: [] }
    }))
    const call = async (): Promise<Stream> => {
      const stream = await (await b.libp2p.dial(multiaddr(a.address.toMultiaddr()), { force: true })).newStream('/test/live/1')
      stream.send(version)
      return stream
    }
    const older = await call()
    older.send(wholeFrame(messageType('verack'), new Uint8Array(0)))
    await until(() => a.network.sessions().length === 1)
    const newer = await call()
    const said: number[] = []
    newer.addEventListener('message', ({ data }) => { said.push(...data.subarray()) })
    await until(() => a.libp2p.getConnections().every(({ streams }) => streams.length > 0) && a.libp2p.getConnections().length === 2)
    await a.libp2p.stop()
    await until(() => newer.status !== 'open')
    assert.deepEqual(said, [...wholeFrame(messageType('goodbye'), encodeGoodbye({ code: 'shutdown' }))])
    assert.deepEqual(a.network.sessions(), [])
  })
})
