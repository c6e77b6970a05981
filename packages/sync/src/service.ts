import { serviceDependencies, type Startable } from '@libp2p/interface'
import type { Network } from '@peerwright/interface'
import type { SyncInit } from './options.ts'
import type { SyncObserver, SyncProgress } from './progress.ts'
import { Sync } from './sync.ts'

/** What the service needs: the session service under its usual name. */
export interface SyncComponents {
  readonly session: Network
}

/** What the service is given: everything but the network, which it takes from its components. */
export type SyncServiceInit = Omit<SyncInit, 'network'>

/** Sync as a libp2p service: made when libp2p starts, since other services are not there before. */
export class SyncService implements Startable {
  readonly [Symbol.toStringTag]: string = '@peerwright/sync'
  readonly #components: SyncComponents
  readonly #init: SyncServiceInit
  #sync: Sync | undefined

  constructor (components: SyncComponents, init: SyncServiceInit) {
    this.#components = components
    this.#init = init
    // Checked by libp2p: a session service must be there
    Object.assign(this, { [serviceDependencies]: ['@peerwright/session'] })
  }

  start (): void {
    this.#running().start()
  }

  stop (): void {
    this.#sync?.stop()
  }

  /** Where it stands now. */
  progress (): SyncProgress {
    return this.#running().progress()
  }

  /** @returns a function that ends the subscription */
  observe (observer: SyncObserver): () => void {
    return this.#running().observe(observer)
  }

  /**
   * Resolves when the node stands at the best tip it has heard of.
   *
   * @throws OperationError `aborted`
   */
  async synced (signal?: AbortSignal): Promise<SyncProgress> {
    return await this.#running().synced(signal)
  }

  #running (): Sync {
    this.#sync ??= new Sync({ ...this.#init, network: this.#components.session })
    return this.#sync
  }
}
