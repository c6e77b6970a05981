import { type Clock, inScope, OperationError, systemClock, systemRandom, type Timer } from '@peerwright/core'
import type { Candidate, CandidateSource, Network, PeerSession, PeerTarget, SessionEnd } from '@peerwright/interface'
import { AddressCache } from './address-cache.ts'
import { BootstrapNodes } from './bootstrap.ts'
import { DialPlanner } from './dial-planner.ts'
import { DnsClient } from './dns-client.ts'
import { DnsSeed } from './dns-seeds.ts'
import { type DiscoveryInit, type DiscoverySetting, validateDiscovery } from './options.ts'
import { SeedRotation } from './seed-rotation.ts'

/** Wait after the first failed dial of an address, in milliseconds, and the longest. Chosen: Bitcoin Core's manual connections back off from 1 s to 5 min. */
const BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 300_000

/** Wait before sources are asked again when they gave nobody who connects, in milliseconds. Chosen: no busy loop, yet a fresh node does not wait for the next round. */
const RETRY_MS = 5_000

/** How long candidates are believed that come without a time, in rounds. */
const CANDIDATE_ROUNDS = 2

/** Hears how discovery goes. Called synchronously; must not throw. */
export interface DiscoveryObserver {
  /** A source was asked and named so many candidates */
  found?(source: string, count: number): void
  /** A source could not be asked */
  sourceFailed?(source: string, code: string): void
  /** The seeds named nobody, or nobody who connects: the bootstrap nodes are asked */
  fallback?(): void
  dialled?(target: PeerTarget): void
  connected?(target: PeerTarget, session: PeerSession): void
  dialFailed?(target: PeerTarget, code: string): void
}

/** Finds peers and keeps the wanted number of outbound sessions. */
export class Discovery {
  readonly #setting: DiscoverySetting
  readonly #network: Network
  readonly #clock: Clock
  readonly #cache: AddressCache
  readonly #planner: DialPlanner
  readonly #rotation: SeedRotation<CandidateSource>
  readonly #bootstrap: BootstrapNodes
  readonly #observers = new Set<DiscoveryObserver>()
  readonly #targets = new Map<PeerSession, PeerTarget>()
  #controller = new AbortController()
  #unsubscribe: (() => void) | undefined
  #timer: Timer | undefined
  #askedMs = -Infinity
  #asking: Promise<void> | undefined
  #dials: Array<Promise<void>> = []
  #bootstrapped = false
  #started = false

