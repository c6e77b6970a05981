import { BUSY_MS, MAX_BUSY_MS } from './constants.ts'

/**
 * How long a busy peer is left alone: longer each time, and at least as long as it asked for, within bounds.
 *
 * @param times - how often in a row it was busy before
 */
export function busyMs (times: number, retryAfterSeconds: number): number {
  return Math.min(MAX_BUSY_MS, Math.max(BUSY_MS * 2 ** times, 1_000 * retryAfterSeconds))
}
