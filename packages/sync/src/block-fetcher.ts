import { ByteReader, OperationError, PeerFault } from '@peerwright/core'
import type { BlockId, BlockRef, BlockVerdict } from '@peerwright/interface'
import { encodeInventory, INVENTORY_WITNESS_BLOCK, messageType } from '@peerwright/protocol-messages'
import { BlockWindow } from './block-window.ts'
import { INITIAL_BLOCK_BYTES, MAX_BLOCKS_PER_REQUEST, MAX_PENDING_BYTES, MAX_REQUESTS_PER_PEER } from './constants.ts'
import type { SyncSetting } from './options.ts'
import { servedBy, type SyncPeer } from './peers.ts'
import { StallTimeout } from './stall.ts'

const GETDATA = messageType('getdata')
const BLOCK = messageType('block')

/** What the fetcher tells of its work. */
export interface FetcherEvents {
  /** A peer delivered a block that was wanted */
  readonly onBlock: (peer: SyncPeer, sizeBytes: number) => void
  /** Blocks of a peer do no good: it is to be dropped */
  readonly onFailure: (peer: SyncPeer, code: 'fault' | 'slow' | 'timeout', reason: string) => void
}

/**
 * Fetches the blocks of the window from all peers at once. Blocks are the smallest unit of work; the chain is given them as
 * they come, in any order, and reading is held while it lags.
 */
export class BlockFetcher {
  readonly #setting: SyncSetting
  readonly #peers: ReadonlyMap<object, SyncPeer>
  readonly #events: FetcherEvents
  readonly #window: BlockWindow<SyncPeer>
  readonly #stall: StallTimeout
  #blockBytes = INITIAL_BLOCK_BYTES
  #pendingBytes = 0
  #pendingEased: PromiseWithResolvers<void> | undefined
  #blockedSinceMs: number | undefined

  constructor (setting: SyncSetting, peers: ReadonlyMap<object, SyncPeer>, events: FetcherEvents) {
    this.#setting = setting
    this.#peers = peers
    this.#events = events
    this.#window = new BlockWindow({ maxBlocks: setting.windowBlocks, maxBytes: setting.windowBytes })
    this.#stall = new StallTimeout({ minMs: setting.stallTimeoutMs, maxMs: setting.maxStallTimeoutMs })
  }

  /** The header chain turned to another branch: what is wanted is looked up anew. */
  reset (): void {
    this.#window.clear()
    this.#blockedSinceMs = undefined
  }

  /** A block is on the active chain. */
  connected (id: BlockId): void {
    this.#window.connected(id)
    this.#stall.connected()
    this.#blockedSinceMs = undefined
  }

  /** A peer is gone: what was asked of it is asked elsewhere. */
  gone (peer: SyncPeer): void {
    for (const pending of peer.requests) {
      this.#window.giveBack(peer, pending)
    }
    peer.requests.clear()
    this.fetch()
  }

  /** Asks every peer that has room for what it has. */
  fetch (): void {
    this.#refill()
    for (const peer of this.#peers.values()) {
      this.#fetchFrom(peer)
    }
  }

  /** Looks for a peer that holds up the window; called regularly. */
  checkStall (nowMs: number): void {
    const base = this.#window.lowestMissing()
    // Only when everything else is done or asked for does the lowest block hold the others up
    if (base === undefined || base.askers.size === 0 || !this.#blocked()) {
      this.#blockedSinceMs = undefined
      return
    }
    this.#blockedSinceMs ??= nowMs
    const asker = [...base.askers][0] as SyncPeer
    if (asker.session.facts.bytesIn !== asker.seenBytes) {
      asker.seenBytes = asker.session.facts.bytesIn
      asker.seenMs = nowMs
    }
    const quietMs = nowMs - Math.max(asker.seenMs, this.#blockedSinceMs)
    if (quietMs >= this.#stall.ms) {
      this.#stall.dropped()
      this.#blockedSinceMs = undefined
      this.#events.onFailure(asker, 'slow', `held up the download for ${quietMs} ms`)
    } else if (base.askers.size === 1 && nowMs - this.#blockedSinceMs >= this.#stall.ms) {
      // It sends, but so slowly that others wait: whoever brings the block first
      this.#askAnother(base.ref, asker)
    }
  }

  /** Whether nothing is left to ask for while peers are idle. */
  #blocked (): boolean {
    return this.#window.queued === 0 && [...this.#peers.values()].some(peer => peer.requests.size === 0)
  }

