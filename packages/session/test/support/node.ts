import { createServer } from 'node:net'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { NetAddress } from '@peerwright/core'
import type { ConnectionClass, RequestHandler } from '@peerwright/interface'
import { encodeVersion, messageType } from '@peerwright/protocol-messages'
import { session, type SessionInit, type SessionService } from '@peerwright/session'
import { listenMultiaddr, MUXER_STREAM_OPTIONS, peerTcp } from '@peerwright/transport'
import { createLibp2p, type Libp2p } from 'libp2p'

export const SPEC: SessionInit = {
  networkId: '11'.repeat(32),
  protocolName: 'test',
  protocolVersion: 70_015,
  minProtocolVersion: 70_010,
  maxBlockBytes: 4_000_000,
  tip: () => ({ id: '00'.repeat(32), height: 5, work: 77n })
}

export interface TestNode {
  readonly network: SessionService
  readonly address: NetAddress
  readonly libp2p: Libp2p<{ session: SessionService }>
}

/** A port that nobody listens on now. */
async function freePort (ip = '127.0.0.1'): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, ip, () => {
      const address = server.address()
      server.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : 0) })
    })
  })
}

/** A running libp2p node with the session service. */
export async function createNode (init: Partial<SessionInit> = {}, more: Partial<Parameters<typeof createLibp2p>[0]> = {}): Promise<TestNode> {
  const port = await freePort()
  const libp2p = await createLibp2p({
    addresses: { listen: [listenMultiaddr('127.0.0.1', port)] },
    transports: [peerTcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: 1_000, maxIncomingPendingConnections: 1_000 },
    ...more,
    services: { session: session({ ...SPEC, ...init }) }
  })
  const address = NetAddress.from('127.0.0.1', port)
  if (address === undefined) {
    throw new Error('no address')
  }
  return { network: libp2p.services.session, address, libp2p }
}

/** Nodes that are stopped together. */
export class TestNodes {
  readonly #nodes: TestNode[] = []

  async start (...args: Parameters<typeof createNode>): Promise<TestNode> {
    const node = await createNode(...args)
    this.#nodes.push(node)
    return node
  }

  async stop (): Promise<void> {
    await Promise.all(this.#nodes.splice(0).map(async ({ libp2p }) => { await libp2p.stop() }))
  }
}

/** The payload of a `version` that a node of `SPEC` takes. */
export function versionOf (connectionClass: ConnectionClass = 'full'): Uint8Array {
  return encodeVersion({
    protocolVersion: 70_015, services: 1n, timeSeconds: 0, nonce: 1n, userAgent: '/x/', startHeight: 0, relay: true,
    extension: { networkId: SPEC.networkId, chainWork: 0n, connectionClass, features: [], encrypters: [] }
  })
}

/** Answers each `getdata` with so many blocks of 1 MB. */
export function megabytes (count: number, onSent: () => void = () => {}): Record<number, RequestHandler> {
  return {
    [messageType('getdata')]: async (_, __, reply) => {
      for (let at = 0; at < count; at++) {
        await reply.send(messageType('block'), new Uint8Array(1_000_000))
        onSent()
      }
      await reply.end('complete')
    }
  }
}

/** Waits, turn by turn of the event loop, until a condition holds; the test's own timeout is the limit. */
export async function until (condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>(resolve => { setImmediate(resolve) })
  }
}
