import type { BlockRef } from '@peerwright/interface'
import type { BlockSize } from './block-size.ts'
import type { BlockWindow } from './block-window.ts'
import type { SyncSetting } from './options.ts'
import { servedBy, type SyncPeer } from './peers.ts'
import { judgeStall, StallTimeout } from './stall.ts'

/** What the watch looks at, and what it has done. */
export interface StallWatchParts {
  readonly setting: SyncSetting
  readonly peers: ReadonlyMap<object, SyncPeer>
  readonly window: BlockWindow<SyncPeer>
  readonly size: BlockSize
  /** `helper` is to be asked for what `peer` holds up */
  readonly onHelp: (peer: SyncPeer, helper: SyncPeer) => void
  /** The peer is to be dropped */
  readonly onDrop: (peer: SyncPeer, heldMs: number) => void
}

/** Looks for peers that hold up the window while others have nothing to do. */
export class StallWatch {
  readonly #parts: StallWatchParts
  readonly #timeout: StallTimeout
  /** Peers that others wait for, and since when */
  readonly #held = new Map<SyncPeer, number>()

  constructor (parts: StallWatchParts) {
    const { stallTimeoutMs, maxStallTimeoutMs } = parts.setting
    this.#parts = parts
    this.#timeout = new StallTimeout({ minMs: stallTimeoutMs, maxMs: maxStallTimeoutMs })
  }

  /** A block connected. */
  connected (): void {
    this.#timeout.connected()
  }

  /** A peer is gone. */
  gone (peer: SyncPeer): void {
    this.#held.delete(peer)
  }

  reset (): void {
    this.#held.clear()
  }

  /** Called regularly. */
  check (nowMs: number): void {
    const base = this.#parts.window.lowestMissing()
    if (base === undefined) {
      this.#held.clear()
      return
    }
    const asker = [...base.askers][0]
    const helper = asker && this.#helper(base.ref, asker, nowMs)
    // When nobody has time for it, or nobody else has the block, there is no reason to blame anyone
    if (asker !== undefined && helper !== undefined && !this.#held.has(asker)) {
      this.#held.set(asker, nowMs)
    }
    for (const [peer, sinceMs] of [...this.#held]) {
      const blocks = helper !== undefined && peer === asker
      // Those that moved again are forgotten; those whose blocks others brought meanwhile still have to show that they live
      if (!blocks && (peer.seenMs > sinceMs || peer.requests.size === 0)) {
        this.#held.delete(peer)
      } else {
        this.#treat(peer, blocks ? base.askers.size : 0, helper, nowMs)
      }
    }
  }

  #treat (peer: SyncPeer, askers: number, helper: SyncPeer | undefined, nowMs: number): void {
    const { setting, size, onDrop, onHelp } = this.#parts
    const sinceMs = this.#held.get(peer) ?? nowMs
    const othersDelivered = [...this.#parts.peers.values()].some(other => other !== peer && other.deliveredMs > peer.seenMs)
    const judgement = judgeStall({
      waitedMs: nowMs - sinceMs,
      quietMs: nowMs - Math.max(peer.seenMs, sinceMs),
      patienceMs: this.#timeout.ms,
      usualMs: Math.min(setting.maxStallTimeoutMs, size.usualMs),
      othersDelivered,
      askers
    })
    if (judgement === 'drop') {
      this.#timeout.doubled()
      this.#held.delete(peer)
      onDrop(peer, nowMs - sinceMs)
    } else if (judgement === 'help' && helper !== undefined) {
      if (!othersDelivered) {
        this.#timeout.doubled()
      }
      onHelp(peer, helper)
    }
  }

  /** A peer that has nothing to do and could bring a block. */
  #helper (ref: BlockRef, asker: SyncPeer, nowMs: number): SyncPeer | undefined {
    const { peers, setting: { chain } } = this.#parts
    return [...peers.values()].find(peer => {
      return peer !== asker && peer.requests.size === 0 && peer.session.open && nowMs >= peer.busyUntilMs && servedBy(peer, chain, nowMs)(ref)
    })
  }
}
