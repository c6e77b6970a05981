import assert from 'node:assert/strict'
import { noise as chainsafeNoise } from '@chainsafe/libp2p-noise'
import { noise as libp2pNoise } from '@libp2p/noise'
import { channelFacts, noise, PQ_NOISE_AES_ID, PQ_NOISE_DRAFT_ID, PQ_NOISE_ID, pqNoise } from '../../src/index.ts'
import { ECHO, type Encrypters, type Node, Nodes } from '../support/nodes.ts'

/** Sizes at the edges of records, of the muxer's frames and of its window. */
const SIZES = [1, 15, 16, 17, 1_024, 1_199, 1_200, 4_096, 16_384, 65_507, 65_508, 65_519, 65_520, 65_536, 262_144, 300_000, 1_000_000]

/** Sends chunks of all sizes to a node that echoes, and takes them back. */
async function echoAll (from: Node, to: Node): Promise<void> {
  const stream = await from.dialProtocol(to.getMultiaddrs(), ECHO)
  const sent = SIZES.map((size, index) => Buffer.alloc(size, index + 1))
  const received: Uint8Array[] = []
  const done = (async () => {
    for await (const data of stream) {
      received.push(data.subarray())
    }
  })()
  for (const chunk of sent) {
    if (!stream.send(chunk)) {
      await stream.onDrain()
    }
  }
  await stream.close()
  await done
  assert.ok(Buffer.concat(received).equals(Buffer.concat(sent)))
}

describe('on real sockets, with yamux, identify and ping', () => {
  const nodes = new Nodes()
  afterEach(async () => { await nodes.stop() })

  const pairs: ReadonlyArray<readonly [string, Encrypters, Encrypters, string]> = [
    ['QC-08 + noise dials @libp2p/noise', [noise()], [libp2pNoise()], '/noise'],
    ['QC-08 + @libp2p/noise dials noise', [libp2pNoise()], [noise()], '/noise'],
    ['QC-08 + noise dials @chainsafe/libp2p-noise', [noise()], [chainsafeNoise()], '/noise'],
    ['QC-08 + @chainsafe/libp2p-noise dials noise', [chainsafeNoise()], [noise()], '/noise'],
    ['QC-09 + a hybrid node dials a stock one', [pqNoise(), noise()], [libp2pNoise()], '/noise'],
    ['QC-09 + a stock node dials a hybrid one', [libp2pNoise()], [pqNoise(), noise()], '/noise'],
    ['QC-09 + a hybrid node dials a hybrid one', [pqNoise(), noise()], [pqNoise(), noise()], PQ_NOISE_ID],
    ['QC-09 + a node of the draft dials one that answers it', [pqNoise({ version: '0.1.0' })], [pqNoise(), pqNoise({ version: '0.1.0' })], PQ_NOISE_DRAFT_ID],
    ['QC-08 + BLAKE2s on both sides', [noise({ hash: 'blake2s' })], [noise({ hash: 'blake2s' }), noise()], '/peerwright/noise-blake2s/0.1.0'],
    ['QC-08 + AES-256-GCM on both sides', [pqNoise({ cipher: 'aes-256-gcm' }), noise()], [pqNoise(), pqNoise({ cipher: 'aes-256-gcm' })], PQ_NOISE_AES_ID]
  ]
  for (const [name, dial, listen, protocol] of pairs) {
    it(name, async () => {
      const [dialer, listener] = [await nodes.start(dial), await nodes.start(listen)]
      const connection = await dialer.dial(listener.getMultiaddrs())
      assert.equal(connection.encryption, protocol)
      assert.equal(connection.multiplexer, '/yamux/1.0.0')
      const { peerId } = await dialer.services.identify.identify(connection)
      assert.equal(peerId.toString(), listener.peerId.toString())
      assert.ok(await dialer.services.ping.ping(listener.peerId) >= 0)
      await echoAll(dialer, listener)
      await echoAll(listener, dialer)
    })
  }

  it('QC-08 - who has BLAKE2s alone and who has SHA-256 alone do not connect', async () => {
    const [dialer, listener] = [await nodes.start([noise({ hash: 'blake2s' })]), await nodes.start([noise()])]
    await assert.rejects(dialer.dial(listener.getMultiaddrs()))
  })

  it('S26 + both sides of a connection find the same channel binding by the connection of libp2p, and another one each time', async () => {
    const [dialer, listener] = [await nodes.start([pqNoise()]), await nodes.start([pqNoise()])]
    const bindings = new Set<string>()
    for (let time = 0; time < 2; time++) {
      const connection = await dialer.dial(listener.getMultiaddrs())
      await dialer.services.ping.ping(listener.peerId)
      const inbound = listener.getConnections(dialer.peerId).findLast(({ status }) => status === 'open')
      assert.ok(inbound)
      const [own, other] = [channelFacts(connection), channelFacts(inbound)]
      assert.deepEqual({ protocol: own.protocol, kex: own.kex, pq: own.pq }, { protocol: PQ_NOISE_ID, kex: 'X25519+MLKEM768', pq: true })
      assert.equal(own.channelBinding?.length, 32)
      assert.deepEqual(own.channelBinding, other.channelBinding)
      bindings.add(Buffer.from(own.channelBinding).toString('hex'))
      await connection.close()
    }
    assert.equal(bindings.size, 2)
  })
})
