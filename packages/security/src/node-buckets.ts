import type { Budgets, RateLimit } from '@peerwright/chain-spec'
import { TokenBucket } from '@peerwright/core'

/** Kinds of traffic with a bucket of their own: none takes from another (Nano; REQUIREMENTS 5.1, 15). */
export type TrafficClass = 'generic' | 'bootstrap' | 'telemetry'

/** A bucket for a rate; undefined for a rate without bound. */
export function bucketOf ({ perSecond, burstSeconds }: RateLimit, nowMs: number): TokenBucket | undefined {
  return perSecond === 0 ? undefined : new TokenBucket({ capacity: perSecond * burstSeconds, perSecond }, nowMs)
}

/** What this node as a whole takes and gives, in bytes. */
export class NodeBuckets {
  readonly #buckets: Readonly<Record<TrafficClass, TokenBucket | undefined>>

  constructor ({ generic, bootstrap, telemetry }: Pick<Budgets, TrafficClass>, nowMs: number) {
    this.#buckets = { generic: bucketOf(generic, nowMs), bootstrap: bucketOf(bootstrap, nowMs), telemetry: bucketOf(telemetry, nowMs) }
  }

  /** Takes bytes of a class if they are there. */
  take (traffic: TrafficClass, bytes: number, nowMs: number): boolean {
    return this.#buckets[traffic]?.take(bytes, nowMs) ?? true
  }

  /** Takes what was sent already. */
  charge (traffic: TrafficClass, bytes: number, nowMs: number): void {
    this.#buckets[traffic]?.charge(bytes, nowMs)
  }

  /** Whether a class has anything left */
  open (traffic: TrafficClass, nowMs: number): boolean {
    return (this.#buckets[traffic]?.available(nowMs) ?? 1) > 0
  }
}
