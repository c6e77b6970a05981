import { type Clock, OperationError, PeerFault, type Timer } from '@peerwright/core'
import type { Chain, ChainPoint, GoodbyeCode, Network, PeerSession, SessionEnd } from '@peerwright/interface'
import { decodeTip, messageType } from '@peerwright/protocol-messages'
import { Announcer } from './announcer.ts'
import { BlockFetcher } from './block-fetcher.ts'
import { CATCH_UP_ANNOUNCE_INTERVAL_MS, TICK_MS, TIP_REFRESH_MS } from './constants.ts'
import { HeaderLead } from './header-lead.ts'
import { type SyncInit, type SyncSetting, validateSyncInit } from './options.ts'
import { forkHeight, newPeer, promises, type SyncPeer } from './peers.ts'
import { phaseOf, type SyncObserver, type SyncPhase, type SyncProgress } from './progress.ts'
import { Serving } from './serving.ts'
import { Tally } from './tally.ts'
import { Watchdog } from './watchdog.ts'

const GET_TIP = messageType('get-tip')
const TIP = messageType('tip')
const EMPTY = new Uint8Array(0)

/** How a node catches up and stays there. */
export class Sync {
  readonly #setting: SyncSetting
  readonly #network: Network
  readonly #chain: Chain
  readonly #clock: Clock
  readonly #peers = new Map<PeerSession, SyncPeer>()
  readonly #lead: HeaderLead
  readonly #fetcher: BlockFetcher
  readonly #announcer: Announcer
  readonly #tally: Tally
  readonly #watchdog: Watchdog
  readonly #observers = new Set<SyncObserver>()
  readonly #waiters = new Set<(error: OperationError) => void>()
  #phase: SyncPhase = 'bootstrap'
  #unsubscribe: Array<() => void> = []
  #tick: Timer | undefined
  #askedTipsMs = 0
  #toldMark = 0
  #started = false
  #lastHeaderTip: ChainPoint
  /** The header tip that the chain has all blocks of and does not turn to */
  #refused: ChainPoint | undefined

