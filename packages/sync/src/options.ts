import { type Clock, OperationError, type Random, systemClock, systemRandom } from '@peerwright/core'
import type { Chain, Network } from '@peerwright/interface'
import { ANNOUNCE_INTERVAL_MS } from './constants.ts'

/** What sync does beyond its two collaborators; everything may be left out. */
export interface SyncOptions {
  /**
   * `full`: headers and blocks. `headers`: headers only, for light clients.
   *
   * @default 'full'
   */
  readonly mode?: 'full' | 'headers'
  /**
   * Peers that must have told their tip before the node believes to know where the chain ends, 1 to 100. One may lie; many
   * may not be there.
   *
   * @default 1
   */
  readonly minPeers?: number
  /**
   * Headers are given to the chain only once their branch has this much work. 0 takes all; a high value keeps a new node
   * from storing what attackers made cheaply. Longer branches are downloaded twice (Bitcoin Core, headerssync.cpp), where the
   * codec has `provesWork`; without it the work must be reached within 15,218 headers.
   *
   * @default 0n
   */
  readonly minimumChainWork?: bigint
  /**
   * Blocks fetched ahead of the connected tip, 1 to 65536. Few leave peers idle, many cost memory.
   *
   * @default 1024
   */
  readonly windowBlocks?: number
  /**
   * Bytes received and not yet connected, 1 MiB to 4 GiB.
   *
   * @default 134217728
   */
  readonly windowBytes?: number
  /**
   * Largest block of the network in bytes, 1 KiB to 128 MiB: bounds an answer.
   *
   * @default 4000000
   */
  readonly maxBlockBytes?: number
  /**
   * Patience with the peer that leads the header sync, in milliseconds, 1000 to 3600000.
   *
   * @default 120000
   */
  readonly headerLeaderTimeoutMs?: number
  /**
   * First patience with a peer that holds up the window, in milliseconds, 100 to 3600000.
   *
   * @default 2000
   */
  readonly stallTimeoutMs?: number
  /**
   * Longest patience with a peer that holds up the window, in milliseconds, at least `stallTimeoutMs`, at most 3600000.
   *
   * @default 64000
   */
  readonly maxStallTimeoutMs?: number
  /**
   * Bytes of blocks served in 24 hours; 0 for no bound. Blocks older than a week are refused first.
   *
   * @default 0
   */
  readonly maxUploadBytesPerDay?: number
  /**
   * Shortest time between two announcements of our tip, in milliseconds, 100 to 60000; while we catch up at least 3000. Longer where a
   * peer takes few messages a minute, of all that come from our address.
   *
   * @default 1000
   */
  readonly announceIntervalMs?: number
  /**
   * Protocol version told in `getheaders`; informative.
   *
   * @default 70015
   */
  readonly protocolVersion?: number
}

/** All that sync needs. */
export interface SyncInit extends SyncOptions {
  readonly network: Network
  readonly chain: Chain
  /** Time source; the machine's own when absent */
  readonly clock?: Clock
  /** Chooses among equal peers; the operating system's when absent */
  readonly random?: Random
}

/** Sources: DESIGN, "The chain contract" (window); ANCHORS 1.5 (patience); ANCHORS 3.2 (4,000,000 bytes). */
export const SYNC_DEFAULTS: Required<SyncOptions> = {
  mode: 'full',
  minPeers: 1,
  minimumChainWork: 0n,
  windowBlocks: 1_024,
  windowBytes: 134_217_728,
  maxBlockBytes: 4_000_000,
  headerLeaderTimeoutMs: 120_000,
  stallTimeoutMs: 2_000,
  maxStallTimeoutMs: 64_000,
  maxUploadBytesPerDay: 0,
  announceIntervalMs: ANNOUNCE_INTERVAL_MS,
  protocolVersion: 70_015
}

/** Options with nothing left out. */
export type SyncSetting = Required<SyncOptions> & { readonly network: Network, readonly chain: Chain, readonly clock: Clock, readonly random: Random }

/**
 * Options with the defaults filled in.
 *
 * @throws OperationError `invalid-option`, naming the option and what would be right
 */
export function validateSyncInit (init: SyncInit): SyncSetting {
  const setting = { clock: systemClock, random: systemRandom, ...SYNC_DEFAULTS, ...withoutUndefined(init) }
  if (setting.mode !== 'full' && setting.mode !== 'headers') {
    throw new OperationError('invalid-option', 'sync option mode must be full or headers')
  }
  range(setting.minPeers, 'minPeers', 1, 100)
  range(setting.windowBlocks, 'windowBlocks', 1, 65_536)
  range(setting.windowBytes, 'windowBytes', 1_048_576, 4_294_967_296)
  range(setting.maxBlockBytes, 'maxBlockBytes', 1_024, 134_217_728)
  range(setting.headerLeaderTimeoutMs, 'headerLeaderTimeoutMs', 1_000, 3_600_000)
  range(setting.stallTimeoutMs, 'stallTimeoutMs', 100, 3_600_000)
  range(setting.maxStallTimeoutMs, 'maxStallTimeoutMs', setting.stallTimeoutMs, 3_600_000)
  range(setting.maxUploadBytesPerDay, 'maxUploadBytesPerDay', 0, Number.MAX_SAFE_INTEGER)
  range(setting.announceIntervalMs, 'announceIntervalMs', 100, 60_000)
  range(setting.protocolVersion, 'protocolVersion', 1, 0xffff_ffff)
  if (setting.minimumChainWork < 0n) {
    throw new OperationError('invalid-option', 'sync option minimumChainWork must not be negative')
  }
  return setting
}

function withoutUndefined (init: SyncInit): SyncInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined)) as unknown as SyncInit
}

function range (value: number, name: string, lowest: number, highest: number): void {
  if (!Number.isInteger(value) || value < lowest || value > highest) {
    throw new OperationError('invalid-option', `sync option ${name} must be a whole number from ${lowest} to ${highest}`)
  }
}
