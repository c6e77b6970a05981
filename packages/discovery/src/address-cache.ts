import { BoundedMap } from '@peerwright/core'
import type { Candidate, PeerTarget } from '@peerwright/interface'
import { addressKey } from './address-key.ts'

interface Cached {
  readonly target: PeerTarget
  readonly source: string
  readonly expiresMs: number
}

/** Candidates for as long as they may be believed, at most so many; the one heard of longest ago leaves. */
export class AddressCache {
  readonly #entries: BoundedMap<string, Cached>

  /** @param limit - most addresses */
  constructor (limit: number) {
    this.#entries = new BoundedMap(limit)
  }

  /** Addresses kept now, expired ones included until they are looked at */
  get size (): number {
    return this.#entries.size
  }

  /**
   * A source named these. An address heard again lasts anew.
   *
   * @param defaultMs - how long one lasts that does not say
   */
  add (targets: readonly Candidate[], source: string, defaultMs: number, nowMs: number): void {
    for (const target of targets) {
      const validMs = target.validForSeconds === undefined ? defaultMs : 1_000 * target.validForSeconds
      this.#entries.set(addressKey(target.address), { target, source, expiresMs: nowMs + validMs })
    }
  }

  /** Who named an address */
  sourceOf (target: PeerTarget): string | undefined {
    return this.#entries.get(addressKey(target.address))?.source
  }

  /** The candidates that may be believed at `nowMs`. */
  fresh (nowMs: number): PeerTarget[] {
    const targets: PeerTarget[] = []
    for (const [key, { target, expiresMs }] of [...this.#entries]) {
      if (expiresMs <= nowMs) {
        this.#entries.delete(key)
      } else {
        targets.push(target)
      }
    }
    return targets
  }
}
