import { BoundedMap, type Clock, OperationError, PeerFault, type Timer } from '@peerwright/core'
import type { Chain, ChainPoint, GoodbyeCode, Network, PeerIdText, PeerSession } from '@peerwright/interface'
import { decodeTip, encodeTip, messageType } from '@peerwright/protocol-messages'
import { BlockFetcher } from './block-fetcher.ts'
import { ANNOUNCE_INTERVAL_MS, LEADER_COOLDOWN_MS, TICK_MS, TIP_REFRESH_MS } from './constants.ts'
import { HeaderRound, type LeadResult } from './header-sync.ts'
import { type SyncInit, type SyncSetting, validateSyncInit } from './options.ts'
import { chooseLeader, newPeer, type SyncPeer } from './peers.ts'
import { type PeerProgress, phaseOf, type SyncObserver, type SyncPhase, type SyncProgress } from './progress.ts'
import { Serving } from './serving.ts'

const GET_TIP = messageType('get-tip')
const TIP = messageType('tip')
const EMPTY = new Uint8Array(0)

/** Peers whose share of the blocks is remembered for the progress report. Chosen: enough for a report, bounded. */
const MAX_REPORTED_PEERS = 64

/** How a node catches up and stays there. */
export class Sync {
  readonly #setting: SyncSetting
  readonly #network: Network
  readonly #chain: Chain
  readonly #clock: Clock
  readonly #peers = new Map<PeerSession, SyncPeer>()
  readonly #fetcher: BlockFetcher
  readonly #observers = new Set<SyncObserver>()
  readonly #given = new BoundedMap<PeerIdText, { blocks: number, bytes: number }>(MAX_REPORTED_PEERS)
  #phase: SyncPhase = 'bootstrap'
  #unsubscribe: Array<() => void> = []
  #tick: Timer | undefined
  #announcement: Timer | undefined
  #announcedMs = -Infinity
  #askedTipsMs = 0
  #leading = false
  #started = false
  #lastHeaderTip: ChainPoint
  #headers = 0
  #blocks = 0
  #bytes = 0

