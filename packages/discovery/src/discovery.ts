import { type Clock, inScope, OperationError, systemClock, systemRandom, type Timer } from '@peerwright/core'
import type { Candidate, CandidateSource, Network, PeerSession, PeerTarget, SessionEnd } from '@peerwright/interface'
import { AddressCache } from './address-cache.ts'
import { addressKey } from './address-key.ts'
import { BootstrapNodes } from './bootstrap.ts'
import { MAX_PARALLEL_SOURCES } from './constants.ts'
import { DialPlanner } from './dial-planner.ts'
import { DnsClient, type ResolverCounts } from './dns-client.ts'
import { DnsSeed, type DropReason } from './dns-seeds.ts'
import { type DiscoveryInit, type DiscoverySetting, validateDiscovery } from './options.ts'
import { SeedRotation } from './seed-rotation.ts'

/** Wait after the first failed dial of an address, in milliseconds, and the longest. Chosen: Bitcoin Core's manual connections back off from 1 s to 5 min. */
const BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 300_000

/**
 * Wait before sources are asked again when they gave nobody who connects, in milliseconds; doubles up to the refresh interval.
 * Chosen: a fresh node does not wait for the next round, and seeds that are down are not beaten (S13, hsd #424).
 */
const RETRY_MS = 5_000

/** Time that candidates of the seeds get to prove themselves, in milliseconds (Bitcoin Core; ANCHORS 1.1: fixed seeds after 60 s). */
const FALLBACK_MS = 60_000

/** Shortest time between two looks at what is missing, in milliseconds: rounding must not make a loop of a timer. */
const MIN_STEP_MS = 100

/** Addresses that are remembered to lead to the same peer. Chosen: IPv4 and IPv6 of a few adapters. */
const MAX_ALIASES = 8

/** Longest wait that a peer may ask for, in milliseconds: an hour. Chosen: it must not be able to send us away for good. */
const MAX_ASKED_WAIT_MS = 3_600_000

/** How long candidates are believed that come without a time, in rounds. */
const CANDIDATE_ROUNDS = 2

/** Failures that the next dial would only repeat. */
const HOPELESS: ReadonlySet<string> = new Set(['self', 'wrong-network'])

/** Hears how discovery goes. Called synchronously; must not throw. */
export interface DiscoveryObserver {
  /** A source was asked and named so many candidates */
  found?(source: string, count: number): void
  /** A source could not be asked */
  sourceFailed?(source: string, code: string): void
  /** The seeds named nobody, or nobody who connects: the bootstrap nodes are asked. Told once until a session opens */
  fallback?(reason: 'none-found' | 'none-connects'): void
  dialled?(target: PeerTarget): void
  connected?(target: PeerTarget, session: PeerSession): void
  dialFailed?(target: PeerTarget, code: string): void
}

/** How discovery stands. */
export interface DiscoveryReport {
  /** Candidates known now */
  readonly candidates: number
  /** Addresses that were not taken, by seed and reason */
  readonly dropped: Readonly<Record<string, Readonly<Record<DropReason, number>>>>
  /** How each DNS server that was asked has done */
  readonly resolvers: ReadonlyMap<string, ResolverCounts>
}

/** Finds peers and keeps the wanted number of outbound sessions. */
export class Discovery {
  readonly #setting: DiscoverySetting
  readonly #network: Network
  readonly #clock: Clock
  readonly #client: DnsClient
  readonly #seeds: readonly DnsSeed[]
  readonly #cache: AddressCache
  readonly #planner: DialPlanner
  readonly #rotation: SeedRotation<CandidateSource>
  readonly #bootstrap: BootstrapNodes
  readonly #excluded: ReadonlySet<string>
  /** Kept apart from what is heard: no seed can push them out, end their time or give them another identity */
  readonly #configured: ReadonlyMap<string, PeerTarget>
  readonly #observers = new Set<DiscoveryObserver>()
  /** What was dialled for each session: more than one address may lead to the same peer */
  readonly #targets = new Map<PeerSession, PeerTarget[]>()
  #controller = new AbortController()
  #unsubscribe: (() => void) | undefined
  #timer: Timer | undefined
  #askedMs = -Infinity
  #asking: Promise<void> | undefined
  #dials: Array<Promise<void>> = []
  #barren = 0
  #bootstrapped = false
  #started = false

