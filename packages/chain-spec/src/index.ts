/**
 * @packageDocumentation
 *
 * What network is this: a TOML chain spec or a preset becomes a `NetworkProfile`, validated, frozen and hashed. A profile has two
 * parts: `network`, which peers must agree on and which is hashed into `networkId`, and `policy`, which a node decides for
 * itself. No profile can switch off encryption, size bounds or the confinement of control servers to loopback: there is no
 * field for it.
 *
 * @example A preset, with one thing changed
 *
 * ```ts
 * import { completeProfile, extendProfile, presets } from '@peerwright/chain-spec'
 *
 * const local = extendProfile(presets.quantumcoin, { policy: { addressScope: 'loopback', listen: [{ ip: '127.0.0.1', port: 8333 }] } })
 * const profile = completeProfile(local, { genesis: '00'.repeat(32) })
 * console.info(profile.networkId)
 * ```
 *
 * @example A chain spec of QuantumCoin as it stands
 *
 * ```ts
 * import { parseChainSpec, SpecError } from '@peerwright/chain-spec'
 *
 * try {
 *   parseChainSpec('[network_protocol]\nmax_connections = 125\ndefault_port = 70000')
 * } catch (error) {
 *   if (error instanceof SpecError) {
 *     console.error(error.issues) // [{ path: 'network_protocol.default_port', value: '70000', expected: ... }]
 *   }
 * }
 * ```
 */
export { DEFAULT_ADMISSION, NANO_ADMISSION, QUANTUMCOIN_ADMISSION } from './admission-defaults.ts'
export type {
  AddressGrouping, AdmissionPolicy, BanPolicy, Budgets, ConnectionLimits, Ladder, LadderAction, LadderStep, PermissionName, PermissionRange,
  RateLimit, ScoringPolicy
} from './admission-policy.ts'
export type { ChannelsPolicy, HandshakePolicy } from './channel-policy.ts'
export { MAX_SPEC_BYTES } from './constants.ts'
export { SpecError, type SpecErrorCode, type SpecIssue } from './errors.ts'
export { loadChainSpec } from './load-file.ts'
export type { Patch } from './merge.ts'
export type { NetworkSpec, ProofOfWork, Retarget } from './network-spec.ts'
export { parseChainSpec } from './parse-spec.ts'
export type {
  DnsPolicy, HttpsResolverSpec, ListenAddress, PlainResolverSpec, Policy, ResolverSpec, SeedRecord, SeedSpec, Slots, SyncPolicy, Timings
} from './policy.ts'
export { isPresetName, type PresetName, presets } from './presets.ts'
export { completeProfile, extendProfile, type NetworkProfile, type ProfilePatch } from './profile.ts'