  constructor (init: SyncInit) {
    this.#setting = validateSyncInit(init)
    this.#network = init.network
    this.#chain = init.chain
    this.#clock = this.#setting.clock
    this.#lastHeaderTip = init.chain.headerTip()
    this.#fetcher = new BlockFetcher(this.#setting, this.#peers, {
      onBlock: (peer, sizeBytes) => { this.#onBlock(peer, sizeBytes) },
      onFailure: (peer, code, reason) => { this.#drop(peer, code, reason) }
    })
    this.#network.handle({
      owner: 'sync',
      live: {
        [GET_TIP]: session => { session.send(TIP, this.#ourTip()) },
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
    this.#unsubscribe = [
      this.#network.observe({
        opened: session => { this.#onOpened(session) },
        closed: session => { this.#onClosed(session) }
      }),
      this.#chain.observe({
        headers: tip => { this.#onHeaderTip(tip) },
        connected: point => { this.#onConnected(point) },
        disconnected: point => { this.#tell(observer => observer.reorg?.(point)) }
      })
    ]
    for (const session of this.#network.sessions()) {
      this.#onOpened(session)
    }
    this.#onTick()
  }

  /** Withdraws all requests and stops; `start` goes on where it stood. */
  stop (): void {
    this.#started = false
    this.#tick?.cancel()
    this.#announcement?.cancel()
    this.#announcement = undefined
    for (const unsubscribe of this.#unsubscribe.splice(0)) {
      unsubscribe()
    }
    for (const peer of this.#peers.values()) {
      peer.controller.abort()
    }
    this.#peers.clear()
    this.#fetcher.reset()
  }

  /** @returns a function that ends the subscription */
  observe (observer: SyncObserver): () => void {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }

  /** Where it stands now. */
  progress (): SyncProgress {
    const tip = this.#chain.tip()
    const headerTip = this.#chain.headerTip()
    const heights = [...this.#peers.values()].map(peer => peer.session.facts.tip?.height ?? 0)
    const peers: PeerProgress[] = [...this.#given].map(([peerId, given]) => ({ peerId, ...given }))
    return {
      phase: this.#phase,
      height: tip.height,
      headerHeight: headerTip.height,
      targetHeight: Math.max(headerTip.height, ...heights),
      headers: this.#headers,
      blocks: this.#blocks,
      bytes: this.#bytes,
      peers: peers.sort((a, b) => b.bytes - a.bytes)
    }
  }

  /**
   * Resolves when the node stands at the best tip it has heard of.
   *
   * @throws OperationError `aborted`
   */
  async synced (signal?: AbortSignal): Promise<SyncProgress> {
    if (this.#phase === 'maintenance') {
      return this.progress()
    }
    return await new Promise((resolve, reject) => {
      const abort = (): void => {
        unsubscribe()
        reject(new OperationError('aborted', 'nobody waits for the sync any more'))
      }
      const unsubscribe = this.observe({
        phase: (phase, progress) => {
          if (phase === 'maintenance') {
            unsubscribe()
            signal?.removeEventListener('abort', abort)
            resolve(progress)
          }
        }
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  #onOpened (session: PeerSession): void {
    this.#peers.set(session, newPeer(session, this.#clock.monotonic()))
    session.send(GET_TIP, EMPTY)
    this.#update()
  }

  #onClosed (session: PeerSession): void {
    const peer = this.#peers.get(session)
    if (peer !== undefined) {
      this.#peers.delete(session)
      peer.controller.abort()
      this.#fetcher.gone(peer)
      this.#update()
    }
  }

  #onTip (session: PeerSession, payload: Uint8Array): void {
    const { id, height, work } = decodeTip(payload)
    session.facts.tip = { id: this.#chain.codec.idFromBytes(id), height, work }
    this.#update()
  }

  #onHeaderTip (tip: ChainPoint): void {
    const last = this.#lastHeaderTip
    this.#lastHeaderTip = tip
    if (this.#chain.ancestor(tip.id, last.height) !== last.id) {
      this.#fetcher.reset()
    }
  }

  #onConnected (point: ChainPoint): void {
    this.#fetcher.connected(point.id)
    if (point.height >= this.#chain.headerTip().height) {
      this.#update()
    }
    this.#announceSoon()
  }

  #onBlock (peer: SyncPeer, sizeBytes: number): void {
    this.#blocks++
    this.#bytes += sizeBytes
    const { peerId, facts } = peer.session
    const given = this.#given.touch(peerId) ?? { blocks: 0, bytes: 0 }
    given.blocks++
    given.bytes += sizeBytes
    this.#given.set(peerId, given)
    facts.blocks = given.blocks
    facts.lastBlockMs = this.#clock.monotonic()
  }

  /** Every few hundred milliseconds: stalls, and tips that were told long ago. */
  #onTick (): void {
    if (!this.#started) {
      return
    }
    const nowMs = this.#clock.monotonic()
    this.#fetcher.checkStall(nowMs)
    if (nowMs - this.#askedTipsMs >= TIP_REFRESH_MS) {
      this.#askedTipsMs = nowMs
      for (const { session } of this.#peers.values()) {
        session.send(GET_TIP, EMPTY)
      }
    }
    this.#update()
    this.#tick = this.#clock.schedule(TICK_MS, () => { this.#onTick() })
  }

  /** Something changed: sees to it that headers and blocks are fetched, and tells the phase. */
  #update (): void {
    if (!this.#started) {
      return
    }
    const leader = chooseLeader(this.#peers.values(), this.#chain.headerTip().work, this.#clock.monotonic())
    if (leader !== undefined && !this.#leading) {
      void this.#followLeader(leader)
    }
    if (this.#setting.mode === 'full') {
      this.#fetcher.fetch()
    }
    this.#setPhase()
  }

  async #followLeader (leader: SyncPeer): Promise<void> {
    this.#leading = true
    const round = new HeaderRound(this.#setting, leader.session, leader.controller.signal)
    try {
      let current: SyncPeer | undefined = leader
      // Another peer with more work takes over between two messages
      while (current === leader && this.#started) {
        const result = await round.next()
        if (!this.#judge(leader, result)) {
          break
        }
        this.#setPhase()
        this.#fetcher.fetch()
        current = chooseLeader(this.#peers.values(), this.#chain.headerTip().work, this.#clock.monotonic())
      }
    } catch (error) {
      this.#setAside(leader, error instanceof Error ? error.message : 'unknown')
      if (error instanceof PeerFault) {
        this.#drop(leader, 'fault', error.code)
      }
    } finally {
      this.#leading = false
      this.#update()
    }
  }

  /** @returns whether the leader may go on */
  #judge (leader: SyncPeer, result: LeadResult): boolean {
    switch (result.status) {
      case 'progress':
        this.#headers += result.added
        return true
      case 'empty':
        // It promised more than it can show
        this.#setAside(leader, 'no headers, though its tip has more work')
        return false
      case 'low-work':
        this.#drop(leader, 'low-work', 'its chain has less than the minimum work')
        return false
      case 'invalid':
        this.#drop(leader, 'fault', result.reason)
        return false
    }
  }

  #setAside (peer: SyncPeer, reason: string): void {
    peer.leadsAfterMs = this.#clock.monotonic() + LEADER_COOLDOWN_MS
    this.#tell(observer => observer.peerFailed?.(peer.session.peerId, reason))
  }

  #drop (peer: SyncPeer, code: GoodbyeCode, reason: string): void {
    const { session } = peer
    this.#tell(observer => observer.peerFailed?.(session.peerId, reason))
    if (code === 'fault') {
      this.#tell(observer => observer.rejected?.(session.peerId, reason))
    }
    void session.close({ code, text: reason })
    this.#onClosed(session)
  }

  #setPhase (): void {
    const nowMs = this.#clock.monotonic()
    let bestWork: bigint | undefined
    for (const { session, leadsAfterMs } of this.#peers.values()) {
      const work = nowMs < leadsAfterMs ? undefined : session.facts.tip?.work
      if (work !== undefined && (bestWork === undefined || work > bestWork)) {
        bestWork = work
      }
    }
    const headerTip = this.#chain.headerTip()
    const phase = phaseOf({
      sessions: this.#peers.size, bestWork, headerWork: headerTip.work, headerTip: headerTip.id, tip: this.#chain.tip().id, mode: this.#setting.mode
    })
    if (phase !== this.#phase) {
      this.#phase = phase
      const progress = this.progress()
      this.#tell(observer => observer.phase?.(phase, progress))
    }
  }

  /** Our new tip: at once, but not more often than once a second, and always the last one. */
  #announceSoon (): void {
    if (this.#announcement !== undefined || !this.#started) {
      return
    }
    const waitMs = Math.max(0, this.#announcedMs + ANNOUNCE_INTERVAL_MS - this.#clock.monotonic())
    this.#announcement = this.#clock.schedule(waitMs, () => {
      this.#announcement = undefined
      this.#announcedMs = this.#clock.monotonic()
      const tip = this.#ourTip()
      for (const { session } of this.#peers.values()) {
        session.send(TIP, tip)
      }
    })
  }

  #ourTip (): Uint8Array {
    const { id, height, work } = this.#chain.tip()
    return encodeTip({ id: this.#chain.codec.idToBytes(id), height, work })
  }

  #tell (what: (observer: SyncObserver) => void): void {
    for (const observer of [...this.#observers]) {
      what(observer)
    }
  }
}