  /** @throws OperationError `invalid-option` */
  constructor (init: DiscoveryInit) {
    this.#setting = validateDiscovery(init)
    this.#network = init.network
    this.#clock = init.clock ?? systemClock
    const random = init.random ?? systemRandom
    const { resolvers, udp, dnsTimeoutMs, defaultPort, addressScope, addressesPerSeed, exchange } = this.#setting
    const client = new DnsClient({ resolvers, udp, timeoutMs: dnsTimeoutMs, clock: this.#clock, random, ...(exchange === undefined ? {} : { exchange }) })
    this.#cache = new AddressCache(this.#setting.cacheAddresses)
    this.#planner = new DialPlanner(
      { targetOutbound: this.#setting.targetOutbound, maxDials: this.#setting.maxDials, backoffMs: BACKOFF_MS, maxBackoffMs: MAX_BACKOFF_MS }, random
    )
    const seeds = this.#setting.seeds.map(seed => new DnsSeed(seed, client, { defaultPort, addressScope, addressesPerSeed }))
    this.#rotation = new SeedRotation<CandidateSource>([...seeds, ...this.#setting.sources])
    this.#bootstrap = new BootstrapNodes(this.#setting.bootstrap, client, addressScope)
  }

  /** Begins to look and dial. */
  start (): void {
    if (this.#started) {
      return
    }
    this.#started = true
    this.#controller = new AbortController()
    this.#unsubscribe = this.#network.observe({ closed: (session, end) => { this.#onClosed(session, end) } })
    this.#remember(this.#setting.peers, 'configuration')
    this.#step()
  }

  /** Gives up what is under way; resolves when nothing of it is left. */
  async stop (): Promise<void> {
    this.#started = false
    this.#controller.abort()
    this.#unsubscribe?.()
    this.#timer?.cancel()
    await Promise.all([this.#asking, ...this.#dials])
    this.#targets.clear()
  }

  /** @returns a function that ends the subscription */
  observe (observer: DiscoveryObserver): () => void {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }

  /** Candidates known now */
  candidates (): PeerTarget[] {
    return this.#cache.fresh(this.#clock.monotonic())
  }

  /** Looks at what is missing, acts, and says when to look again. */
  #step (): void {
    if (!this.#started) {
      return
    }
    this.#timer?.cancel()
    const nowMs = this.#clock.monotonic()
    const outbound = this.#network.sessions().filter(({ direction }) => direction === 'outbound').length
    const missing = outbound < this.#setting.targetOutbound
    const candidates = this.#cache.fresh(nowMs)
    const connected = new Set(this.#network.sessions().map(({ address }) => address.toString()))
    for (const target of missing ? this.#planner.choose(candidates, connected, outbound, nowMs) : []) {
      this.#dial(target)
    }
    const idle = missing && this.#planner.dialling === 0
    const sinceMs = nowMs - this.#askedMs
    if (this.#asking === undefined && (sinceMs >= this.#setting.refreshMs || (idle && outbound === 0 && sinceMs >= RETRY_MS))) {
      this.#asking = this.#ask().finally(() => {
        this.#asking = undefined
        this.#step()
      })
    }
    const nextMs = Math.min(
      this.#askedMs + (outbound === 0 ? RETRY_MS : this.#setting.refreshMs),
      missing ? this.#planner.nextMs(candidates, nowMs) ?? Infinity : Infinity
    )
    this.#timer = this.#clock.schedule(Math.max(BACKOFF_MS / 10, Math.min(this.#setting.refreshMs, nextMs - nowMs)), () => { this.#step() })
  }

  async #ask (): Promise<void> {
    // A second time round without a session: the seeds name nobody who connects
    const again = this.#askedMs > -Infinity && this.#network.sessions().length === 0
    this.#askedMs = this.#clock.monotonic()
    const counts = await Promise.all(this.#rotation.round().map(async source => await this.#askOne(source)))
    const nobody = counts.every(count => count === 0)
    if ((nobody || again) && this.#setting.bootstrap.length > 0 && this.#started) {
      if (!this.#bootstrapped) {
        this.#bootstrapped = true
        this.#tell(observer => observer.fallback?.())
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
    const inside = targets.filter(({ address }) => inScope(address.ip, this.#setting.addressScope))
    this.#cache.add(inside, source, source === 'configuration' ? Infinity : CANDIDATE_ROUNDS * this.#setting.refreshMs, this.#clock.monotonic())
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
    const abort = (): void => { controller.abort() }
    const timer = this.#clock.schedule(this.#setting.dialTimeoutMs, abort)
    this.#controller.signal.addEventListener('abort', abort, { once: true })
    try {
      const session = await this.#network.connect(target, { class: 'full', signal: controller.signal })
      this.#planner.succeeded(target)
      this.#targets.set(session, target)
      this.#tell(observer => observer.connected?.(target, session))
    } catch (error) {
      this.#planner.failed(target, this.#clock.monotonic())
      if (this.#started) {
        this.#tell(observer => observer.dialFailed?.(target, codeOf(error)))
      }
    } finally {
      timer.cancel()
      this.#controller.signal.removeEventListener('abort', abort)
    }
  }

  /** A lost session is replaced; a peer that asked us to stay away is left alone that long. */
  #onClosed (session: PeerSession, end: SessionEnd): void {
    const target = this.#targets.get(session)
    this.#targets.delete(session)
    if (target !== undefined && end.code !== 'duplicate') {
      this.#planner.failed(target, this.#clock.monotonic(), (end.retryAfterSeconds ?? 0) * 1_000)
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
