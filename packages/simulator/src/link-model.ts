import type { Random } from '@peerwright/core'

/** What a way between two hosts is like, in one direction. */
export interface LinkQuality {
  /** Time that a byte is under way, in milliseconds */
  readonly latencyMs: number
  /** At most so much more, drawn for each packet, in milliseconds */
  readonly jitterMs: number
  /** Share of packets that are lost and sent again, 0 to 0.9 */
  readonly loss: number
  /** Bytes per second; Infinity where the way is no bottleneck */
  readonly bytesPerSecond: number
}

/** Of a packet on Ethernet: what TCP carries in it (RFC 9293, 3.7.1, with an MTU of 1,500). */
const SEGMENT_BYTES = 1_460

/** Least time after which TCP sends again what was lost (Linux, TCP_RTO_MIN: 200 ms; RFC 6298 asks for 1 s). */
const MIN_RETRANSMIT_MS = 200

/** 2^32, to draw shares. */
const DRAWS = 0x1_0000_0000

/**
 * One direction of a TCP connection, as far as its user sees it: bytes come in order, and whole; what is lost comes later, and what was
 * sent after it waits. Nothing happens here but arithmetic.
 */
export class LinkModel {
  readonly quality: LinkQuality
  readonly #random: Random
  #busyUntilMs = 0
  #lastArrivalMs = 0

  constructor (quality: LinkQuality, random: Random) {
    this.quality = quality
    this.#random = random
  }

  /** Until when what was sent so far is being put on the wire */
  get busyUntilMs (): number {
    return this.#busyUntilMs
  }

  /** Sends so many bytes. @returns when the last of them arrives */
  send (sizeBytes: number, nowMs: number): number {
    const { latencyMs, jitterMs, bytesPerSecond } = this.quality
    this.#busyUntilMs = Math.max(nowMs, this.#busyUntilMs) + 1_000 * sizeBytes / bytesPerSecond
    const jitter = jitterMs === 0 ? 0 : jitterMs * this.#share()
    const arrivalMs = this.#busyUntilMs + latencyMs + jitter + this.#resentMs(sizeBytes)
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivalMs)
    return this.#lastArrivalMs
  }

  /** Time that the worst of the segments loses; each further loss of the same one doubles the wait. */
  #resentMs (sizeBytes: number): number {
    const { loss, latencyMs } = this.quality
    if (loss === 0) {
      return 0
    }
    let worstMs = 0
    for (let segments = Math.ceil(sizeBytes / SEGMENT_BYTES); segments > 0; segments--) {
      let waitMs = Math.max(MIN_RETRANSMIT_MS, 2 * latencyMs)
      let lostMs = 0
      while (this.#share() < loss) {
        lostMs += waitMs
        waitMs *= 2
      }
      worstMs = Math.max(worstMs, lostMs)
    }
    return worstMs
  }

  #share (): number {
    return this.#random.below(DRAWS) / DRAWS
  }
}
