import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { tls as stockTls } from '@libp2p/tls'
import { systemClock } from '@peerwright/core'
import { channelFacts, ChannelGuard, noise, pqNoise, TLS_ID, tlsFallback } from '../../src/index.ts'
import { Nodes } from '../support/nodes.ts'

/** OpenSSL has ML-KEM from 3.5 on, and proposes it first. */
const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number)
const EXPECTED = major > 3 || (major === 3 && minor >= 5) ? { kex: 'X25519MLKEM768', pq: true } : { kex: 'X25519', pq: false }

/** What multistream-select 1.0 sends: each line behind its length. */
const line = (text: string): Buffer => Buffer.from([text.length + 1, ...Buffer.from(`${text}\n`)])

describe('TLS for those who have no Noise', () => {
  const nodes = new Nodes()
  afterEach(async () => { await nodes.stop() })

  it('QC-10 + a peer without Noise connects by TLS 1.3, either way, and both ends report the group that was agreed on', async () => {
    const ours = await nodes.start([pqNoise(), noise(), tlsFallback()])
    const stock = await nodes.start([stockTls()])
    for (const [dialler, listener] of [[ours, stock], [stock, ours]] as const) {
      const connection = await dialler.dial(listener.getMultiaddrs(), { force: true })
      assert.equal(connection.encryption, TLS_ID)
      await dialler.services.ping.ping(listener.peerId)
      const inbound = listener.getConnections(dialler.peerId).findLast(({ status, direction }) => status === 'open' && direction === 'inbound')
      assert.ok(inbound)
      const facts = channelFacts(dialler === ours ? connection : inbound)
      assert.deepEqual(facts, { protocol: TLS_ID, ...EXPECTED, pqAuth: false, peerCertified: false })
      assert.equal(facts.channelBinding, undefined)
      await connection.close()
    }
  })

  it('QC-10 + TLS comes last: who has Noise speaks Noise', async () => {
    const [dialler, listener] = [await nodes.start([noise(), tlsFallback()]), await nodes.start([noise(), tlsFallback()])]
    assert.equal((await dialler.dial(listener.getMultiaddrs())).encryption, '/noise')
  })

  it('QC-10 - a client that has TLS 1.2 at most is refused', async () => {
    const refused: unknown[] = []
    const node = await nodes.start([tlsFallback({ refused: error => { refused.push(error) } })])
    const port = Number(node.getMultiaddrs()[0]?.getComponents().find(({ name }) => name === 'tcp')?.value)
    const attempt = async (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string> => {
      // It is cut off, sooner or later than its own TLS is told why
      const socket = connectTcp(port, '127.0.0.1').on('error', () => {})
      const hello = Buffer.concat([line('/multistream/1.0.0'), line(TLS_ID)])
      socket.write(hello)
      // Both lines come back as they were sent
      for (let bytes = 0; bytes < hello.length;) {
        const [data] = await once(socket, 'data') as [Buffer]
        bytes += data.length
      }
      const client = connectTls({ socket, minVersion: 'TLSv1.2', maxVersion, rejectUnauthorized: false, ALPNProtocols: ['libp2p'] })
      client.on('error', () => {})
      try {
        await once(client, 'secureConnect')
        return client.getProtocol() ?? 'none'
      } catch {
        return 'refused'
      } finally {
        client.destroy()
      }
    }
    assert.equal(await attempt('TLSv1.2'), 'refused')
    assert.deepEqual(refused.map(error => (error as { code?: string }).code), ['ERR_SSL_UNSUPPORTED_PROTOCOL'])
    assert.equal(await attempt('TLSv1.3'), 'TLSv1.3')
  })

  it('QC-10 - where the hybrid is required, TLS is refused before a byte is answered', async () => {
    const guard = new ChannelGuard('require', { clock: systemClock })
    const [dialler, listener] = [await nodes.start([stockTls()]), await nodes.start([tlsFallback({ guard })])]
    await assert.rejects(dialler.dial(listener.getMultiaddrs()))
    await assert.rejects(listener.dial(dialler.getMultiaddrs(), { force: true }), /hybrid channels only/)
  })

  it('QC-11 - another identity than the one that was dialled is refused over TLS too; its certificate is new each time, its id is not', async () => {
    const wanted = await generateKeyPair('Ed25519')
    const [dialler, listener] = [await nodes.start([tlsFallback()]), await nodes.start([tlsFallback()])]
    const [address] = listener.getMultiaddrs()
    assert.ok(address)
    const elsewhere = address.decapsulate('/p2p').encapsulate(`/p2p/${wanted.publicKey.toString()}`)
    await assert.rejects(dialler.dial(elsewhere))
    assert.equal((await dialler.dial(address)).remotePeer.toString(), listener.peerId.toString())
  })
})