  constructor (init: SyncInit) {
    this.#setting = validateSyncInit(init)
    this.#network = init.network
    this.#chain = init.chain
    this.#clock = this.#setting.clock
    this.#lastHeaderTip = init.chain.headerTip()
    this.#tally = new Tally(this.#clock.monotonic())
    this.#watchdog = new Watchdog(this.#clock.monotonic())
    this.#announcer = new Announcer(this.#chain, this.#clock, () => this.#peers.keys())
    this.#fetcher = new BlockFetcher(this.#setting, this.#peers, {
      onBlock: (peer, sizeBytes) => { this.#tally.addBlock(peer, sizeBytes, this.#clock.monotonic()) },
      onFailure: (peer, code, reason) => { this.#drop(peer, code, reason) },
      onChainFailed: error => { this.#chainFailed(error) }
    })
    this.#lead = new HeaderLead(this.#setting, this.#peers, {
      onHeaders: added => { this.#onHeaders(added) },
      onLooked: headers => { this.#tally.addLooked(headers) },
      onAside: ({ session }, reason) => { this.#tell(observer => observer.peerFailed?.(session.peerId, reason)) },
      onLowWork: peer => { this.#drop(peer, 'low-work', 'its chain has less than the minimum work') },
      onInvalid: ({ session }, reason) => { this.#tell(observer => observer.rejected?.(session.peerId, reason)) },
      onChainFailed: error => { this.#chainFailed(error) },
      onIdle: () => { this.#update() }
    })
    this.#network.handle({
      owner: 'sync',
      live: {
        [GET_TIP]: session => { this.#announcer.answer(session) },
        [TIP]: (session, payload) => { this.#onTip(session, payload) }
      },
      requests: new Serving(this.#setting).requests
    })
  }

  /** Begins: with the sessions there are, and those to come. */
  start (): void {
    if (this.#started) {
      return
    }
    this.#started = true
    this.#lastHeaderTip = this.#chain.headerTip()
    this.#unsubscribe = [
      this.#network.observe({
        opened: session => { this.#onOpened(session) },
        closed: (session, end) => { this.#onClosed(session, end) }
      }),
      this.#chain.observe({
        headers: tip => { this.#onHeaderTip(tip) },
        connected: point => { this.#onConnected(point) },
        disconnected: point => { this.#tell(observer => observer.reorg?.(point)) }
      })
    ]
    if (this.#setting.mode === 'full') {
      this.#fetcher.start()
    }
    for (const session of this.#network.sessions()) {
      this.#onOpened(session)
    }
    this.#onTick()
  }

  /** Withdraws all requests and stops; `start` goes on where it stood. Whoever waits in `synced` is told `closed`. */
  stop (): void {
    this.#started = false
    this.#tick?.cancel()
    this.#announcer.stop()
    for (const unsubscribe of this.#unsubscribe.splice(0)) {
      unsubscribe()
    }
    this.#lead.stop()
    this.#fetcher.stop()
    for (const peer of this.#peers.values()) {
      peer.controller.abort()
    }
    this.#peers.clear()
    this.#setPhase()
    for (const refuse of [...this.#waiters]) {
      refuse(new OperationError('closed', 'the sync was stopped'))
    }
  }

  /** @returns a function that ends the subscription */
  observe (observer: SyncObserver): () => void {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }

  /** Where it stands now. */
  progress (): SyncProgress {
    const headerTip = this.#chain.headerTip()
    const heights = this.#believed().map(({ session }) => session.facts.tip?.height ?? 0)
    return {
      phase: this.#phase,
      height: this.#chain.tip().height,
      headerHeight: headerTip.height,
      presyncHeight: this.#lead.presyncHeight,
      targetHeight: Math.max(headerTip.height, ...heights),
      ...this.#tally.report(this.#clock.monotonic())
    }
  }

  /**
   * Resolves when the node stands at the best tip it has heard of.
   *
   * @throws OperationError `aborted` by the signal, `closed` when the sync is stopped
   */
  async synced (signal?: AbortSignal): Promise<SyncProgress> {
    if (signal?.aborted === true) {
      throw new OperationError('aborted', 'nobody waits for the sync any more')
    }
    if (this.#phase === 'maintenance') {
      return this.progress()
    }
    const { promise, resolve, reject } = Promise.withResolvers<SyncProgress>()
    const abort = (): void => { reject(new OperationError('aborted', 'nobody waits for the sync any more')) }
    const unsubscribe = this.observe({
      phase: (phase, progress) => {
        if (phase === 'maintenance') {
          resolve(progress)
        }
      }
    })
    this.#waiters.add(reject)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await promise
    } finally {
      unsubscribe()
      this.#waiters.delete(reject)
      signal?.removeEventListener('abort', abort)
    }
  }

  #onOpened (session: PeerSession): void {
    // The others are here for something else
    if (session.class !== 'feeler' && session.class !== 'addr-fetch') {
      this.#peers.set(session, newPeer(session, this.#clock.monotonic()))
      session.send(GET_TIP, EMPTY)
      this.#update()
    }
  }

  #onClosed (session: PeerSession, { fault }: Partial<SessionEnd>): void {
    const peer = this.#peers.get(session)
    if (peer !== undefined) {
      this.#peers.delete(session)
      peer.controller.abort()
      if (fault !== undefined) {
        this.#tell(observer => observer.peerFailed?.(session.peerId, fault.message))
      }
      this.#lead.gone(peer)
      this.#fetcher.gone(peer)
      this.#update()
    }
  }

  #onTip (session: PeerSession, payload: Uint8Array): void {
    const { id, height, work } = decodeTip(payload)
    const told = this.#chain.codec.idFromBytes(id)
    // Of what we know ourselves we need not take its word
    session.facts.tip = this.#chain.point(told) ?? { id: told, height, work }
    this.#update()
  }

  #onHeaders (added: number): void {
    this.#tally.addHeaders(added, this.#clock.monotonic())
    this.#update()
  }

  #onHeaderTip (tip: ChainPoint): void {
    const last = this.#lastHeaderTip
    this.#lastHeaderTip = tip
    this.#fetcher.headersChanged(this.#chain.ancestor(tip.id, last.height) === last.id)
  }

  #onConnected (point: ChainPoint): void {
    this.#tally.addConnected(this.#clock.monotonic())
    this.#fetcher.connected(point.id)
    if (point.height >= this.#chain.headerTip().height) {
      this.#update()
    }
    const { announceIntervalMs } = this.#setting
    this.#announcer.changed(this.#phase === 'maintenance' ? announceIntervalMs : Math.max(announceIntervalMs, CATCH_UP_ANNOUNCE_INTERVAL_MS))
  }

  /** Every few hundred milliseconds: stalls, leaders without progress, tips that were told long ago. */
  #onTick (): void {
    if (!this.#started) {
      return
    }
    const nowMs = this.#clock.monotonic()
    this.#fetcher.checkStall(nowMs)
    if (nowMs - this.#askedTipsMs >= TIP_REFRESH_MS) {
      this.#askedTipsMs = nowMs
      for (const session of this.#peers.keys()) {
        session.send(GET_TIP, EMPTY)
      }
    }
    this.#update()
    this.#report(nowMs)
    this.#tick = this.#clock.schedule(TICK_MS, () => { this.#onTick() })
  }

