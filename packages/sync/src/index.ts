/**
 * @packageDocumentation
 *
 * How a fresh node catches up: it asks every peer for its tip, fetches headers from the one with the most work, then blocks
 * from all of them at once, and stays at the tip. It serves others the same way. What is valid is the chain's decision.
 *
 * @example With any Network and any Chain
 *
 * ```ts
 * import type { Chain, Network } from '@peerwright/interface'
 * import { createSync } from '@peerwright/sync'
 *
 * export async function catchUp (network: Network, chain: Chain): Promise<void> {
 *   const sync = createSync({ network, chain })
 *   sync.observe({ phase: (phase, progress) => { console.info(phase, progress.height) } })
 *   sync.start()
 *   await sync.synced(AbortSignal.timeout(60_000))
 *   sync.stop()
 * }
 * ```
 */
import type { SyncInit } from './options.ts'
import { type SyncComponents, SyncService, type SyncServiceInit } from './service.ts'
import { Sync } from './sync.ts'

export { SYNC_DEFAULTS, type SyncInit, type SyncOptions } from './options.ts'
export type { PeerProgress, SyncObserver, SyncPhase, SyncProgress, WaitingReason } from './progress.ts'
export type { SyncComponents, SyncService, SyncServiceInit } from './service.ts'
export type { Sync } from './sync.ts'

/**
 * Sync over any `Network`; `start` begins.
 *
 * @throws OperationError `invalid-option`
 */
export function createSync (init: SyncInit): Sync {
  return new Sync(init)
}

/**
 * Sync as a service for `services` of `createLibp2p`, beside `session`.
 *
 * @throws OperationError `invalid-option` when libp2p starts
 */
export function sync (init: SyncServiceInit): (components: SyncComponents) => SyncService {
  return components => new SyncService(components, init)
}
