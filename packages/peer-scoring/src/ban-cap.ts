import { BoundedMap } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import { BAN_WINDOW_MS, BANNED_AT_LEAST, BANNED_PERCENT, MAX_RULES } from './constants.ts'

/**
 * Keeps one rule from banning the network: a change of rules that both sides see differently must not end in mutual bans
 * (ANCHORS 6.2). Above the bound the rule still ends sessions, but bans nobody.
 */
export class BanCap {
  readonly #banned = new BoundedMap<string, Map<PeerIdText, number>>(MAX_RULES)

  /**
   * Whether a rule may ban one more peer.
   *
   * @param connected - sessions there are now
   */
  allow (rule: string, peerId: PeerIdText, connected: number, nowMs: number): boolean {
    const peers = this.#banned.touch(rule) ?? new Map<PeerIdText, number>()
    this.#banned.set(rule, peers)
    for (const [id, atMs] of peers) {
      if (nowMs - atMs <= BAN_WINDOW_MS) {
        break
      }
      peers.delete(id)
    }
    const room = Math.max(BANNED_AT_LEAST, Math.floor((connected + peers.size) * BANNED_PERCENT / 100))
    if (!peers.has(peerId) && peers.size >= room) {
      return false
    }
    peers.delete(peerId)
    peers.set(peerId, nowMs)
    return true
  }
}
