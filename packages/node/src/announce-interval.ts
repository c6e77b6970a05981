import type { AdmissionPolicy } from '@peerwright/chain-spec'

/** Share of a peer's budget that we use (REQUIREMENTS 5.3, 3). */
const SHARE = 0.8

/** Shortest time between two announcements, in milliseconds, however large the budget. */
const SHORTEST_MS = 1_000

/**
 * Time between two announcements of our tip, in milliseconds: both sides know the profile, so as many nodes as one host may connect
 * keep within the peer's budget together. 2250 for QuantumCoin's 100 messages a minute and 3 connections.
 */
export function announceInterval ({ budgets: { live }, connections: { perHost } }: AdmissionPolicy): number {
  return Math.min(60_000, Math.max(SHORTEST_MS, Math.ceil(live.windowMs * perHost / (SHARE * live.messages))))
}
