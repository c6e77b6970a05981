import { BoundedMap, type Clock, netgroup, OperationError, parseIp, TokenBucket, type TokenBucketRate } from '@peerwright/core'

/** How many inbound handshakes a node computes. */
export interface GateLimits {
  /** At the same time. @default 64 */
  readonly concurrent: number
  /** Of the whole node */
  readonly total: TokenBucketRate
  /** Of one network of 24 bits (IPv4) or 64 bits (IPv6) */
  readonly perGroup: TokenBucketRate
}

/** Sources: 64 at once and 5 a second and group as the plan for this layer says; 200 a second are 20 % of a core at 1 ms each. */
export const GATE_LIMITS: GateLimits = {
  concurrent: 64,
  total: { capacity: 400, perSecond: 200 },
  perGroup: { capacity: 10, perSecond: 5 }
}

/** Groups remembered. derived: a bucket that was not used for as long as it takes to fill is as good as a fresh one. */
const MAX_GROUPS = 4_096

/**
 * Stands before the public-key work of inbound handshakes, so that a stranger's 1,216 bytes cannot buy a millisecond of ours whenever
 * he likes. Beyond it a handshake ends as `busy`, at the price of a map lookup.
 */
export class HandshakeGate {
  readonly #clock: Clock
  readonly #limits: GateLimits
  readonly #total: TokenBucket
  readonly #groups = new BoundedMap<string, TokenBucket>(MAX_GROUPS)
  #running = 0

  constructor (clock: Clock, limits: GateLimits = GATE_LIMITS) {
    this.#clock = clock
    this.#limits = limits
    this.#total = new TokenBucket(limits.total, clock.monotonic())
  }

  /** Handshakes under way */
  get running (): number {
    return this.#running
  }

  /**
   * One handshake of this IP address begins.
   *
   * @returns what is called once when it has ended
   * @throws OperationError `busy`
   */
  enter (ip: string | undefined): () => void {
    const nowMs = this.#clock.monotonic()
    const busy = (what: string): never => { throw new OperationError('busy', `too many handshakes ${what}`) }
    if (this.#running >= this.#limits.concurrent) {
      busy('at once')
    }
    // The group first: it must not use up what belongs to all
    if (!this.#group(ip, nowMs).take(1, nowMs)) {
      busy('from one network')
    }
    if (!this.#total.take(1, nowMs)) {
      busy('in all')
    }
    this.#running++
    let ended = false
    return () => {
      this.#running -= ended ? 0 : 1
      ended = true
    }
  }

  #group (ip: string | undefined, nowMs: number): TokenBucket {
    const bytes = ip === undefined ? undefined : parseIp(ip)
    const key = bytes === undefined ? 'unknown' : netgroup(bytes, 24, 64)
    const known = this.#groups.touch(key)
    const bucket = known ?? new TokenBucket(this.#limits.perGroup, nowMs)
    if (known === undefined) {
      this.#groups.set(key, bucket)
    }
    return bucket
  }
}
