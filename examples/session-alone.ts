/**
 * One service alone in libp2p nodes of your own: sessions with a handshake, a live message and a bulk request.
 *
 * Run: npx --no-install node --conditions=source examples/session-alone.ts
 */
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { NetAddress } from '@peerwright/core'
import { messageType } from '@peerwright/protocol-messages'
import { session, type SessionService } from '@peerwright/session'
import { listenMultiaddr, MUXER_STREAM_OPTIONS, peerTcp } from '@peerwright/transport'
import { createLibp2p, type Libp2p } from 'libp2p'

const base = Number(process.env['EXAMPLE_PORT'] ?? 17_011)

async function libp2pOn (port: number): Promise<Libp2p<{ session: SessionService }>> {
  return await createLibp2p({
    addresses: { listen: [listenMultiaddr('127.0.0.1', port)] },
    transports: [peerTcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
    services: {
      session: session({
        networkId: 'e0'.repeat(32),
        protocolName: 'example',
        protocolVersion: 1,
        minProtocolVersion: 1,
        maxBlockBytes: 1_000_000,
        userAgent: '/example:1/',
        tip: () => ({ id: '00'.repeat(32), height: 0, work: 0n })
      })
    }
  })
}

const [server, client] = [await libp2pOn(base), await libp2pOn(base + 1)]
server.services.session.handle({
  owner: 'sync',
  requests: {
    [messageType('getdata')]: async (_peer, payload, reply) => {
      await reply.send(messageType('block'), payload.toReversed())
      await reply.end('complete')
    }
  }
})

const address = NetAddress.from('127.0.0.1', base)
if (address === undefined) {
  throw new Error('no address')
}
const peer = await client.services.session.connect({ address }, { class: 'full' })
console.info(`connected to ${peer.remote.userAgent} over ${peer.channel.protocol}`)
await peer.request(messageType('getdata'), Uint8Array.of(1, 2, 3), {
  expectedBytes: 3,
  maxBytes: 3,
  idleTimeoutMs: 5_000,
  onFrame: (_type, payload) => { console.info(`answer: ${payload.join(' ')}`) }
})
await peer.close({ code: 'done' })
await client.stop()
await server.stop()
