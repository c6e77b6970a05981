import { identify, type Identify } from '@libp2p/identify'
import { ping, type Ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { MUXER_STREAM_OPTIONS, peerTcp } from '../../src/index.ts'

/** The encrypters of a node, in its order. */
export type Encrypters = NonNullable<Libp2pOptions['connectionEncrypters']>
/** A node of libp2p with the services that everybody has. */
export type Node = Libp2p<{ identify: Identify, ping: Ping }>

/** The protocol that every test node echoes. */
export const ECHO = '/peerwright/test/echo/1'

/** A node on a port of its own that echoes. */
export async function nodeWith (connectionEncrypters: Encrypters, more: Pick<Libp2pOptions, 'connectionManager' | 'privateKey'> = {}): Promise<Node> {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [peerTcp()],
    connectionEncrypters,
    streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
    connectionMonitor: { enabled: false },
    ...more,
    services: { identify: identify({ runOnConnectionOpen: false }), ping: ping() }
  })
  await node.handle(ECHO, async stream => {
    for await (const data of stream) {
      if (!stream.send(data)) {
        await stream.onDrain()
      }
    }
    await stream.close()
  })
  return node
}

/** The nodes of a test, which end together. */
export class Nodes {
  readonly #running: Node[] = []

  async start (encrypters: Encrypters): Promise<Node> {
    const node = await nodeWith(encrypters)
    this.#running.push(node)
    return node
  }

  async stop (): Promise<void> {
    await Promise.all(this.#running.splice(0).map(async node => { await node.stop() }))
  }
}
