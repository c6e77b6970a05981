import assert from 'node:assert/strict'
import { NetAddress } from '@peerwright/core'
import { proxyTo, strip } from '@peerwright/testing'
import { noise, PQ_NOISE_ID, pqNoise, TLS_ID, tlsFallback } from '@peerwright/transport'
import { createNode, type TestNode, until } from '../support/node.ts'

const ENCRYPTERS = { connectionEncrypters: [pqNoise(), noise(), tlsFallback()] }

describe('the channel under a session', () => {
  const running: Array<() => Promise<void>> = []
  const node = async (more: Parameters<typeof createNode>[1] = ENCRYPTERS): Promise<TestNode> => {
    const made = await createNode({}, more)
    running.push(async () => { await made.libp2p.stop() })
    return made
  }
  afterEach(async () => { await Promise.all(running.splice(0).map(async stop => { await stop() })) })

  it('S26 + is told with its facts to whoever hears of the session, and both ends have one binding', async () => {
    const [dialler, listener] = [await node(), await node()]
    const [mine, theirs] = await Promise.all([
      dialler.network.connect({ address: listener.address }, { class: 'full' }),
      new Promise<{ readonly channel: { readonly channelBinding?: Uint8Array } }>(resolve => { listener.network.observe({ opened: resolve }) })
    ])
    const { channelBinding, ...facts } = mine.channel
    assert.deepEqual(facts, { protocol: PQ_NOISE_ID, kex: 'X25519+MLKEM768', pq: true, pqAuth: false, peerCertified: false })
    assert.equal(channelBinding?.length, 32)
    assert.deepEqual(channelBinding, theirs.channel.channelBinding)
  })

  it('QC-10 - who removes Noise from the offer on the way is found out inside of TLS: no session opens', async () => {
    const [dialler, listener] = [await node(), await node()]
    const proxy = await proxyTo(listener.address.port, strip(PQ_NOISE_ID, '/noise'))
    running.push(proxy.close)
    const address = NetAddress.from('127.0.0.1', proxy.port)
    assert.ok(address)
    const channels: Array<string | undefined> = []
    for (const { network, libp2p } of [dialler, listener]) {
      libp2p.addEventListener('connection:open', ({ detail }) => { channels.push(detail.encryption) })
      network.observe({ opened: () => { assert.fail('a session opened') } })
    }
    await assert.rejects(dialler.network.connect({ address, peerId: listener.network.localPeer }, { class: 'full' }))
    await until(() => listener.libp2p.getConnections().length === 0 && dialler.libp2p.getConnections().length === 0)
    assert.deepEqual(channels, [TLS_ID, TLS_ID])
  })

  it('QC-10 + where TLS is all that both have, the session opens', async () => {
    const tls = { connectionEncrypters: [tlsFallback()] }
    const [dialler, listener] = [await node(tls), await node()]
    const { channel } = await dialler.network.connect({ address: listener.address }, { class: 'full' })
    assert.deepEqual([channel.protocol, channel.channelBinding], [TLS_ID, undefined])
  })
})
