import { BoundedMap, PeerFault } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import { factsOfProtocol } from './channel-facts.ts'

/** Peers remembered. Source: the plan of the node's slots, four hundred times over; 10,000 entries are 1 MB. */
export const STICKY_PEERS = 10_000

/** How long a peer is held to its last hybrid channel, in milliseconds: 30 days. Longer locks out whoever turns it off for a reason. */
export const STICKY_EXPIRY_MS = 2_592_000_000

/** One remembered peer: its id, and when its last hybrid channel was, in milliseconds since 1970. */
export type StickyEntry = readonly [PeerIdText, number]

/** What a peer has said of its channels, its signatures checked: `checkWithdrawal` of `@peerwright/identity` gives it. */
export interface HybridWithdrawal {
  readonly peerId: PeerIdText
  /** What it will offer from now on */
  readonly encrypters: readonly string[]
  /** When it was said: seconds since the Unix epoch */
  readonly timeSeconds: number
}

/** Which peers we dialled had a hybrid channel, and when last. Bounded: the one that was not seen for longest leaves. */
export class StickyMemory {
  readonly #seen: BoundedMap<PeerIdText, number>
  readonly #expiryMs: number
  #revision = 0

  /** `entries` as `entries()` gave them; of more than fit the last ones stay. */
  constructor (entries: Iterable<StickyEntry> = [], { limit = STICKY_PEERS, expiryMs = STICKY_EXPIRY_MS }: { readonly limit?: number, readonly expiryMs?: number } = {}) {
    this.#seen = new BoundedMap(limit)
    this.#expiryMs = expiryMs
    for (const [peer, seenMs] of entries) {
      this.#seen.set(peer, seenMs)
    }
  }

  /** Changes with each change: whoever stores it knows whether there is anything to store. */
  get revision (): number {
    return this.#revision
  }

  get size (): number {
    return this.#seen.size
  }

  /** A hybrid channel with this peer: the time counts anew. */
  remember (peer: PeerIdText, nowMs: number): void {
    this.#seen.set(peer, nowMs)
    this.#revision++
  }

  /** When the last hybrid channel was, unless that is too long ago. A clock that went back makes it no younger than it is. */
  seen (peer: PeerIdText, nowMs: number): number | undefined {
    const seenMs = this.#seen.get(peer)
    if (seenMs !== undefined && nowMs - seenMs > this.#expiryMs) {
      this.forget(peer)
      return undefined
    }
    return seenMs
  }

  /** Takes the peer as if it had never been seen. @returns whether it was known */
  forget (peer: PeerIdText): boolean {
    this.#revision++
    return this.#seen.delete(peer)
  }

  /**
   * Forgets a peer on its own word. A word that is not younger than the last hybrid channel is an old one, said again by somebody.
   *
   * @returns whether it was known
   * @throws PeerFault `hybrid-offered`, `stale-withdrawal`
   */
  withdraw ({ peerId, encrypters, timeSeconds }: HybridWithdrawal, nowMs: number): boolean {
    checkWithdrawn(encrypters)
    const seenMs = this.seen(peerId, nowMs)
    if (seenMs === undefined) {
      return false
    }
    if (timeSeconds * 1_000 <= seenMs) {
      throw new PeerFault('stale-withdrawal', 'a withdrawal is not younger than the last hybrid channel with its peer', { offence: 'ambiguous' })
    }
    return this.forget(peerId)
  }

  /** All that is remembered, the oldest first. */
  entries (): readonly StickyEntry[] {
    return [...this.#seen]
  }
}

/** Whether a withdrawal of the hybrid is one. @throws PeerFault `hybrid-offered` */
export function checkWithdrawn (encrypters: readonly string[]): void {
  if (encrypters.some(encrypter => factsOfProtocol(encrypter).pq)) {
    throw new PeerFault('hybrid-offered', 'a withdrawal of the hybrid goes on offering one')
  }
}
