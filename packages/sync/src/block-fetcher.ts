import { ByteReader, OperationError, PeerFault } from '@peerwright/core'
import type { BlockHeader, BlockId, BlockRef, BlockVerdict, RequestAnswer } from '@peerwright/interface'
import { encodeInventory, INVENTORY_WITNESS_BLOCK, messageType } from '@peerwright/protocol-messages'
import { BlockSize } from './block-size.ts'
import { BlockWindow } from './block-window.ts'
import { busyMs } from './busy.ts'
import { BUSY_MS, CHAIN_RETRY_MS, LACKING_MS, MAX_BLOCKS_PER_REQUEST, MAX_PENDING_BYTES, MAX_REQUESTS_PER_PEER } from './constants.ts'
import type { SyncSetting } from './options.ts'
import { servedBy, type SyncPeer } from './peers.ts'
import { StallWatch } from './stall-watch.ts'

const GETDATA = messageType('getdata')
const BLOCK = messageType('block')

/** What the fetcher tells of its work. */
export interface FetcherEvents {
  /** A peer delivered a block that was wanted */
  readonly onBlock: (peer: SyncPeer, sizeBytes: number) => void
  /** Blocks of a peer do no good: it is to be dropped */
  readonly onFailure: (peer: SyncPeer, code: 'fault' | 'slow' | 'timeout', reason: string) => void
  /** Our own chain failed to take a block */
  readonly onChainFailed: (error: unknown) => void
}

/**
 * Fetches the blocks of the window from all peers at once. The chain is given them as they come, in any order, and reading is
 * held while it lags.
 */
export class BlockFetcher {
  readonly #setting: SyncSetting
  readonly #peers: ReadonlyMap<object, SyncPeer>
  readonly #events: FetcherEvents
  readonly #window: BlockWindow<SyncPeer>
  readonly #stall: StallWatch
  readonly #size = new BlockSize()
  #running = false
  /** The chain has named all that is missing: the window cannot grow before there are new headers */
  #drained = false
  /** Somebody could have been asked for more, had there been room */
  #starved = false
  #soon = false
  #restsUntilMs = 0
  #pendingBytes = 0
  #pendingEased: PromiseWithResolvers<void> | undefined

