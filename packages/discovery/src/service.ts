import { type PeerDiscovery, type PeerDiscoveryEvents, peerDiscoverySymbol, serviceDependencies, type Startable } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Network } from '@peerwright/interface'
import { TypedEventEmitter } from 'main-event'
import { Discovery, type DiscoveryObserver } from './discovery.ts'
import type { DiscoveryInit } from './options.ts'

/** What the service needs: the session service under its usual name. */
export interface DiscoveryComponents {
  readonly session: Network
}

/** What the service is given: everything but the network, which it takes from its components. */
export type DiscoveryServiceInit = Omit<DiscoveryInit, 'network'>

/** Discovery as a libp2p service. As a libp2p `PeerDiscovery` it tells peers whose identity a session has proven. */
export class DiscoveryService extends TypedEventEmitter<PeerDiscoveryEvents> implements PeerDiscovery, Startable {
  readonly [Symbol.toStringTag]: string = '@peerwright/discovery'
  readonly #components: DiscoveryComponents
  readonly #init: DiscoveryServiceInit
  #discovery: Discovery | undefined

  constructor (components: DiscoveryComponents, init: DiscoveryServiceInit) {
    super()
    this.#components = components
    this.#init = init
    // Looked up by libp2p: others may take what we find, and a session service must be there
    Object.assign(this, { [peerDiscoverySymbol]: this, [serviceDependencies]: ['@peerwright/session'] })
  }

  start (): void {
    this.#running().start()
  }

  async stop (): Promise<void> {
    await this.#discovery?.stop()
  }

  /** @returns a function that ends the subscription */
  subscribe (observer: DiscoveryObserver): () => void {
    return this.#running().observe(observer)
  }

  #running (): Discovery {
    if (this.#discovery === undefined) {
      this.#discovery = new Discovery({ ...this.#init, network: this.#components.session })
      this.#discovery.observe({
        connected: ({ address }, session) => {
          this.safeDispatchEvent('peer', { detail: { id: peerIdFromString(session.peerId), multiaddrs: [multiaddr(address.toMultiaddr())] } })
        }
      })
    }
    return this.#discovery
  }
}
