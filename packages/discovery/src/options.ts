import { type AddressScope, type Clock, type NetAddress, OperationError, type Random } from '@peerwright/core'
import type { CandidateSource, Network, PeerTarget } from '@peerwright/interface'
import type { Seed } from './dns-seeds.ts'
import type { DnsExchanges, Resolver } from './dns-transport.ts'

/** What discovery looks for and where; everything but the port may be left out. */
export interface DiscoveryOptions {
  /** Port of addresses that come without one, 1 to 65535 */
  readonly defaultPort: number
  /** DNS names that answer with peers. @default [] */
  readonly seeds?: readonly Seed[]
  /** Multiaddrs of nodes for when the seeds do not help. @default [] */
  readonly bootstrap?: readonly string[]
  /** Peers that are dialled from the start, whatever the seeds say. @default [] */
  readonly peers?: readonly PeerTarget[]
  /** Addresses that are never dialled, such as our own. @default [] */
  readonly exclude?: readonly NetAddress[]
  /** Further sources, asked like seeds. @default [] */
  readonly sources?: readonly CandidateSource[]
  /** DNS servers in the order they are asked; `system`: the operating system's. @default 'system' */
  readonly resolvers?: 'system' | readonly Resolver[]
  /** `forbidden`: no UDP socket is ever opened. @default 'allowed' */
  readonly udp?: 'allowed' | 'forbidden'
  /** Which addresses are dialled. @default 'public' */
  readonly addressScope?: AddressScope
  /** Outbound sessions kept up, 0 to 10000. @default 8 */
  readonly targetOutbound?: number
  /** Dials at a time, 1 to 100. @default 8 */
  readonly maxDials?: number
  /** Patience with a dial and its handshake, in milliseconds, 100 to 120000. @default 20000 */
  readonly dialTimeoutMs?: number
  /** Patience with one DNS server, in milliseconds, 10 to 60000. @default 5000 */
  readonly dnsTimeoutMs?: number
  /** Time between two rounds of asking the seeds, in milliseconds, 1000 to 86400000. @default 300000 */
  readonly refreshMs?: number
  /** Addresses kept, 1 to 100000. @default 1000 */
  readonly cacheAddresses?: number
  /** Addresses taken from one seed at a time, 1 to 256. @default 32 */
  readonly addressesPerSeed?: number
  /** Carries DNS queries; given in tests of faults only */
  readonly exchange?: DnsExchanges
}

/** All that discovery needs. */
export interface DiscoveryInit extends DiscoveryOptions {
  readonly network: Network
  /** Time source; the machine's own when absent */
  readonly clock?: Clock
  /** Randomness; the operating system's when absent */
  readonly random?: Random
}

/** Sources: REQUIREMENTS QC-03, QC-05, QC-17; ANCHORS 1.1 (32 addresses per seed), 1.2 (8 outbound). */
export const DISCOVERY_DEFAULTS: Required<Omit<DiscoveryOptions, 'defaultPort' | 'exchange'>> = {
  seeds: [],
  bootstrap: [],
  peers: [],
  exclude: [],
  sources: [],
  resolvers: 'system',
  udp: 'allowed',
  addressScope: 'public',
  targetOutbound: 8,
  maxDials: 8,
  dialTimeoutMs: 20_000,
  dnsTimeoutMs: 5_000,
  refreshMs: 300_000,
  cacheAddresses: 1_000,
  addressesPerSeed: 32
}

/** Options with nothing left out but the exchange. */
export type DiscoverySetting = Required<Omit<DiscoveryOptions, 'exchange'>> & Pick<DiscoveryOptions, 'exchange'>

/** @throws OperationError `invalid-option`, naming the option and what would be right */
export function validateDiscovery (options: DiscoveryOptions): DiscoverySetting {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as unknown as DiscoveryOptions
  const setting = { ...DISCOVERY_DEFAULTS, ...given }
  const bounds: ReadonlyArray<readonly [value: number, name: string, lowest: number, highest: number]> = [
    [setting.defaultPort, 'defaultPort', 1, 65_535],
    [setting.targetOutbound, 'targetOutbound', 0, 10_000],
    [setting.maxDials, 'maxDials', 1, 100],
    [setting.dialTimeoutMs, 'dialTimeoutMs', 100, 120_000],
    [setting.dnsTimeoutMs, 'dnsTimeoutMs', 10, 60_000],
    [setting.refreshMs, 'refreshMs', 1_000, 86_400_000],
    [setting.cacheAddresses, 'cacheAddresses', 1, 100_000],
    [setting.addressesPerSeed, 'addressesPerSeed', 1, 256]
  ]
  for (const [value, name, lowest, highest] of bounds) {
    if (!Number.isInteger(value) || value < lowest || value > highest) {
      throw new OperationError('invalid-option', `discovery option ${name} must be a whole number from ${lowest} to ${highest}`)
    }
  }
  const choices: ReadonlyArray<readonly [value: string, name: string, right: readonly string[]]> = [
    [setting.udp, 'udp', ['allowed', 'forbidden']],
    [setting.addressScope, 'addressScope', ['public', 'private', 'loopback']]
  ]
  for (const [value, name, right] of choices) {
    // A slip of the pen must not open what was meant to be forbidden
    if (!right.includes(value)) {
      throw new OperationError('invalid-option', `discovery option ${name} must be one of ${right.join(', ')}`)
    }
  }
  return setting
}
