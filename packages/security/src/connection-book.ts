import type { ConnectionLimits } from '@peerwright/chain-spec'
import { BoundedMap, NetAddress, netgroup, TokenBucket } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import { FRESH_SUBNET_MS, MAX_HOSTS, SUBNET_PACE } from './constants.ts'

/** Why a connection is not taken. */
export type ConnectionRefusal =
  'total' | 'host-limit' | 'subnet-limit' | 'pending' | 'pending-of-host' | 'pace' | 'pace-of-host' | 'pace-of-subnet'

type Direction = 'inbound' | 'outbound'

interface Held {
  readonly address: NetAddress
  readonly host: string
  readonly subnet: string
  readonly direction: Direction
  readonly openedMs: number
  pending: boolean
  peerId: PeerIdText | undefined
}

/** Counts by name; a name that nobody has any more is forgotten. */
class Tally {
  readonly #counts = new Map<string, number>()

  of (name: string): number {
    return this.#counts.get(name) ?? 0
  }

  add (name: string, change: 1 | -1): void {
    const count = this.of(name) + change
    if (count > 0) {
      this.#counts.set(name, count)
    } else {
      this.#counts.delete(name)
    }
  }

  entries (): IterableIterator<[string, number]> {
    return this.#counts.entries()
  }
}

/**
 * The connections there are, by host and by subnet, and how fast new ones come. `::ffff:1.2.3.4` is 1.2.3.4.
 */
export class ConnectionBook {
  readonly #limits: ConnectionLimits
  readonly #maxConnections: number
  readonly #reserved: number
  readonly #held = new Map<string, Held[]>()
  readonly #hosts = new Tally()
  readonly #subnets = new Tally()
  readonly #pendingOfHost = new Tally()
  readonly #pendingOfSubnet = new Tally()
  /** Those without a proven identity, the oldest first */
  readonly #unproven = new Set<Held>()
  readonly #hostPace = new BoundedMap<string, TokenBucket>(MAX_HOSTS)
  readonly #subnetPace = new BoundedMap<string, TokenBucket>(MAX_HOSTS)
  readonly #subnetSeenMs = new BoundedMap<string, number>(MAX_HOSTS)
  #pace: TokenBucket | undefined
  #freshPace: TokenBucket | undefined
  #size = 0
  #inbound = 0

  /** @param reserved - how many of all connections inbound ones cannot have: no flood keeps us from dialling */
  constructor (limits: ConnectionLimits, maxConnections: number, reserved = 0) {
    this.#limits = limits
    this.#reserved = reserved
    this.#maxConnections = maxConnections
  }

  /** Connections there are, both directions */
  get size (): number {
    return this.#size
  }

  /** Inbound connections without a proven identity */
  get pending (): number {
    return this.#unproven.size
  }

