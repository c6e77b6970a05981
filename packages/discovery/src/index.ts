/**
 * @packageDocumentation
 *
 * How peers are found: DNS seeds with A, AAAA, SRV and TXT records, asked by a client of our own over TCP or UDP, and bootstrap
 * nodes when the seeds name nobody or nobody who connects. What is found is dialled until there are enough sessions.
 *
 * @example With any Network
 *
 * ```ts
 * import { createDiscovery } from '@peerwright/discovery'
 * import type { Network } from '@peerwright/interface'
 *
 * export async function findPeers (network: Network): Promise<void> {
 *   const discovery = createDiscovery({
 *     network,
 *     defaultPort: 8333,
 *     seeds: [{ name: 'seed.example.org', records: ['A', 'AAAA'], srvPrefix: '', txtPrefix: '' }],
 *     bootstrap: ['/dns4/node.example.org/tcp/8333']
 *   })
 *   discovery.observe({ connected: target => { console.info(target.address.toString()) } })
 *   discovery.start()
 *   await discovery.stop()
 * }
 * ```
 */
import { Discovery } from './discovery.ts'
import type { DiscoveryInit } from './options.ts'
import { type DiscoveryComponents, DiscoveryService, type DiscoveryServiceInit } from './service.ts'

export type { Discovery, DiscoveryObserver, DiscoveryReport } from './discovery.ts'
export { type DnsAnswer, DnsClient, type DnsClientOptions, type ResolverCounts } from './dns-client.ts'
export type { DnsRecord, RecordType } from './dns-message.ts'
export { DnsSeed, type DropReason, type Seed, type SeedRules } from './dns-seeds.ts'
export type { DnsExchange, DnsExchanges, HttpsResolver, PlainResolver, Resolver } from './dns-transport.ts'
export { type DnsAttempt, DnsError, type DnsErrorCode, type DnsOutcome } from './errors.ts'
export { Libp2pSource } from './libp2p-source.ts'
export { nameFromMultiaddr, targetFromMultiaddr } from './multiaddr-target.ts'
export { DISCOVERY_DEFAULTS, type DiscoveryInit, type DiscoveryOptions } from './options.ts'
export type { DiscoveryComponents, DiscoveryService, DiscoveryServiceInit } from './service.ts'

/**
 * Discovery over any `Network`; `start` begins.
 *
 * @throws OperationError `invalid-option`
 */
export function createDiscovery (init: DiscoveryInit): Discovery {
  return new Discovery(init)
}

/**
 * Discovery as a service for `services` of `createLibp2p`, beside `session`.
 *
 * @throws OperationError `invalid-option` when libp2p starts
 */
export function discovery (init: DiscoveryServiceInit): (components: DiscoveryComponents) => DiscoveryService {
  return components => new DiscoveryService(components, init)
}
