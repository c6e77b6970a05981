import type { PeerDiscovery, PeerInfo } from '@libp2p/interface'
import { BoundedMap } from '@peerwright/core'
import type { CandidateSource, PeerTarget } from '@peerwright/interface'
import { targetFromMultiaddr } from './multiaddr-target.ts'

/** Peers that a libp2p discovery may have named since it was asked last. Chosen: as many as the cache holds. */
const MAX_HELD = 1_000

/** Any libp2p `PeerDiscovery`, such as `@libp2p/bootstrap`, as a source of candidates. Starting and stopping it is its owner's. */
export class Libp2pSource implements CandidateSource {
  readonly name: string
  readonly #held = new BoundedMap<string, PeerTarget>(MAX_HELD)

  constructor (name: string, discovery: PeerDiscovery) {
    this.name = name
    discovery.addEventListener('peer', event => { this.#hold(event.detail) })
  }

  async find (): Promise<readonly PeerTarget[]> {
    const found = [...this.#held.values()]
    this.#held.clear()
    return await Promise.resolve(found)
  }

  #hold ({ id, multiaddrs }: PeerInfo): void {
    for (const address of multiaddrs) {
      const text = address.toString()
      const target = targetFromMultiaddr(text)
      if (target !== undefined) {
        this.#held.set(text, { ...target, peerId: id.toString() })
      }
    }
  }
}