  hostOf ({ ip }: NetAddress): string {
    return netgroup(ip, this.#limits.host.v4Bits, this.#limits.host.v6Bits)
  }

  subnetOf ({ ip }: NetAddress): string {
    return netgroup(ip, this.#limits.subnet.v4Bits, this.#limits.subnet.v6Bits)
  }

  /**
   * Why there is no room for another connection. Takes nothing but a turn: an inbound connection that would be too many is not
   * counted against the pace of others.
   *
   * @param unlimited - only the bound on all connections holds
   */
  refusal (address: NetAddress, direction: Direction, unlimited: boolean, nowMs: number): ConnectionRefusal | undefined {
    const { perHost, perSubnet, pending, pendingPerHost } = this.#limits
    if (this.#size >= this.#maxConnections || (direction === 'inbound' && this.#inbound >= this.#maxConnections - this.#reserved)) {
      return 'total'
    }
    if (unlimited) {
      return undefined
    }
    const host = this.hostOf(address)
    const subnet = this.subnetOf(address)
    if (this.#hosts.of(host) >= perHost) {
      return 'host-limit'
    }
    if (this.#subnets.of(subnet) >= perSubnet) {
      return 'subnet-limit'
    }
    if (direction === 'outbound') {
      return undefined
    }
    if (this.#pendingOfHost.of(host) >= pendingPerHost) {
      return 'pending-of-host'
    }
    if (this.pending >= pending && this.#crowding(subnet) === undefined) {
      return 'pending'
    }
    return this.#overPace(host, subnet, nowMs)
  }

  /**
   * A place for an inbound connection among those without an identity, where all are taken: the oldest one of the subnet that has most of
   * them, more than the newcomer's will have. It is counted as unproven no more: it did nothing wrong.
   *
   * @returns whose connection has to be cut; undefined where there is room
   */
  makeRoom (newcomer: NetAddress): NetAddress | undefined {
    const held = this.pending >= this.#limits.pending ? this.#crowding(this.subnetOf(newcomer)) : undefined
    if (held !== undefined) {
      this.#settle(held)
    }
    return held?.address
  }

  /** A connection begins. */
  open (address: NetAddress, direction: Direction, nowMs: number): void {
    const held: Held = { address, host: this.hostOf(address), subnet: this.subnetOf(address), direction, openedMs: nowMs, pending: direction === 'inbound', peerId: undefined }
    const key = keyOf(address, direction)
    this.#held.set(key, [...this.#held.get(key) ?? [], held])
    this.#count(held, 1)
  }

  /** A connection has proved who is there. */
  identify (address: NetAddress, direction: Direction, peerId: PeerIdText): void {
    const held = this.#held.get(keyOf(address, direction))?.find(other => other.peerId === undefined)
    if (held !== undefined) {
      this.#settle(held)
      held.peerId = peerId
    }
  }

  /** An inbound connection ends without an identity for a lack that is ours: it is no broken attempt of its host. */
  excuse (address: NetAddress): void {
    const held = this.#held.get(keyOf(address, 'inbound'))?.find(({ pending }) => pending)
    if (held !== undefined) {
      this.#settle(held)
    }
  }

  /** A connection is gone. @returns how long it was there and whether it never proved an identity; undefined for one that was not counted */
  close (address: NetAddress, direction: Direction, nowMs: number): { readonly unproven: boolean, readonly heldMs: number } | undefined {
    const key = keyOf(address, direction)
    const all = this.#held.get(key)
    const held = all?.pop()
    if (all?.length === 0) {
      this.#held.delete(key)
    }
    if (held === undefined) {
      return undefined
    }
    const unproven = held.pending
    this.#settle(held)
    this.#count(held, -1)
    return { unproven, heldMs: nowMs - held.openedMs }
  }

  /** The peers that are connected from a host. */
  peersOfHost (host: string): PeerIdText[] {
    const peers = [...this.#held.values()].flat().filter(held => held.host === host).map(({ peerId }) => peerId)
    return [...new Set(peers)].filter(peerId => peerId !== undefined)
  }

  /** The subnet with the most connections, and how many these are. */
  largestSubnet (): { readonly subnet: string, readonly count: number } | undefined {
    let largest: { subnet: string, count: number } | undefined
    for (const [subnet, count] of this.#subnets.entries()) {
      if (count > (largest?.count ?? 0)) {
        largest = { subnet, count }
      }
    }
    return largest
  }

  /** The hosts of a subnet that are connected. */
  hostsOfSubnet (subnet: string): string[] {
    return [...new Set([...this.#held.values()].flat().filter(held => held.subnet === subnet).map(({ host }) => host))]
  }

  #crowding (newcomer: string): Held | undefined {
    let most = this.#pendingOfSubnet.of(newcomer) + 1
    let crowd: string | undefined
    for (const [subnet, count] of this.#pendingOfSubnet.entries()) {
      if (count > most) {
        most = count
        crowd = subnet
      }
    }
    return crowd === undefined ? undefined : [...this.#unproven].find(({ subnet }) => subnet === crowd)
  }

  #overPace (host: string, subnet: string, nowMs: number): ConnectionRefusal | undefined {
    const { acceptsPerSecond, acceptsPerSecondPerHost } = this.#limits
    const fresh = nowMs - (this.#subnetSeenMs.touch(subnet) ?? -Infinity) >= FRESH_SUBNET_MS
    this.#subnetSeenMs.set(subnet, nowMs)
    if (!paceOf(this.#hostPace, host, acceptsPerSecondPerHost, nowMs).take(1, nowMs)) {
      return 'pace-of-host'
    }
    if (!paceOf(this.#subnetPace, subnet, SUBNET_PACE * acceptsPerSecondPerHost, nowMs).take(1, nowMs)) {
      return 'pace-of-subnet'
    }
    const whole = { capacity: acceptsPerSecond, perSecond: acceptsPerSecond }
    this.#pace ??= new TokenBucket(whole, nowMs)
    this.#freshPace ??= new TokenBucket(whole, nowMs)
    return this.#pace.take(1, nowMs) || (fresh && this.#freshPace.take(1, nowMs)) ? undefined : 'pace'
  }

  #settle (held: Held): void {
    if (held.pending) {
      held.pending = false
      this.#unproven.delete(held)
      this.#pendingOfHost.add(held.host, -1)
      this.#pendingOfSubnet.add(held.subnet, -1)
    }
  }

  #count (held: Held, change: 1 | -1): void {
    const { host, subnet, pending, direction } = held
    this.#size += change
    this.#inbound += direction === 'inbound' ? change : 0
    this.#hosts.add(host, change)
    this.#subnets.add(subnet, change)
    // Gone, it was settled before
    if (pending) {
      this.#unproven.add(held)
      this.#pendingOfHost.add(host, 1)
      this.#pendingOfSubnet.add(subnet, 1)
    }
  }
}

/** The first address of a host, from its key: `4.192.0.2.1`, `6.32.1.13.184`. The port means nothing. */
export function hostAddress (host: string): NetAddress | undefined {
  const [family, ...bytes] = host.split('.').map(Number)
  const ip = new Uint8Array(family === 4 ? 4 : 16)
  ip.set(bytes.slice(0, ip.length))
  return NetAddress.from(ip, 1)
}

function keyOf (address: NetAddress, direction: Direction): string {
  return `${direction} ${address.toString()}`
}

function paceOf (paces: BoundedMap<string, TokenBucket>, key: string, perSecond: number, nowMs: number): TokenBucket {
  let pace = paces.touch(key)
  if (pace === undefined) {
    pace = new TokenBucket({ capacity: perSecond, perSecond }, nowMs)
    paces.set(key, pace)
  }
  return pace
}
