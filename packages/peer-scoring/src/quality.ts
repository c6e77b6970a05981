import { BoundedMap } from '@peerwright/core'
import type { PeerFacts, PeerIdText } from '@peerwright/interface'
import { LOWEST_SCORE, MAX_QUALITY_RECORDS } from './constants.ts'

/** What a peer is worth, each 0 to 1000. For choosing whom to ask and whom to keep; never a reason to punish. */
export interface PeerQuality {
  readonly latency: number
  readonly throughput: number
  readonly reliability: number
  readonly uptime: number
  readonly compliance: number
  /** All of them together, by their weights */
  readonly total: number
}

/** Weights, which add up to 1000. Chosen: reliability first; QuantumCoin names the five and gives no weights. */
const WEIGHTS = { latency: 200, throughput: 200, reliability: 250, uptime: 150, compliance: 200 } as const

/** What is not known yet (QuantumCoin: 0.5). */
const UNKNOWN = 500

/** Round trip that is worth 500, in milliseconds. Chosen: across an ocean. */
const MIDDLE_RTT_MS = 100

/** Rate that is worth 500, in bytes per second. Chosen: 8 Mbit/s. */
const MIDDLE_BYTES_PER_SECOND = 1_048_576

/** Time connected that is worth 500, in milliseconds. Chosen: an hour. */
const MIDDLE_UPTIME_MS = 3_600_000

/**
 * Rates a peer.
 *
 * @param conduct - its score in thousandths, its violations, and its reliability from 0 to 1000
 */
export function rateQuality (facts: PeerFacts, conduct: { readonly score: number, readonly violations: number, readonly reliability: number }, nowMs: number): PeerQuality {
  const latency = facts.minRttMs === undefined ? UNKNOWN : share(MIDDLE_RTT_MS, facts.minRttMs)
  const throughput = facts.bulkBytesPerSecond === undefined ? UNKNOWN : 1_000 - share(MIDDLE_BYTES_PER_SECOND, facts.bulkBytesPerSecond)
  const uptime = 1_000 - share(MIDDLE_UPTIME_MS, Math.max(0, nowMs - facts.openedMs))
  const obeyed = 1_000 - Math.round(1_000 * conduct.score / LOWEST_SCORE)
  const compliance = Math.floor(obeyed / 2 ** Math.min(conduct.violations, 10))
  const parts = { latency, throughput, reliability: conduct.reliability, uptime, compliance }
  const sum = Object.entries(WEIGHTS).reduce((total, [name, weight]) => total + weight * parts[name as keyof typeof WEIGHTS], 0)
  return { ...parts, total: Math.floor(sum / 1_000) }
}

/** 1000 x middle / (middle + value): 1000 for nothing, 500 for the middle, towards 0 for much. */
function share (middle: number, value: number): number {
  return Math.round(1_000 * middle / (middle + Math.max(0, value)))
}

/** How often peers did what they were asked: 500 at first, x 0.9 for each failure (QuantumCoin), a tenth of the way up for each success. */
export class ReliabilityBook {
  readonly #values = new BoundedMap<PeerIdText, number>(MAX_QUALITY_RECORDS)

  /** 0 to 1000 */
  of (peerId: PeerIdText): number {
    return this.#values.get(peerId) ?? UNKNOWN
  }

  /** A request came to its end. */
  record (peerId: PeerIdText, succeeded: boolean): void {
    const value = this.of(peerId)
    this.#values.set(peerId, succeeded ? value + Math.ceil((1_000 - value) / 10) : Math.floor(value * 9 / 10))
  }
}
