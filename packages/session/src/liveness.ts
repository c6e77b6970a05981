import type { Clock, Random, Timer } from '@peerwright/core'
import type { PeerFacts } from '@peerwright/interface'
import { NONCE_BYTES } from './constants.ts'
import { nextPingEventMs, pingDue, pingExpired, type PingRules, pingSent, type PingState, pongReceived, startPinging } from './ping.ts'

/** What watching over a peer needs. */
export interface LivenessParts {
  readonly clock: Clock
  readonly random: Random
  readonly rules: PingRules
  /** A peer without a byte for this long is dead, in milliseconds */
  readonly idleTimeoutMs: number
  /** Gets the round trips */
  readonly facts: PeerFacts
  readonly sendPing: (nonce: bigint) => void
  /** It does not answer, or fell silent */
  readonly onDead: () => void
}

/** Pings a peer and notices when it is gone. */
export class Liveness {
  readonly #parts: LivenessParts
  #ping: PingState
  #lastByteMs: number
  #timer: Timer | undefined
  #probes: Array<(alive: boolean) => void> = []
  #stopped = false

  constructor (parts: LivenessParts) {
    this.#parts = parts
    this.#lastByteMs = parts.clock.monotonic()
    this.#ping = startPinging(this.#lastByteMs)
  }

  /** Bytes arrived. */
  onBytes (): void {
    this.#lastByteMs = this.#parts.clock.monotonic()
  }

  /** A pong arrived. */
  onPong (nonce: bigint): void {
    const { clock, rules, facts } = this.#parts
    const { state, rttMs } = pongReceived(this.#ping, nonce, rules, clock.monotonic())
    this.#ping = state
    if (rttMs !== undefined) {
      facts.rttMs = rttMs
      facts.minRttMs = Math.min(rttMs, facts.minRttMs ?? rttMs)
      this.#settle(true)
      this.watch()
    }
  }

  /** Asks the peer to show that it is alive. */
  async probe (timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = this.#parts.clock.schedule(timeoutMs, () => { resolve(false) })
    this.#probes.push(resolve)
    // Any answer to any ping will do, and there may be one on its way already
    if (this.#stopped) {
      resolve(false)
    } else if (this.#ping.phase === 'resting') {
      this.#send()
    }
    const alive = await promise
    timer.cancel()
    this.#probes = this.#probes.filter(probe => probe !== resolve)
    return alive
  }

  /** Pings when it is time, and tells of a peer that does not answer or falls silent; from here on until it is stopped. */
  watch (): void {
    this.#timer?.cancel()
    if (this.#stopped) {
      return
    }
    const { clock, rules, idleTimeoutMs, onDead } = this.#parts
    const nowMs = clock.monotonic()
    if (pingExpired(this.#ping, rules, nowMs) || nowMs - this.#lastByteMs >= idleTimeoutMs) {
      onDead()
      return
    }
    if (pingDue(this.#ping, nowMs)) {
      this.#send()
    }
    const nextMs = Math.min(nextPingEventMs(this.#ping, rules), this.#lastByteMs + idleTimeoutMs)
    this.#timer = clock.schedule(Math.max(1, nextMs - nowMs), () => { this.watch() })
  }

  stop (): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#settle(false)
  }

  #send (): void {
    const nonce = new DataView(this.#parts.random.bytes(NONCE_BYTES).buffer).getBigUint64(0)
    this.#ping = pingSent(nonce, this.#parts.clock.monotonic())
    this.#parts.sendPing(nonce)
  }

  #settle (alive: boolean): void {
    for (const probe of this.#probes.splice(0)) {
      probe(alive)
    }
  }
}
