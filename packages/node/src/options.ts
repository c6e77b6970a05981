import type { PrivateKey } from '@libp2p/interface'
import type { NetworkProfile } from '@peerwright/chain-spec'
import type { AsLookup, Chain, PeerTarget } from '@peerwright/interface'
import type { AddressPin, StickyMemory } from '@peerwright/transport'
import type { Libp2pOptions } from 'libp2p'
import type { RefusedChannel } from './channels.ts'
import type { IdentityOptions } from './identity.ts'

/** What a node is made of. */
export interface NodeOptions {
  /** A preset, a loaded chain spec, or one derived with `extendProfile` */
  readonly spec: NetworkProfile
  /** The embedder's chain, or a `ChainStore`. Opened and closed by its owner */
  readonly chain: Chain
  /** The node's identity; a new one for each run when absent */
  readonly privateKey?: PrivateKey
  /** Peers that are dialled from the start, whatever the seeds say; with their PeerId they are never banned, only disconnected. @default [] */
  readonly peers?: readonly PeerTarget[]
  /** How the node proves who it is with ML-DSA, and what it asks of others; nothing of it when absent */
  readonly identity?: IdentityOptions
  /** Local IP that dials leave from; the system chooses when absent */
  readonly dialFrom?: string
  /** `headers` fetches no blocks: for light clients. @default 'full' */
  readonly mode?: 'full' | 'headers'
  /** The autonomous system of an address, so that `admission.ban('as 64496')` can be. @default none is known, and none can be banned */
  readonly asOf?: AsLookup
  /** Where bans and scores are kept, a folder that is there; without it, and where the profile says `storage: 'memory'`, they are for this run */
  readonly dataDir?: string
  /** Gets what an operator should know, one line at a time, bounded in number. @default nobody does */
  readonly log?: (line: string) => void
  /** Open files this process may have; at least 64. @default what the operating system says */
  readonly openFilesLimit?: number
  /** Which peers had a hybrid channel before, where the profile says `sticky`; kept by its owner from run to run. @default an empty one */
  readonly stickyMemory?: StickyMemory
  /** Who must answer where, besides `peers` and those that the profile names with their PeerIds: another identity there is refused. @default [] */
  readonly pins?: readonly AddressPin[]
  /** Hears of each channel that did not come about. Called synchronously; must not throw */
  readonly onRefusedChannel?: (refused: RefusedChannel) => void
  /** Encrypters in the order of preference. @default what `policy.channels` of the profile says: the hybrid first */
  readonly encrypters?: NonNullable<Libp2pOptions['connectionEncrypters']>
  /** Muxers in the order of preference. @default Yamux, with windows that a slow reader survives */
  readonly muxers?: NonNullable<Libp2pOptions['streamMuxers']>
}