  constructor (setting: SyncSetting, peers: ReadonlyMap<object, SyncPeer>, events: FetcherEvents) {
    this.#setting = setting
    this.#peers = peers
    this.#events = events
    this.#window = new BlockWindow({ maxBlocks: setting.windowBlocks, maxBytes: setting.windowBytes })
    this.#stall = new StallWatch({
      setting,
      peers,
      window: this.#window,
      size: this.#size,
      onHelp: (peer, helper) => { this.#help(peer, helper) },
      onDrop: (peer, heldMs) => { events.onFailure(peer, 'slow', `held up the download for ${Math.round(heldMs)} ms`) }
    })
  }

  /** Whether there is nothing left to ask for or to wait for */
  get idle (): boolean {
    return this.#drained && this.#window.size === 0 && this.#pendingBytes === 0
  }

  start (): void {
    this.#running = true
  }

  /** What is asked for is withdrawn by whoever stops; nothing more is asked. */
  stop (): void {
    this.#running = false
    this.#window.clear()
    this.#drained = false
    this.#stall.reset()
  }

  /** The header chain grew, or turned to another branch: what is not of it is forgotten. */
  headersChanged (sameBranch: boolean): void {
    const { chain } = this.#setting
    this.#drained = false
    if (!sameBranch) {
      const tip = chain.headerTip()
      this.#window.retain(ref => chain.ancestor(tip.id, ref.height) === ref.id)
    }
  }

  /** A block is on the active chain. */
  connected (id: BlockId): void {
    this.#window.connected(id)
    this.#stall.connected()
    if (this.#starved && this.#window.room >= this.#step) {
      this.#fetchSoon()
    }
  }

  /** A peer is gone: what was asked of it is asked elsewhere. */
  gone (peer: SyncPeer): void {
    for (const pending of peer.requests) {
      this.#window.giveBack(peer, pending)
    }
    peer.requests.clear()
    this.#stall.gone(peer)
    this.fetch()
  }

  /** Asks every peer that has room for what it has. */
  fetch (): void {
    const nowMs = this.#setting.clock.monotonic()
    if (!this.#running || nowMs < this.#restsUntilMs) {
      return
    }
    this.#refill()
    const able = [...this.#peers.values()].filter(peer => {
      return peer.session.open && nowMs >= peer.busyUntilMs && peer.requests.size < MAX_REQUESTS_PER_PEER
    })
    this.#starved = !this.#drained && able.length > 0
    if (able.length > 0 && this.#window.queued > 0) {
      const share = this.#share(nowMs)
      for (let round = 0; round < MAX_REQUESTS_PER_PEER; round++) {
        for (const peer of able) {
          this.#fetchFrom(peer, share, nowMs)
        }
      }
    }
  }

  /** Looks for a peer that holds up the window; called regularly. */
  checkStall (nowMs: number): void {
    this.#look(nowMs)
    this.fetch()
    this.#stall.check(nowMs)
  }

  /** An idle peer is asked for what another one holds up. */
  #help (peer: SyncPeer, helper: SyncPeer): void {
    const nowMs = this.#setting.clock.monotonic()
    const count = Math.max(1, Math.min(MAX_BLOCKS_PER_REQUEST, Math.floor(helper.session.bulkCredit() / this.#size.bytes)))
    const refs = this.#window.heldUpBy(peer, count).filter(servedBy(helper, this.#setting.chain, nowMs))
    for (const { id } of refs) {
      this.#window.askAlso(id, helper)
    }
    if (refs.length > 0) {
      void this.#ask(helper, refs)
    }
  }

  /** Bytes are progress, whatever they are part of. */
  #look (nowMs: number): void {
    for (const peer of this.#peers.values()) {
      const { bytesIn } = peer.session.facts
      if (bytesIn !== peer.seenBytes) {
        peer.seenBytes = bytesIn
        peer.seenMs = nowMs
      }
    }
  }

  /** Room that makes it worth while to ask again: not for every block */
  get #step (): number {
    return Math.max(1, Math.min(MAX_BLOCKS_PER_REQUEST, this.#setting.windowBlocks >> 4))
  }

  #fetchSoon (): void {
    if (!this.#soon) {
      this.#soon = true
      queueMicrotask(() => {
        this.#soon = false
        this.fetch()
      })
    }
  }

  #refill (): void {
    const { room, size } = this.#window
    if (this.#drained || (room < this.#step && size > 0)) {
      return
    }
    const missing = this.#setting.chain.missingBlocks(room, size === 0 ? undefined : this.#window.topHeight)
    this.#drained = missing.length < room
    this.#window.add(missing)
  }

  /** Blocks of a request: a fair part of the window; towards the end, of what is left, so that it does not all wait for one peer. */
  #share (nowMs: number): number {
    const base = this.#window.lowestMissing()?.ref
    let useful = 0
    for (const peer of this.#peers.values()) {
      useful += base !== undefined && peer.session.open && servedBy(peer, this.#setting.chain, nowMs)(base) ? 1 : 0
    }
    const whole = this.#drained ? this.#window.queued : this.#setting.windowBlocks
    return Math.ceil(whole / (MAX_REQUESTS_PER_PEER * Math.max(1, useful)))
  }

  #fetchFrom (peer: SyncPeer, share: number, nowMs: number): void {
    const free = MAX_REQUESTS_PER_PEER - peer.requests.size
    if (this.#window.queued === 0 || free === 0) {
      return
    }
    // Half of the credit for each of its requests: while one is answered the next is on its way
    const affordable = Math.floor(peer.session.bulkCredit() / free / this.#size.bytes)
    const count = Math.min(MAX_BLOCKS_PER_REQUEST, share, Math.max(affordable, peer.requests.size === 0 ? 1 : 0))
    const refs = count < 1 ? [] : this.#window.take(peer, count, servedBy(peer, this.#setting.chain, nowMs), this.#size.bytes)
    if (refs.length > 0) {
      void this.#ask(peer, refs)
    }
  }

  async #ask (peer: SyncPeer, refs: readonly BlockRef[]): Promise<void> {
    const { chain, clock, maxBlockBytes, maxStallTimeoutMs } = this.#setting
    const pending = new Set(refs.map(ref => ref.id))
    if (peer.requests.size === 0) {
      peer.seenMs = clock.monotonic()
    }
    peer.requests.add(pending)
    try {
      const answer = await peer.session.request(
        GETDATA,
        encodeInventory(refs.map(ref => ({ type: INVENTORY_WITNESS_BLOCK, id: chain.codec.idToBytes(ref.id) }))),
        {
          expectedBytes: refs.length * this.#size.bytes,
          maxBytes: refs.length * maxBlockBytes,
          idleTimeoutMs: maxStallTimeoutMs,
          signal: peer.controller.signal,
          onFrame: (type, payload) => this.#onBlock(peer, pending, type, payload)
        }
      )
      this.#onEnd(peer, refs, pending, answer)
    } catch (error) {
      this.#onAskFailed(peer, error)
    } finally {
      peer.requests.delete(pending)
      this.#window.giveBack(peer, pending)
      this.fetch()
    }
  }

  /** What did not come is remembered, so that others are asked. */
  #onEnd (peer: SyncPeer, refs: readonly BlockRef[], pending: ReadonlySet<BlockId>, { end, retryAfterSeconds = 0 }: RequestAnswer): void {
    const nowMs = this.#setting.clock.monotonic()
    if (end === 'busy') {
      peer.busyUntilMs = nowMs + busyMs(peer.busyTimes, retryAfterSeconds)
      peer.busyTimes++
      return
    }
    peer.busyTimes = 0
    if (end === 'pruned') {
      // Certain for the first; the others are looked for elsewhere first, not one round trip each
      const first = refs.find(({ id }) => pending.has(id))
      peer.prunedHeight = Math.max(peer.prunedHeight, first?.height ?? -1)
    }
    for (const id of pending) {
      peer.lacks.set(id, nowMs + LACKING_MS)
    }
  }

  #onAskFailed (peer: SyncPeer, error: unknown): void {
    if (!(error instanceof OperationError)) {
      throw error
    }
    if (error.code === 'timeout') {
      this.#events.onFailure(peer, 'timeout', 'no byte of a block')
    } else {
      // The session is closing, or it cannot ask: in any case not again at once
      peer.busyUntilMs = this.#setting.clock.monotonic() + BUSY_MS
    }
  }

  #onBlock (peer: SyncPeer, pending: Set<BlockId>, type: number, payload: Uint8Array): void | Promise<void> {
    const { chain, clock } = this.#setting
    if (type !== BLOCK) {
      throw new PeerFault('unrequested', 'an answer to getdata that is no block')
    }
    const header = chain.codec.read(new ByteReader(payload))
    const { id } = header
    if (!pending.delete(id)) {
      throw new PeerFault('unrequested', 'a block that was not asked for')
    }
    const nowMs = clock.monotonic()
    this.#size.seen(payload.length, nowMs - peer.seenMs)
    peer.seenBytes = peer.session.facts.bytesIn
    peer.seenMs = nowMs
    if (!this.#window.received(id, payload.length, peer)) {
      return
    }
    peer.deliveredMs = nowMs
    this.#events.onBlock(peer, payload.length)
    this.#pendingBytes += payload.length
    void this.#give(peer, header, payload)
    if (this.#pendingBytes > MAX_PENDING_BYTES) {
      this.#pendingEased ??= Promise.withResolvers()
      return this.#pendingEased.promise
    }
  }

  async #give (peer: SyncPeer, header: BlockHeader, payload: Uint8Array): Promise<void> {
    const { id } = header
    const sizeBytes = payload.length
    try {
      this.#judge(peer, id, await this.#setting.chain.acceptBlock(payload, header))
    } catch (error) {
      const first = this.#restsUntilMs <= this.#setting.clock.monotonic()
      this.#restsUntilMs = this.#setting.clock.monotonic() + CHAIN_RETRY_MS
      this.#window.rejected(id)
      if (first) {
        this.#events.onChainFailed(error)
      }
    }
    this.#pendingBytes -= sizeBytes
    if (this.#pendingBytes <= MAX_PENDING_BYTES / 2) {
      this.#pendingEased?.resolve()
      this.#pendingEased = undefined
    }
  }

  #judge (peer: SyncPeer, id: BlockId, verdict: BlockVerdict): void {
    switch (verdict.status) {
      case 'invalid':
      case 'unknown-header': {
        const reason = verdict.status === 'invalid' ? verdict.reason : 'its header is not known'
        // A block may show another one, kept before, to be no good
        const bad = verdict.id ?? id
        const bringer = this.#window.bringer(bad) ?? peer
        this.#window.rejected(bad)
        this.#events.onFailure(bringer, 'fault', `block ${bad}: ${reason}`)
        break
      }
      case 'stored':
        this.#window.accepted(id)
        break
      case 'duplicate':
      case 'connected':
        // The chain may have told already
        this.#window.connected(id)
    }
  }
}
