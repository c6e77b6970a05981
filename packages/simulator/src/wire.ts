import type { PeerId } from '@libp2p/interface'
import type { LinkModel } from './link-model.ts'
import type { Timeline } from './timeline.ts'
import type { VirtualConnection } from './virtual-connection.ts'

/** The two ends of a connection. */
export type End = 'dialler' | 'listener'

/** What a wire is made of. */
export interface WireParts {
  readonly timeline: Timeline
  /** From the dialler to the listener, and back */
  readonly models: readonly [LinkModel, LinkModel]
  /** Whether bytes pass just now */
  readonly whole: () => boolean
  readonly onEnd: () => void
}

/** What an end hears. */
export interface WireUser {
  /** The other end closed, or cut the wire */
  readonly onClosed: (error: Error | undefined) => void
  /** The handshake asks who is there */
  readonly identify?: () => PeerId
  /** The handshake is done: the other side is this peer, at its end of the connection */
  readonly onSecured?: (peerId: PeerId, theirs: VirtualConnection) => void
}

interface Parcel {
  readonly sizeBytes: number
  readonly deliver: () => void
}

/** Bytes of a connection that are given to the wire before a sender is held: the send buffer of a socket. Source: Linux, tcp_wmem, default 16 KiB to 4 MiB; chosen between. */
const SOCKET_BUFFER_BYTES = 262_144

/**
 * A shorter wait, in milliseconds, is none. Derived: of a time of days a double still tells a millionth of a millisecond, and less would
 * be added to the clock in vain, again and again.
 */
const LEAST_WAIT_MS = 1e-6

/** A connection of TCP between two hosts: each direction in order, each at its own speed. */
export class Wire {
  readonly #parts: WireParts
  readonly #users = new Map<End, WireUser>()
  readonly #closers = new Map<End, () => void>()
  readonly #waiting: Record<End, Parcel[]> = { dialler: [], listener: [] }
  /** Bytes ever sent by both ends, those of handshakes excepted */
  sentBytes = 0
  #broken = false

  constructor (parts: WireParts) {
    this.#parts = parts
  }

  /** Whether nothing passes any more */
  get broken (): boolean {
    return this.#broken
  }

  attach (end: End, user: WireUser): void {
    this.#users.set(end, user)
  }

  /** What an end does when the wire is over for it, whoever ended it. */
  whenOver (end: End, closer: () => void): void {
    this.#closers.set(end, closer)
  }

  /** Who is at the other end of this one; nobody before the connection has arrived there */
  opposite (end: End): WireUser | undefined {
    return this.#users.get(otherEnd(end))
  }

  /** Sends so many bytes; `deliver` runs when they are there. */
  send (from: End, sizeBytes: number, deliver: () => void): void {
    if (this.#broken) {
      return
    }
    this.sentBytes += sizeBytes
    if (!this.#parts.whole() || this.#waiting[from].length > 0) {
      this.#waiting[from].push({ sizeBytes, deliver })
      return
    }
    const { timeline } = this.#parts
    const nowMs = timeline.monotonic()
    timeline.schedule(this.#model(from).send(sizeBytes, nowMs) - nowMs, () => {
      if (!this.#broken) {
        deliver()
      }
    })
  }

  /** What waited for the internet to be whole is sent. */
  resume (): void {
    for (const end of ['dialler', 'listener'] as const) {
      for (const { sizeBytes, deliver } of this.#waiting[end].splice(0)) {
        this.send(end, sizeBytes, deliver)
      }
    }
  }

  /** How long an end has to wait until there is room for more, in milliseconds; 0 when there is */
  roomInMs (from: End): number {
    const { busyUntilMs, quality: { bytesPerSecond } } = this.#model(from)
    const backlogMs = busyUntilMs - this.#parts.timeline.monotonic()
    const waitMs = backlogMs - 1_000 * SOCKET_BUFFER_BYTES / bytesPerSecond
    return waitMs < LEAST_WAIT_MS ? 0 : waitMs
  }

  /** Closes after what was sent has arrived. */
  close (from: End): void {
    this.send(from, 0, () => { this.#end(from) })
  }

  /** Cuts: what is under way is lost; the other end hears of it if it hears anything. */
  cut (from: End, error: Error): void {
    if (this.#broken) {
      return
    }
    this.#broken = true
    this.#parts.onEnd()
    this.#over(from)
    const { timeline, whole } = this.#parts
    if (whole()) {
      timeline.schedule(this.#model(from).quality.latencyMs, () => { this.#tell(otherEnd(from), error) })
    }
  }

  #end (from: End): void {
    if (!this.#broken) {
      this.#broken = true
      this.#parts.onEnd()
      this.#over(from)
      this.#tell(otherEnd(from), undefined)
    }
  }

  #tell (end: End, error: Error | undefined): void {
    this.#users.get(end)?.onClosed(error)
    this.#over(end)
  }

  #over (end: End): void {
    const closer = this.#closers.get(end)
    this.#closers.delete(end)
    closer?.()
  }

  #model (from: End): LinkModel {
    return this.#parts.models[from === 'dialler' ? 0 : 1]
  }
}

function otherEnd (end: End): End {
  return end === 'dialler' ? 'listener' : 'dialler'
}
