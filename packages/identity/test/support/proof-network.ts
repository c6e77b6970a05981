import type { Clock } from '@peerwright/core'
import { NetAddress, seededRandom } from '@peerwright/core'
import type { CertifiedPeer, NetworkObserver, PeerSession, SessionEnd } from '@peerwright/interface'
import { MemoryHub, type MemoryNetwork, VirtualClock } from '@peerwright/testing'
import { createProofs, createVerifier, Pins, type Proofs, type ProofsInit, type Suites } from '../../src/index.ts'
import { ALL_SUITES, NOW, type TestPeer } from './peers.ts'
import { NETWORK_ID } from './registry-suite.ts'

/** A node that proves who it is. */
export interface ProofNode {
  readonly peer: TestPeer
  readonly network: MemoryNetwork
  readonly proofs: Proofs
  /** What became of proofs here: `proved`, `unlisted`, or the code of a refusal */
  readonly heard: string[]
  readonly ends: SessionEnd[]
  readonly proved: CertifiedPeer[]
}

/** Nodes in memory on a virtual clock, whose channels have a binding each. */
export class ProofNetwork {
  readonly clock: VirtualClock = new VirtualClock(NOW * 1_000)
  readonly hub: MemoryHub
  #nodes = 0

  constructor (bound: boolean = true) {
    this.hub = new MemoryHub({ clock: this.clock, bound, latencyMs: 5 })
  }

  /** A bare node of the network under a PeerId. */
  bare (peerId: string): MemoryNetwork {
    return this.hub.node({ address: NetAddress.from(`10.0.0.${++this.#nodes}`, 9_876)!, peerId })
  }

  /** A node that asks for proofs and gives them. */
  node (peer: TestPeer, options: Partial<ProofsInit> & { suites?: Suites } = {}): ProofNode {
    const network = this.bare(peer.peerId)
    const { suites = ALL_SUITES, ...init } = options
    const heard: string[] = []
    const ends: SessionEnd[] = []
    const proved: CertifiedPeer[] = []
    const observer: NetworkObserver = { closed: (_, end) => { ends.push(end) } }
    network.observe(observer)
    const proofs = createProofs({
      network,
      networkId: NETWORK_ID,
      pqAuth: 'require',
      signer: peer.signer,
      verifier: createVerifier({ suites, pins: new Pins() }),
      clock: this.clock,
      random: seededRandom(this.#nodes),
      observer: {
        proved: (_, certified, listed) => { heard.push(listed ? 'proved' : 'unlisted'); proved.push(certified) },
        unproved: (_, { code }) => { heard.push(code) },
        unanswered: (_, { code }) => { heard.push(code) }
      },
      ...init
    })
    proofs.start()
    return { peer, network, proofs, heard, ends, proved }
  }

  /** A session between two, as the dialler has it. */
  async join (from: MemoryNetwork, to: MemoryNetwork): Promise<PeerSession> {
    const session = from.connect({ address: to.address }, { class: 'full' })
    await this.clock.advance(10)
    return await session
  }
}

/** A clock that is so many seconds behind another. */
export function behind (clock: Clock, seconds: number): Clock {
  return { now: () => clock.now() - seconds * 1_000, monotonic: () => clock.monotonic(), schedule: (delayMs, callback) => clock.schedule(delayMs, callback) }
}
