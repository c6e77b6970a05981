import type { Attack } from './detector.ts'

/** Connections below which nobody can be said to have the most of them. Chosen: as many as are kept outbound. */
const MIN_CONNECTIONS = 8

/** Share of all connections that one subnet may have. Chosen: half; its limit is a tenth of the slots. */
const MAX_SHARE = 0.5

/** Time between two tellings of the same subnet, in milliseconds. */
const QUIET_MS = 600_000

/** Whether one subnet is about to be everybody that we talk to. */
export class EclipseDetector {
  #told: { readonly subnet: string, readonly atMs: number } | undefined

  /**
   * A connection was added.
   *
   * @param total - all connections
   * @param largest - the subnet with the most, how many it has, and its hosts
   */
  see (total: number, largest: { readonly subnet: string, readonly count: number } | undefined, nowMs: number): Attack | undefined {
    if (largest === undefined || total < MIN_CONNECTIONS || largest.count <= total * MAX_SHARE) {
      return undefined
    }
    if (this.#told?.subnet === largest.subnet && nowMs - this.#told.atMs < QUIET_MS) {
      return undefined
    }
    this.#told = { subnet: largest.subnet, atMs: nowMs }
    return {
      pattern: 'eclipse',
      source: largest.subnet,
      // How much of everything it has
      weight: largest.count / total,
      count: largest.count,
      windowMs: 0,
      evidence: [{ atMs: nowMs, note: `${largest.count} of ${total} connections` }],
      atMs: nowMs
    }
  }
}
