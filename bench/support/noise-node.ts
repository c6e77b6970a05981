import { noise as libp2pNoise } from '@libp2p/noise'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { MUXER_STREAM_OPTIONS, noise, peerTcp, pqNoise } from '@peerwright/transport'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'

/** Where bytes go to be thrown away; the other side tells how many there were. */
export const SINK_PROTOCOL = '/peerwright/bench/sink/1'

/** The encrypters that are compared. */
export type Kind = '@libp2p/noise' | '@libp2p/tls' | 'noise' | 'pqNoise' | 'pqNoise, AES'

type Encrypters = NonNullable<Libp2pOptions['connectionEncrypters']>

const ENCRYPTERS: Readonly<Record<Kind, () => Encrypters>> = {
  '@libp2p/noise': () => [libp2pNoise()],
  '@libp2p/tls': () => [tls()],
  noise: () => [noise()],
  pqNoise: () => [pqNoise()],
  'pqNoise, AES': () => [pqNoise({ cipher: 'aes-256-gcm' })]
}

/** A libp2p node that differs from the others of a run in its encrypter alone. */
export async function nodeOf (kind: Kind, listen: readonly string[]): Promise<Libp2p> {
  return await createLibp2p({
    addresses: { listen: [...listen] },
    transports: [peerTcp()],
    connectionEncrypters: ENCRYPTERS[kind](),
    streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: 1e9, maxIncomingPendingConnections: 1e9, maxConnections: 1e9 }
  })
}
