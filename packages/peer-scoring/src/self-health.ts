import { BoundedMap } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import { ALIKE_PEERS, ALIKE_PERCENT, ALIKE_WINDOW_MS, LAG_WINDOW_MS, MAX_LAG_MS, MAX_LAGS, MAX_RULES } from './constants.ts'

/** Why nobody is blamed for what may be our own fault. `lag`: our event loop stood still. `alike`: many peers fail alike. `alone`: nobody is of use. */
export type FreezeReason = 'lag' | 'alike' | 'alone'

/**
 * Whether this node is well enough to judge others. Many stacks banned their healthy peers because they themselves were slow or cut
 * off (ANCHORS 5, 6.2): while it is not well, ambiguous conduct costs nobody anything.
 */
export class SelfHealth {
  readonly #lags: Array<{ readonly lagMs: number, readonly atMs: number }> = []
  readonly #failures = new BoundedMap<string, Map<PeerIdText, number>>(MAX_RULES)
  #alikeUntilMs = -Infinity

  /** What the event loop came too late by. */
  lag (lagMs: number, nowMs: number): void {
    this.#lags.push({ lagMs, atMs: nowMs })
    if (this.#lags.length > MAX_LAGS) {
      this.#lags.shift()
    }
  }

  /**
   * A peer failed a rule.
   *
   * @param connected - sessions there are now
   * @returns whether with this one too many begin to fail alike
   */
  failed (rule: string, peerId: PeerIdText, connected: number, nowMs: number): boolean {
    const peers = this.#failures.touch(rule) ?? new Map<PeerIdText, number>()
    this.#failures.set(rule, peers)
    peers.delete(peerId)
    peers.set(peerId, nowMs)
    for (const [id, atMs] of peers) {
      if (nowMs - atMs > ALIKE_WINDOW_MS || peers.size > Math.max(1_000, connected)) {
        peers.delete(id)
      } else {
        break
      }
    }
    const alike = peers.size >= Math.max(ALIKE_PEERS, Math.ceil(connected * ALIKE_PERCENT / 100))
    const begins = alike && nowMs > this.#alikeUntilMs
    if (alike) {
      this.#alikeUntilMs = nowMs + ALIKE_WINDOW_MS
    }
    return begins
  }

  /** Why ambiguous conduct costs nothing now; undefined when it does. */
  frozen (useful: number, nowMs: number): FreezeReason | undefined {
    if (useful === 0) {
      return 'alone'
    }
    // Of at most 100 lags, the 99th percentile is the second largest; a single pause of 10 x the bound counts by itself
    const recent = this.#lags.filter(({ atMs }) => nowMs - atMs <= LAG_WINDOW_MS).map(({ lagMs }) => lagMs).sort((a, b) => b - a)
    const percentile = recent[Math.floor(recent.length / 100)] ?? 0
    if (percentile > MAX_LAG_MS || (recent[0] ?? 0) > 10 * MAX_LAG_MS) {
      return 'lag'
    }
    return nowMs <= this.#alikeUntilMs ? 'alike' : undefined
  }
}
