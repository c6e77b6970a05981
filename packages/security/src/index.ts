/**
 * @packageDocumentation
 *
 * Who may come in, and how much they may ask: limits of connections, budgets of traffic, detectors of attacks, cool-downs and bans. What
 * decides is a pure machine, `PeerAdmission`; `connectionGater` puts it into libp2p.
 *
 * @example
 *
 * ```ts
 * import { presets } from '@peerwright/chain-spec'
 * import { NetAddress } from '@peerwright/core'
 * import { PeerAdmission } from '@peerwright/security'
 *
 * const admission = new PeerAdmission({
 *   policy: presets.quantumcoin.policy.admission,
 *   maxConnections: 157,
 *   limitLoopback: true,
 *   scores: { observe: () => [] },
 *   onDrop: (peerId, { code }) => { console.info(`${peerId} has to go: ${code}`) }
 * }, performance.now())
 * const address = NetAddress.from('192.0.2.1', 50000)
 * if (address !== undefined) {
 *   console.info(admission.accept(address, 'inbound', performance.now()))
 * }
 * ```
 */
export { type AdmissionInit, PeerAdmission } from './admission.ts'
export { type BanTerms, BanList } from './ban-list.ts'
export { BANS_SCHEMA, restoreBans, snapshotBans, type StoredBan } from './ban-snapshot.ts'
export { type Ban, type BanTarget, banTargetText, parseBanTarget } from './ban.ts'
export type { BudgetBreach } from './budgets.ts'
export { watchConduct } from './conduct.ts'
export type { ConnectionBook, ConnectionRefusal } from './connection-book.ts'
export { AdmissionControl, type ControlParts, type Explanation, type PeerView } from './control.ts'
export type { Attack, AttackPattern } from './detectors/detector.ts'
export type { Enforcer } from './enforcer.ts'
export type { AdmissionCounters, AdmissionEvent, RefusalReason, ThrottleReason } from './events.ts'
export { type FileLimit, limitByFiles, parseSoftLimit } from './file-limit.ts'
export { connectionGater } from './gater.ts'
export { measureLag } from './lag-meter.ts'
export { AdmissionLog } from './log-lines.ts'
export type { NodeBuckets, TrafficClass } from './node-buckets.ts'
export { AdmissionService, type AdmissionServiceInit } from './service.ts'
export { StateFile, type StateRead } from './state-file.ts'
export { AdmissionStore, type StoredParts } from './store.ts'
export type { Severity, ThreatIndicator } from './threat-book.ts'
export type { Watch } from './watch.ts'