  #report (nowMs: number): void {
    const { mark } = this.#tally
    if (mark !== this.#toldMark) {
      this.#toldMark = mark
      this.#tell(observer => observer.progress?.(this.progress()))
    }
    const reason = this.#watchdog.check(this.#phase, mark, nowMs)
    if (reason !== undefined) {
      this.#tell(observer => observer.waiting?.(reason, this.progress()))
    }
  }

  /** Something changed: sees to it that headers and blocks are fetched, and tells the phase. */
  #update (): void {
    if (this.#started) {
      this.#lead.check(this.#clock.monotonic())
      this.#fetcher.fetch()
      this.#checkRefusal()
      this.#setPhase()
    }
  }

  /** All blocks of a heavier branch are there, and the chain stays where it is: that is its decision, and worth a word. */
  #checkRefusal (): void {
    const headerTip = this.#chain.headerTip()
    const tip = this.#chain.tip()
    if (this.#setting.mode === 'full' && this.#fetcher.idle && headerTip.work > tip.work && this.#refused?.id !== headerTip.id) {
      this.#refused = headerTip
      const depth = tip.height - forkHeight(this.#chain, tip, headerTip)
      this.#tell(observer => observer.reorgRefused?.(depth, headerTip))
    }
  }

  /** Peers that told a tip and are believed to be able to show it. */
  #believed (): SyncPeer[] {
    const nowMs = this.#clock.monotonic()
    return [...this.#peers.values()].filter(({ session, leadsAfterMs }) => session.facts.tip !== undefined && nowMs >= leadsAfterMs)
  }

  #setPhase (): void {
    const headerTip = this.#chain.headerTip()
    const believed = this.#believed()
    const promised = believed.filter(peer => promises(peer, this.#chain, headerTip.work)).map(({ session }) => session.facts.tip?.work ?? 0n)
    const phase = phaseOf({
      sessions: this.#peers.size,
      bestWork: believed.length < this.#setting.minPeers ? undefined : promised.reduce((best, work) => work > best ? work : best, 0n),
      headerWork: headerTip.work,
      headerTip: headerTip.id,
      tip: this.#refused?.id === headerTip.id ? headerTip.id : this.#chain.tip().id,
      mode: this.#setting.mode
    })
    if (phase !== this.#phase) {
      this.#phase = phase
      const progress = this.progress()
      this.#tell(observer => observer.phase?.(phase, progress))
    }
  }

  #drop (peer: SyncPeer, code: GoodbyeCode, reason: string): void {
    const { session } = peer
    if (this.#peers.has(session)) {
      this.#tell(observer => observer.peerFailed?.(session.peerId, reason))
      if (code === 'fault') {
        this.#tell(observer => observer.rejected?.(session.peerId, reason))
      }
      this.#onClosed(session, {})
      void session.close({ code, text: reason }, code === 'fault' ? new PeerFault('invalid-block', reason) : undefined)
    }
  }

  #chainFailed (error: unknown): void {
    if (this.#started) {
      this.#tell(observer => observer.chainFailed?.(error))
    }
  }

  #tell (what: (observer: SyncObserver) => void): void {
    for (const observer of [...this.#observers]) {
      what(observer)
    }
  }
}
