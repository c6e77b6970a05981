import { generateKeyPair } from '@libp2p/crypto/keys'
import { noise as libp2pNoise } from '@libp2p/noise'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { createSigner, createVerifier, derivedSecret, handshakeExtension, loadSuites, Pins } from '@peerwright/identity'
import { MUXER_STREAM_OPTIONS, noise, peerTcp, pqNoise } from '@peerwright/transport'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'

/** Where bytes go to be thrown away; the other side tells how many there were. */
export const SINK_PROTOCOL = '/peerwright/bench/sink/1'

/** The encrypters that are compared. */
export type Kind = '@libp2p/noise' | '@libp2p/tls' | 'noise' | 'pqNoise' | 'pqNoise, AES' | 'pqNoise, ML-DSA'

type Encrypters = NonNullable<Libp2pOptions['connectionEncrypters']>

const privateKey = await generateKeyPair('Ed25519')

/** Both sides prove their keys of ML-DSA-65, and refuse whoever does not; certificates are known after the first dial, as between peers that come back. */
async function proving (): Promise<Encrypters> {
  const suites = await loadSuites()
  const signer = createSigner({ identity: privateKey, secret: derivedSecret(privateKey, 'ml-dsa-65'), suites })
  return [pqNoise({ extensions: handshakeExtension({ pqAuth: 'require', signer, verifier: createVerifier({ suites, pins: new Pins() }) }) })]
}

const ENCRYPTERS: Readonly<Record<Kind, () => Encrypters | Promise<Encrypters>>> = {
  '@libp2p/noise': () => [libp2pNoise()],
  '@libp2p/tls': () => [tls()],
  noise: () => [noise()],
  pqNoise: () => [pqNoise()],
  'pqNoise, AES': () => [pqNoise({ cipher: 'aes-256-gcm' })],
  'pqNoise, ML-DSA': proving
}

/** A libp2p node that differs from the others of a run in its encrypter alone. */
export async function nodeOf (kind: Kind, listen: readonly string[]): Promise<Libp2p> {
  return await createLibp2p({
    privateKey,
    addresses: { listen: [...listen] },
    transports: [peerTcp()],
    connectionEncrypters: await ENCRYPTERS[kind](),
    streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: 1e9, maxIncomingPendingConnections: 1e9, maxConnections: 1e9 }
  })
}
