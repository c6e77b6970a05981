import type { PrivateKey } from '@libp2p/interface'
import type { NetworkProfile } from '@peerwright/chain-spec'
import type { Chain, PeerTarget } from '@peerwright/interface'
import type { Libp2pOptions } from 'libp2p'
import type { IdentityOptions } from './identity.ts'

/** What a node is made of. */
export interface NodeOptions {
  /** A preset, a loaded chain spec, or one derived with `extendProfile` */
  readonly spec: NetworkProfile
  /** The embedder's chain, or a `ChainStore`. Opened and closed by its owner */
  readonly chain: Chain
  /** The node's identity; a new one for each run when absent */
  readonly privateKey?: PrivateKey
  /** Peers that are dialled from the start, whatever the seeds say. @default [] */
  readonly peers?: readonly PeerTarget[]
  /** How the node proves who it is with ML-DSA, and what it asks of others; nothing of it when absent */
  readonly identity?: IdentityOptions
  /** Local IP that dials leave from; the system chooses when absent */
  readonly dialFrom?: string
  /** `headers` fetches no blocks: for light clients. @default 'full' */
  readonly mode?: 'full' | 'headers'
  /** Encrypters in the order of preference. @default Noise */
  readonly encrypters?: NonNullable<Libp2pOptions['connectionEncrypters']>
  /** Muxers in the order of preference. @default Yamux, with windows that a slow reader survives */
  readonly muxers?: NonNullable<Libp2pOptions['streamMuxers']>
}
