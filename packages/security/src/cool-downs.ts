import { BoundedMap } from '@peerwright/core'
import type { SessionEnd } from '@peerwright/interface'
import { FAILED_MS, MAX_PEERS, TOO_MANY_MS, WRONG_NETWORK_MS } from './constants.ts'

/** Who stays away for a while, and until when. */
export class CoolDowns {
  readonly #untilMs = new BoundedMap<string, number>(MAX_PEERS)

  /** The longer of two cool-downs holds. */
  set (key: string, durationMs: number, nowMs: number): void {
    this.#untilMs.set(key, Math.max(nowMs + durationMs, this.#untilMs.get(key) ?? -Infinity))
  }

  /** What is left, in milliseconds; 0 for nobody's */
  left (key: string, nowMs: number): number {
    return Math.max(0, (this.#untilMs.get(key) ?? -Infinity) - nowMs)
  }

  delete (key: string): boolean {
    return this.#untilMs.delete(key)
  }

  clear (): void {
    this.#untilMs.clear()
  }
}

/** How long a peer stays away after a session that ended so (ANCHORS 6.3), in milliseconds; 0: it may come back at once. */
export function coolDownAfter ({ code, remote }: SessionEnd): number {
  switch (code) {
    case 'wrong-network':
    case 'obsolete':
      return WRONG_NETWORK_MS
    case 'too-many-peers':
      return remote ? 0 : TOO_MANY_MS
    case 'slow':
    case 'useless':
    case 'low-work':
      return remote ? 0 : FAILED_MS
    // What a fault costs the ladders say; a timeout, which may be our own, costs points
    default:
      return 0
  }
}
