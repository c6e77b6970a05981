/**
 * @packageDocumentation
 *
 * What is thought of a peer. Proven faults and broken limits climb the ladders of the profile; ambiguous conduct, which may as well
 * be the network or ourselves, costs points that fade, and is used for choosing among peers. Every point can be explained.
 *
 * @example
 *
 * ```ts
 * import { presets } from '@peerwright/chain-spec'
 * import { NetAddress } from '@peerwright/core'
 * import { PeerScoring } from '@peerwright/peer-scoring'
 *
 * const { scoring: policy, connections } = presets.quantumcoin.policy.admission
 * const scoring = new PeerScoring({
 *   policy, host: connections.host, population: () => ({ connected: 20, outbound: 8, useful: 19, isOutbound: false })
 * })
 * const address = NetAddress.from('192.0.2.1', 8333)
 * if (address !== undefined) {
 *   const actions = scoring.observe({ peerId: 'peer', address, rule: 'stall', offence: 'ambiguous', points: -5 }, performance.now())
 *   console.info(actions, scoring.explain('peer', performance.now())?.entries)
 * }
 * ```
 */
export type { LadderCount } from './ladder.ts'
export type { Ledger, LedgerEntry } from './ledger.ts'
export type { Population, ScoreNotice, ScoringInit } from './options.ts'
export type { PeerRecord } from './peer-record.ts'
export { type PeerQuality, rateQuality, ReliabilityBook } from './quality.ts'
export { PeerScoring } from './scoring.ts'
export type { FreezeReason, SelfHealth } from './self-health.ts'
export { restoreScores, SCORES_SCHEMA, snapshotScores, type StoredRecord } from './snapshot.ts'