  #refill (): void {
    const { chain } = this.#setting
    const { room } = this.#window
    // Looking up is not free: not for every block, but before peers run dry
    if (room === 0 || this.#window.queued > MAX_BLOCKS_PER_REQUEST) {
      return
    }
    const above = this.#window.size === 0 ? undefined : this.#window.topHeight
    this.#window.add(chain.missingBlocks(room, above))
  }

  #fetchFrom (peer: SyncPeer): void {
    const { session } = peer
    if (this.#window.queued === 0 || peer.requests.size >= MAX_REQUESTS_PER_PEER || !session.open) {
      return
    }
    const serves = servedBy(peer, this.#setting.chain)
    while (peer.requests.size < MAX_REQUESTS_PER_PEER) {
      // A fair share, so that the last blocks do not all wait for one peer
      const share = Math.ceil(this.#window.queued / (MAX_REQUESTS_PER_PEER * this.#peers.size))
      const affordable = Math.floor(session.bulkCredit() / this.#blockBytes)
      const idle = peer.requests.size === 0
      const count = Math.min(MAX_BLOCKS_PER_REQUEST, share, Math.max(affordable, idle ? 1 : 0))
      const refs = count < 1 ? [] : this.#window.take(peer, count, serves)
      if (refs.length === 0) {
        return
      }
      void this.#ask(peer, refs)
    }
  }

  #askAnother (ref: BlockRef, asker: SyncPeer): void {
    const other = [...this.#peers.values()].find(peer => {
      return peer !== asker && peer.requests.size === 0 && peer.session.open && servedBy(peer, this.#setting.chain)(ref)
    })
    if (other !== undefined) {
      this.#window.askAlso(ref.id, other)
      void this.#ask(other, [ref])
    }
  }

  async #ask (peer: SyncPeer, refs: readonly BlockRef[]): Promise<void> {
    const { chain, maxBlockBytes, maxStallTimeoutMs } = this.#setting
    const pending = new Set(refs.map(ref => ref.id))
    peer.requests.add(pending)
    peer.seenBytes = peer.session.facts.bytesIn
    peer.seenMs = this.#setting.clock.monotonic()
    try {
      await peer.session.request(
        GETDATA,
        encodeInventory(refs.map(ref => ({ type: INVENTORY_WITNESS_BLOCK, id: chain.codec.idToBytes(ref.id) }))),
        {
          expectedBytes: refs.length * this.#blockBytes,
          maxBytes: refs.length * maxBlockBytes,
          idleTimeoutMs: maxStallTimeoutMs,
          signal: peer.controller.signal,
          onFrame: (type, payload) => this.#onBlock(peer, pending, type, payload)
        }
      )
      for (const id of pending) {
        peer.lacks.set(id, true)
      }
    } catch (error) {
      if (error instanceof OperationError && error.code === 'timeout') {
        this.#events.onFailure(peer, 'timeout', 'no byte of a block')
      }
    } finally {
      peer.requests.delete(pending)
      this.#window.giveBack(peer, pending)
      this.fetch()
    }
  }

  #onBlock (peer: SyncPeer, pending: Set<BlockId>, type: number, payload: Uint8Array): void | Promise<void> {
    const { chain } = this.#setting
    if (type !== BLOCK) {
      throw new PeerFault('unrequested', 'an answer to getdata that is no block')
    }
    const { id } = chain.codec.read(new ByteReader(payload))
    if (!pending.delete(id)) {
      throw new PeerFault('unrequested', 'a block that was not asked for')
    }
    this.#blockBytes += (payload.length - this.#blockBytes) / 16
    if (!this.#window.received(id, payload.length)) {
      return
    }
    this.#events.onBlock(peer, payload.length)
    this.#pendingBytes += payload.length
    void this.#give(peer, id, payload)
    if (this.#pendingBytes > MAX_PENDING_BYTES) {
      this.#pendingEased ??= Promise.withResolvers()
      return this.#pendingEased.promise
    }
  }

  async #give (peer: SyncPeer, id: BlockId, payload: Uint8Array): Promise<void> {
    const sizeBytes = payload.length
    try {
      this.#judge(peer, id, await this.#setting.chain.acceptBlock(payload))
    } finally {
      this.#pendingBytes -= sizeBytes
      if (this.#pendingBytes <= MAX_PENDING_BYTES / 2) {
        this.#pendingEased?.resolve()
        this.#pendingEased = undefined
      }
    }
  }

  #judge (peer: SyncPeer, id: BlockId, verdict: BlockVerdict): void {
    if (verdict.status === 'invalid' || verdict.status === 'unknown-header') {
      const reason = verdict.status === 'invalid' ? verdict.reason : 'its header is not known'
      this.#window.rejected(id)
      this.#events.onFailure(peer, 'fault', `block ${id}: ${reason}`)
    } else if (verdict.status === 'duplicate') {
      this.#window.connected(id)
    }
  }
}
