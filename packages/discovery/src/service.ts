import { type PeerDiscovery, type PeerDiscoveryEvents, peerDiscoverySymbol, serviceDependencies, start, type Startable, stop } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Network } from '@peerwright/interface'
import { TypedEventEmitter } from 'main-event'
import { Discovery, type DiscoveryObserver } from './discovery.ts'
import { Libp2pSource } from './libp2p-source.ts'
import type { DiscoveryInit } from './options.ts'

/** What the service needs: the session service under its usual name. */
export interface DiscoveryComponents {
  readonly session: Network
}

/** What the service is given: everything but the network, which it takes from its components. */
export interface DiscoveryServiceInit extends Omit<DiscoveryInit, 'network'> {
  /**
   * Discovery modules of libp2p, such as `bootstrap({ list })` of `@libp2p/bootstrap`: made from libp2p's components, started and
   * stopped with us, and asked like a seed. @default []
   */
  readonly modules?: ReadonlyArray<(components: never) => PeerDiscovery>
}

/** Discovery as a libp2p service. As a libp2p `PeerDiscovery` it tells peers whose identity a session has proven. */
export class DiscoveryService extends TypedEventEmitter<PeerDiscoveryEvents> implements PeerDiscovery, Startable {
  readonly [Symbol.toStringTag]: string = '@peerwright/discovery'
  readonly #components: DiscoveryComponents
  readonly #init: DiscoveryServiceInit
  #modules: readonly PeerDiscovery[] = []
  #discovery: Discovery | undefined

  constructor (components: DiscoveryComponents, init: DiscoveryServiceInit) {
    super()
    this.#components = components
    this.#init = init
    // Looked up by libp2p: others may take what we find, and a session service must be there
    Object.assign(this, { [peerDiscoverySymbol]: this, [serviceDependencies]: ['@peerwright/session'] })
  }

  async start (): Promise<void> {
    const running = this.#running()
    await start(...this.#modules)
    running.start()
  }

  async stop (): Promise<void> {
    await this.#discovery?.stop()
    await stop(...this.#modules)
  }

  /** @returns a function that ends the subscription */
  subscribe (observer: DiscoveryObserver): () => void {
    return this.#running().observe(observer)
  }

  #running (): Discovery {
    if (this.#discovery === undefined) {
      const { modules = [], sources = [], ...init } = this.#init
      // Each module asks for the components that it needs, and libp2p hands the same ones to all
      this.#modules = modules.map(create => create(this.#components as never))
      const named = this.#modules.map((module, index) => new Libp2pSource(`libp2p:${index}`, module))
      this.#discovery = new Discovery({ ...init, sources: [...sources, ...named], network: this.#components.session })
      this.#discovery.observe({
        connected: ({ address }, session) => {
          this.safeDispatchEvent('peer', { detail: { id: peerIdFromString(session.peerId), multiaddrs: [multiaddr(address.toMultiaddr())] } })
        }
      })
    }
    return this.#discovery
  }
}
