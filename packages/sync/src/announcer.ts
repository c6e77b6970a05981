import type { Clock, Timer } from '@peerwright/core'
import type { BlockId, Chain, PeerSession } from '@peerwright/interface'
import { encodeTip, messageType } from '@peerwright/protocol-messages'

const TIP = messageType('tip')

/**
 * Tells peers of our tip: at once, but not more often than the interval allows, and always of the last one. Who told us of it
 * is not told.
 */
export class Announcer {
  readonly #chain: Chain
  readonly #clock: Clock
  readonly #sessions: () => Iterable<PeerSession>
  /** What each session was told last */
  #told = new WeakMap<PeerSession, BlockId>()
  #timer: Timer | undefined
  #announcedMs = -Infinity

  constructor (chain: Chain, clock: Clock, sessions: () => Iterable<PeerSession>) {
    this.#chain = chain
    this.#clock = clock
    this.#sessions = sessions
  }

  /** Our tip changed. */
  changed (intervalMs: number): void {
    this.#timer ??= this.#clock.schedule(Math.max(0, this.#announcedMs + intervalMs - this.#clock.monotonic()), () => {
      this.#timer = undefined
      this.#announce(intervalMs)
    })
  }

  /** A peer asked. */
  answer (session: PeerSession): void {
    this.#send(session)
  }

  stop (): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #announce (intervalMs: number): void {
    const { id } = this.#chain.tip()
    this.#announcedMs = this.#clock.monotonic()
    for (const session of this.#sessions()) {
      if (session.open && session.facts.tip?.id !== id && this.#told.get(session) !== id && !this.#send(session)) {
        // Its queue is full: once more, with whatever is the last then
        this.changed(intervalMs)
      }
    }
  }

  #send (session: PeerSession): boolean {
    const { id, height, work } = this.#chain.tip()
    const sent = session.send(TIP, encodeTip({ id: this.#chain.codec.idToBytes(id), height, work }))
    if (sent) {
      this.#told.set(session, id)
    }
    return sent
  }
}
