import type { Stream } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { encodeVarint, encodeVersion, messageType } from '@peerwright/protocol-messages'
import { MUXER_STREAM_OPTIONS, peerTcp, pqNoise } from '@peerwright/transport'
import { createLibp2p, type Libp2p } from 'libp2p'

export type Connection = Awaited<ReturnType<Libp2p['dial']>>

const EMPTY = new Uint8Array(0)

/** A frame as it lies on a stream, whether or not there is a codec for it. @param requestId - on the bulk stream */
export function frame (type: number, payload: Uint8Array = EMPTY, requestId?: number): Uint8Array {
  const id = requestId === undefined ? EMPTY : encodeVarint(requestId)
  return Buffer.concat([encodeVarint(1 + id.length + payload.length), Uint8Array.of(type), id, payload])
}

/** A valid `version` of somebody with nothing to offer. */
export function versionFrame (networkId: string): Uint8Array {
  return frame(messageType('version'), encodeVersion({
    protocolVersion: 70_015, services: 1n, timeSeconds: 0, nonce: 1n, userAgent: '/stranger/', startHeight: 0, relay: true,
    extension: { networkId, chainWork: 0n, connectionClass: 'full', features: [], encrypters: [] }
  }))
}

/** `verack`, which has no payload. */
export const VERACK: Uint8Array = frame(messageType('verack'))

/** Peers that have the channel and the muxer and none of the manners: they say what they are told, byte by byte. */
export class Strangers {
  readonly #peers: Libp2p[] = []

  /** A channel from one of this machine's addresses. */
  async dial (from: string, port: number): Promise<Connection> {
    const peer = await createLibp2p({
      transports: [peerTcp({ dialFrom: from })],
      connectionEncrypters: [pqNoise()],
      streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
      connectionMonitor: { enabled: false }
    })
    this.#peers.push(peer)
    return await peer.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`))
  }

  /** A live stream, on which nothing was said yet. */
  async live (from: string, port: number, protocol: string): Promise<{ connection: Connection, stream: Stream }> {
    const connection = await this.dial(from, port)
    return { connection, stream: await connection.newStream(`/${protocol}/live/1`) }
  }

  async stop (): Promise<void> {
    await Promise.all(this.#peers.splice(0).map(async peer => { await peer.stop() }))
  }
}