  /** @throws OperationError `invalid-option` */
  constructor (init: DiscoveryInit) {
    this.#setting = validateDiscovery(init)
    this.#network = init.network
    this.#clock = init.clock ?? systemClock
    const random = init.random ?? systemRandom
    const { resolvers, udp, dnsTimeoutMs, defaultPort, addressScope, addressesPerSeed, exchange } = this.#setting
    this.#client = new DnsClient({ resolvers, udp, timeoutMs: dnsTimeoutMs, clock: this.#clock, random, ...(exchange === undefined ? {} : { exchange }) })
    this.#cache = new AddressCache(this.#setting.cacheAddresses)
    this.#planner = new DialPlanner(
      { targetOutbound: this.#setting.targetOutbound, maxDials: this.#setting.maxDials, backoffMs: BACKOFF_MS, maxBackoffMs: MAX_BACKOFF_MS }, random
    )
    this.#seeds = this.#setting.seeds.map(seed => new DnsSeed(seed, this.#client, { defaultPort, addressScope, addressesPerSeed }))
    this.#rotation = new SeedRotation<CandidateSource>([...this.#seeds, ...this.#setting.sources])
    this.#bootstrap = new BootstrapNodes(this.#setting.bootstrap, this.#client, addressScope)
    this.#excluded = new Set(this.#setting.exclude.map(address => addressKey(address)))
    this.#configured = new Map(this.#setting.peers.filter(target => this.#isDialable(target)).map(target => [addressKey(target.address), target]))
  }

  /** Begins to look and dial. */
  start (): void {
    if (this.#started) {
      return
    }
    this.#started = true
    this.#controller = new AbortController()
    this.#askedMs = -Infinity
    this.#barren = 0
    this.#bootstrapped = false
    this.#unsubscribe = this.#network.observe({ closed: (session, end) => { this.#onClosed(session, end) } })
    this.#step()
  }

  /** Gives up what is under way; resolves when nothing of it is left. */
  async stop (): Promise<void> {
    this.#started = false
    this.#controller.abort()
    this.#unsubscribe?.()
    this.#timer?.cancel()
    await Promise.all([this.#asking, ...this.#dials])
    if (!this.#started) {
      this.#targets.clear()
    }
  }

  /** How the seeds and the DNS servers have done: for health checks and counts */
  report (): DiscoveryReport {
    return {
      candidates: this.candidates().length,
      dropped: Object.fromEntries(this.#seeds.map(({ name, dropped }) => [name, { ...dropped }])),
      resolvers: this.#client.counts
    }
  }

  /** @returns a function that ends the subscription */
  observe (observer: DiscoveryObserver): () => void {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }

  /** Candidates known now */
  candidates (): PeerTarget[] {
    const heard = this.#cache.fresh(this.#clock.monotonic()).filter(({ address }) => !this.#configured.has(addressKey(address)))
    return [...this.#configured.values(), ...heard]
  }

  /** Looks at what is missing, acts, and says when to look again. */
  #step (): void {
    if (!this.#started) {
      return
    }
    this.#timer?.cancel()
    const nowMs = this.#clock.monotonic()
    const outbound = this.#outbound()
    const missing = outbound < this.#setting.targetOutbound
    const candidates = this.candidates().filter(target => !this.#isConnected(target))
    for (const target of missing ? this.#planner.choose(candidates, outbound, nowMs) : []) {
      this.#dial(target)
    }
    const alone = missing && outbound === 0
    const dueMs = this.#askedMs + (alone ? this.#retryMs() : this.#setting.refreshMs)
    // While somebody has not been tried it is not known yet whether the last round helped
    const untried = alone && candidates.some(target => this.#planner.isUntried(target))
    const askAtMs = untried ? Math.max(dueMs, this.#askedMs + FALLBACK_MS) : dueMs
    if (this.#asking === undefined && askAtMs <= nowMs) {
      this.#asking = this.#ask(missing).finally(() => {
        this.#asking = undefined
        this.#step()
      })
    }
    // The end of a dial or of a round brings us back by itself
    const askMs = this.#asking === undefined ? askAtMs : Infinity
    const dialMs = missing ? this.#planner.nextMs(candidates, nowMs) ?? Infinity : Infinity
    const waitMs = Math.min(this.#setting.refreshMs, Math.min(askMs, dialMs) - nowMs)
    this.#timer = this.#clock.schedule(Math.max(MIN_STEP_MS, waitMs), () => { this.#step() })
  }

  #outbound (): number {
    return this.#network.sessions().filter(({ direction }) => direction === 'outbound').length
  }

  /** Whether there is a session with this peer already, at this address or at another one. */
  #isConnected ({ address, peerId }: PeerTarget): boolean {
    return this.#network.sessions().some(session => session.peerId === peerId ||
      (this.#targets.get(session) ?? [session]).some(other => other.address.equals(address)))
  }

  /** Wait after rounds that led to no session. */
  #retryMs (): number {
    return Math.min(this.#setting.refreshMs, RETRY_MS * 2 ** Math.max(0, this.#barren - 1))
  }

  /**
   * One round. While sessions are missing all sources are asked, so that none of them has the choice of our peers to itself;
   * otherwise the first of the rotation is, to keep the cache fresh.
   */
  async #ask (missing: boolean): Promise<void> {
    // A further time round without a session: the seeds name nobody who connects
    const again = this.#askedMs > -Infinity && missing && this.#outbound() === 0
    this.#askedMs = this.#clock.monotonic()
    this.#barren = again ? this.#barren + 1 : 0
    const round = this.#rotation.round()
    const queue = missing ? round : round.slice(0, 1)
    let named = 0
    const worker = async (): Promise<void> => {
      for (let source = queue.shift(); source !== undefined && this.#started; source = queue.shift()) {
        named += await this.#askOne(source)
      }
    }
    await Promise.all(Array.from({ length: MAX_PARALLEL_SOURCES }, worker))
    if (missing && (named === 0 || again) && this.#setting.bootstrap.length > 0 && this.#started && this.#outbound() === 0) {
      if (!this.#bootstrapped) {
        this.#bootstrapped = true
        this.#tell(observer => observer.fallback?.(named === 0 ? 'none-found' : 'none-connects'))
      }
      await this.#askOne(this.#bootstrap)
    }
  }

  async #askOne (source: CandidateSource): Promise<number> {
    try {
      const found = await source.find(this.#controller.signal)
      this.#remember(found, source.name)
      this.#tell(observer => observer.found?.(source.name, found.length))
      this.#step()
      return found.length
    } catch (error) {
      if (this.#started) {
        this.#tell(observer => observer.sourceFailed?.(source.name, codeOf(error)))
      }
      return 0
    }
  }

  #remember (targets: readonly Candidate[], source: string): void {
    const dialable = targets.filter(target => this.#isDialable(target))
    this.#cache.add(dialable, source, CANDIDATE_ROUNDS * this.#setting.refreshMs, this.#clock.monotonic())
  }

  #isDialable ({ address }: PeerTarget): boolean {
    return inScope(address.ip, this.#setting.addressScope) && !this.#excluded.has(addressKey(address))
  }

  #dial (target: PeerTarget): void {
    this.#tell(observer => observer.dialled?.(target))
    const dial = this.#connect(target).finally(() => {
      this.#dials = this.#dials.filter(other => other !== dial)
      this.#step()
    })
    this.#dials.push(dial)
  }

