import { type NetAddress, OperationError, type Random } from '@peerwright/core'
import { LinkModel, type LinkQuality } from './link-model.ts'
import type { Timeline } from './timeline.ts'
import { Wire } from './wire.ts'

/** A machine on the virtual internet. */
export interface Host {
  /** As text, such as `12.3.4.5` */
  readonly ip: string
  /** Number of the autonomous system that it is in */
  readonly as: number
}

/** Takes the connections to a port. */
export interface Listener {
  /** A connection arrives. Who does not want it cuts the wire */
  readonly onConnection: (wire: Wire, from: NetAddress) => void
}

/** Between hosts of which nothing else was said. Chosen: half of a round trip across a continent; no bottleneck. */
const USUAL: LinkQuality = { latencyMs: 40, jitterMs: 0, loss: 0, bytesPerSecond: Number.POSITIVE_INFINITY }

/** Hosts, who listens where, what the ways between them are like, and who cannot reach whom just now. */
export class Internet {
  readonly timeline: Timeline
  readonly #random: Random
  readonly #listeners = new Map<string, Listener>()
  readonly #wires = new Set<Wire>()
  readonly #away = new Map<string, number>()
  #quality: (from: Host, to: Host) => Partial<LinkQuality> = () => ({})

  constructor (timeline: Timeline, random: Random) {
    this.timeline = timeline
    this.#random = random
  }

  /** Says what the way from one host to another is like, for connections that are made from now on. */
  shape (quality: (from: Host, to: Host) => Partial<LinkQuality>): void {
    this.#quality = quality
  }

  /** @throws OperationError `address-in-use` */
  listen (address: NetAddress, listener: Listener): void {
    const key = address.toString()
    if (this.#listeners.has(key)) {
      throw new OperationError('address-in-use', `somebody listens on ${key} already`)
    }
    this.#listeners.set(key, listener)
  }

  /** Nobody answers at the address any more. */
  unlisten (address: NetAddress): void {
    this.#listeners.delete(address.toString())
  }

  /**
   * Splits the internet: hosts of different sides do not reach each other, what is sent waits. Hosts that are not named are on side 0.
   * Whoever was apart before and is on one side now gets what waited.
   */
  partition (sides: ReadonlyArray<readonly Host[]>): void {
    this.#away.clear()
    for (const [side, hosts] of sides.entries()) {
      for (const { ip } of hosts) {
        this.#away.set(ip, side)
      }
    }
    this.#resume()
  }

  /** Everybody reaches everybody again; what waited is sent again. */
  heal (): void {
    this.#away.clear()
    this.#resume()
  }

  /** Whether one host reaches another */
  reaches (from: Host, to: Host): boolean {
    return (this.#away.get(from.ip) ?? 0) === (this.#away.get(to.ip) ?? 0)
  }

  /**
   * A new connection of TCP. Its first round trip is the dialler's to wait for.
   *
   * @returns the wire, or undefined where nobody listens
   */
  connect (from: Host, to: Host, source: NetAddress, target: NetAddress): Wire | undefined {
    const listener = this.#listeners.get(target.toString())
    if (listener === undefined) {
      return undefined
    }
    const model = (a: Host, b: Host): LinkModel => new LinkModel({ ...USUAL, ...this.#quality(a, b) }, this.#random)
    const wire = new Wire({
      timeline: this.timeline,
      models: [model(from, to), model(to, from)],
      whole: () => this.reaches(from, to),
      onEnd: () => { this.#wires.delete(wire) }
    })
    this.#wires.add(wire)
    this.timeline.schedule(this.latencyMs(from, to), () => {
      if (!wire.broken) {
        listener.onConnection(wire, source)
      }
    })
    return wire
  }

  /** Time that a byte takes from one host to another, in milliseconds */
  latencyMs (from: Host, to: Host): number {
    return this.#quality(from, to).latencyMs ?? USUAL.latencyMs
  }

  #resume (): void {
    for (const wire of this.#wires) {
      wire.resume()
    }
  }
}
