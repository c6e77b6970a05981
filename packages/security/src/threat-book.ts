import { BoundedMap } from '@peerwright/core'
import { MAX_HOSTS, THREAT_HALF_LIFE_MS } from './constants.ts'

/** What speaks against a host, and how much (QUANTUMCOIN 2.6). */
const THREAT_WEIGHTS = {
  'connection-rate': 0.2,
  'excessive-messages': 0.3,
  'invalid-protocol': 0.4,
  'suspicious-agent': 0.1,
  'known-bad': 0.8,
  botnet: 0.6,
  'time-based': 0.5
} as const

/** Something that speaks against a host. */
export type ThreatIndicator = keyof typeof THREAT_WEIGHTS

/** How bad an attack is (QUANTUMCOIN 2.6: above 0.7, 0.8, 0.9). */
export type Severity = 'low' | 'medium' | 'high' | 'critical'

/** Severity of a threat score or the weight of an attack. */
export function severityOf (score: number): Severity {
  return score > 0.9 ? 'critical' : score > 0.8 ? 'high' : score > 0.7 ? 'medium' : 'low'
}

/**
 * The threat of each host, 0 to 1: the sum of what speaks against it, each part fading by half in ten minutes since it was last seen.
 * Seen twice, an indicator is as fresh as the second time and no heavier.
 */
export class ThreatBook {
  readonly #seen = new BoundedMap<string, Map<ThreatIndicator, number>>(MAX_HOSTS)

  /** @returns the score with it */
  see (host: string, indicator: ThreatIndicator, nowMs: number): number {
    const seen = this.#seen.touch(host) ?? new Map<ThreatIndicator, number>()
    seen.set(indicator, nowMs)
    this.#seen.set(host, seen)
    return this.score(host, nowMs)
  }

  /** 0 to 1 */
  score (host: string, nowMs: number): number {
    let sum = 0
    for (const [indicator, atMs] of this.#seen.get(host) ?? []) {
      sum += THREAT_WEIGHTS[indicator] * 2 ** (-Math.max(0, nowMs - atMs) / THREAT_HALF_LIFE_MS)
    }
    // In hundredths: indicators that come within seconds of each other add up to what they say
    return Math.min(1, Math.round(100 * sum) / 100)
  }

  delete (host: string): boolean {
    return this.#seen.delete(host)
  }
}
