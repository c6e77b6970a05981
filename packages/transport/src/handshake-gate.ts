import { BoundedMap, type Clock, IpAddress, netgroup, OperationError, TokenBucket, type TokenBucketRate } from '@peerwright/core'

/** How many inbound handshakes a node computes. */
export interface GateLimits {
  /** At the same time */
  readonly concurrent: number
  /** Of networks that had one lately, together */
  readonly shared: TokenBucketRate
  /** Of networks that had none lately, together: whoever asks often cannot use it up */
  readonly fresh: TokenBucketRate
  /** Of one network of 24 bits (IPv4) or 64 bits (IPv6) */
  readonly perGroup: TokenBucketRate
}

/**
 * Chosen: 64 at once; 50 a second, which with an ML-DSA signature for each are 50 ms of work; 5 a second and network, which lets a whole
 * office in after a restart. derived: 50 a second are 8 % of a core at 1.6 ms each, what libp2p makes of a connection included
 * (`npm run bench:flood`).
 */
export const GATE_LIMITS: GateLimits = {
  concurrent: 64,
  shared: { capacity: 100, perSecond: 50 },
  fresh: { capacity: 256, perSecond: 64 },
  perGroup: { capacity: 10, perSecond: 5 }
}

/** Networks remembered. Chosen: 4,096 are half a megabyte; with more of them an attacker is a fresh one each time, and meets that bound. */
const MAX_GROUPS = 4_096

/** How long a network had no handshake to count as fresh, in milliseconds. Chosen: 200 networks then draw 20 of the 64 tokens a second at most. */
const FRESH_MS = 10_000

/** Handshakes of a network in a row that came to nothing, after which it has to wait. Chosen: a bad line breaks one or two. */
const MAX_FRUITLESS = 3

/** How long such a network waits for each further one, in milliseconds. Chosen: 200 networks then have 20 a second, and an honest peer among strangers still comes in. */
const FRUITLESS_WAIT_MS = 10_000

interface Group {
  readonly bucket: TokenBucket
  lastMs: number
  /** Handshakes in a row that came to nothing */
  fruitless: number
}

/**
 * Stands before the public-key work of inbound handshakes, so that a stranger's 1,216 bytes cannot buy a millisecond of ours whenever
 * he likes. Beyond it a handshake ends as `busy`, at the price of a map lookup.
 */
export class HandshakeGate {
  readonly #clock: Clock
  readonly #limits: GateLimits
  readonly #shared: TokenBucket
  readonly #fresh: TokenBucket
  readonly #exempt: (ip: IpAddress) => boolean
  readonly #groups = new BoundedMap<string, Group>(MAX_GROUPS)
  #running = 0

  /** `exempt` tells of addresses that come in whatever the limits, such as one's own machine in a test network. */
  constructor (clock: Clock, limits: GateLimits = GATE_LIMITS, exempt: (ip: IpAddress) => boolean = () => false) {
    this.#clock = clock
    this.#exempt = exempt
    this.#limits = limits
    this.#shared = new TokenBucket(limits.shared, clock.monotonic())
    this.#fresh = new TokenBucket(limits.fresh, clock.monotonic())
  }

  /** Handshakes under way */
  get running (): number {
    return this.#running
  }

  /** Whether a handshake of this address would be let in now. Asked before anything is read: nothing is taken. */
  admits (ip: string | undefined): boolean {
    const address = ip === undefined ? undefined : IpAddress.parse(ip)
    if (address !== undefined && this.#exempt(address)) {
      return true
    }
    const nowMs = this.#clock.monotonic()
    const known = this.#groups.get(groupOf(address))
    const fresh = isFresh(known, nowMs)
    return this.#running < this.#limits.concurrent && (known === undefined || (!mustWait(known, nowMs) && known.bucket.available(nowMs) >= 1)) &&
      ((fresh && this.#fresh.available(nowMs) >= 1) || this.#shared.available(nowMs) >= 1)
  }

  /**
   * The work of a handshake of this IP address begins.
   *
   * @returns what is called when the work is done, not when the other side has answered: it may take its time
   * @throws OperationError `busy`
   */
  enter (ip: string | undefined): () => void {
    const address = ip === undefined ? undefined : IpAddress.parse(ip)
    if (address !== undefined && this.#exempt(address)) {
      return () => {}
    }
    const nowMs = this.#clock.monotonic()
    const busy = (what: string): never => { throw new OperationError('busy', `too many handshakes ${what}`) }
    if (this.#running >= this.#limits.concurrent) {
      busy('at once')
    }
    const group = this.#group(address, nowMs)
    const fresh = isFresh(group, nowMs)
    // Its own bound first: a network must not use up what belongs to all
    if (mustWait(group, nowMs) || !group.bucket.take(1, nowMs)) {
      busy('from one network')
    }
    group.lastMs = nowMs
    if (!(fresh && this.#fresh.take(1, nowMs)) && !this.#shared.take(1, nowMs)) {
      busy('in all')
    }
    this.#running++
    let left = false
    return () => {
      this.#running -= left ? 0 : 1
      left = true
    }
  }

  /** What became of a handshake that entered: whether the other side proved who it is. */
  ended (ip: string | undefined, proved: boolean): void {
    const group = this.#groups.get(groupOf(ip === undefined ? undefined : IpAddress.parse(ip)))
    if (group !== undefined) {
      group.fruitless = proved ? 0 : group.fruitless + 1
    }
  }

  #group (address: IpAddress | undefined, nowMs: number): Group {
    const key = groupOf(address)
    const known = this.#groups.touch(key)
    const group = known ?? { bucket: new TokenBucket(this.#limits.perGroup, nowMs), lastMs: -Infinity, fruitless: 0 }
    if (known === undefined) {
      this.#groups.set(key, group)
    }
    return group
  }
}

/** Whoever only ever broke off draws from what is shared, however long ago that was. */
function isFresh (group: Group | undefined, nowMs: number): boolean {
  return group === undefined || (group.fruitless < MAX_FRUITLESS && nowMs - group.lastMs >= FRESH_MS)
}

function mustWait ({ fruitless, lastMs }: Group, nowMs: number): boolean {
  return fruitless >= MAX_FRUITLESS && nowMs - lastMs < FRUITLESS_WAIT_MS
}

/** Addresses that are none share a group. */
function groupOf (address: IpAddress | undefined): string {
  return address === undefined ? 'unknown' : netgroup(address, 24, 64)
}