  async #connect (target: PeerTarget): Promise<void> {
    const controller = new AbortController()
    let late = false
    const abort = (): void => { controller.abort() }
    const timer = this.#clock.schedule(this.#setting.dialTimeoutMs, () => {
      late = true
      abort()
    })
    this.#controller.signal.addEventListener('abort', abort, { once: true })
    try {
      const session = await this.#network.connect(target, { class: 'full', signal: controller.signal })
      if (!session.open) {
        throw new OperationError('closed', 'the session ended as soon as it stood')
      }
      this.#planner.succeeded(target)
      this.#targets.set(session, [...this.#targets.get(session) ?? [], target].slice(-MAX_ALIASES))
      this.#bootstrapped = false
      this.#tell(observer => observer.connected?.(target, session))
    } catch (error) {
      const code = late ? 'timeout' : codeOf(error)
      this.#planner.failed(target, this.#clock.monotonic(), HOPELESS.has(code) ? MAX_BACKOFF_MS : 0)
      if (this.#started) {
        this.#tell(observer => observer.dialFailed?.(target, code))
      }
    } finally {
      timer.cancel()
      this.#controller.signal.removeEventListener('abort', abort)
    }
  }

  /** A lost session is replaced; a peer that asked us to stay away is left alone that long. */
  #onClosed (session: PeerSession, end: SessionEnd): void {
    const targets = this.#targets.get(session) ?? []
    this.#targets.delete(session)
    for (const target of end.code === 'duplicate' ? [] : targets) {
      this.#planner.failed(target, this.#clock.monotonic(), Math.min(MAX_ASKED_WAIT_MS, (end.retryAfterSeconds ?? 0) * 1_000))
    }
    this.#step()
  }

  #tell (what: (observer: DiscoveryObserver) => void): void {
    for (const observer of [...this.#observers]) {
      what(observer)
    }
  }
}

function codeOf (error: unknown): string {
  if (error instanceof OperationError) {
    return error.code
  }
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
}
