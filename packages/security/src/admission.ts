import type { AdmissionPolicy } from '@peerwright/chain-spec'
import { BoundedMap, type IpAddress, IpRange, type NetAddress } from '@peerwright/core'
import type {
  Admission, AsLookup, Decision, FrameDecision, Goodbye, Observation, PeerIdText, PeerSession, ScoreAction, ScoreSink, SessionEnd, SlotHolder
} from '@peerwright/interface'
import { messageByType } from '@peerwright/protocol-messages'
import { BudgetBook, type Sender } from './budgets.ts'
import { ConnectionBook, hostAddress } from './connection-book.ts'
import { FAILED_BAN_MS, FAILED_WINDOW_MS, LORIS_HELD_MS, MAX_PEERS, TOO_MANY_MS, VIOLATION_SPACING_MS } from './constants.ts'
import { coolDownAfter } from './cool-downs.ts'
import { Detector } from './detectors/detector.ts'
import { Enforcer } from './enforcer.ts'
import { type AdmissionCounters, type AdmissionEvent, Counters, type RefusalReason, type ThrottleReason } from './events.ts'
import { NodeBuckets } from './node-buckets.ts'
import { PermissionTable } from './permissions.ts'
import { Watch } from './watch.ts'

type Direction = 'inbound' | 'outbound'

/** Options of `PeerAdmission`. */
export interface AdmissionInit {
  readonly policy: AdmissionPolicy
  /** Connections of both directions at most, whatever becomes of them */
  readonly maxConnections: number
  /** How many of these inbound connections cannot have. @default 0 */
  readonly reservedForOutbound?: number
  /** Whether limits hold for loopback */
  readonly limitLoopback: boolean
  /** Judges what peers do */
  readonly scores: ScoreSink
  /** Peers that lose their session for a proven fault and nothing else: pinned ones, and those the operator named. @default nobody */
  readonly exempt?: (peerId: PeerIdText) => boolean
  /** Whether this node is too unwell to blame others for broken attempts. @default never */
  readonly unwell?: (nowMs: number) => boolean
  /** The autonomous system of an address, for bans of these. @default none is known */
  readonly asOf?: AsLookup
  /** A session has to end. Called synchronously; must not throw */
  readonly onDrop: (peerId: PeerIdText, goodbye: Goodbye) => void
  /** Called synchronously; must not throw */
  readonly onEvent?: (event: AdmissionEvent) => void
}

/**
 * Who may come in, and how much they may ask. A pure machine: what has to be done is told to `onDrop`.
 *
 * An inbound connection passes, the cheapest first: pause, ban, cool-down, the limits of its host and subnet, the pace; with its identity
 * known, bans and cool-downs of that. A frame passes what is held against its peer, then its budget.
 */
export class PeerAdmission implements Admission, ScoreSink {
  /** Node-wide buckets: telemetry takes from its own here */
  readonly traffic: NodeBuckets
  readonly enforcer: Enforcer
  readonly watch: Watch
  readonly connections: ConnectionBook
  readonly #init: AdmissionInit
  readonly #permissions: PermissionTable
  readonly #budgets: BudgetBook
  readonly #attempts: Detector | undefined
  readonly #violatedMs = new BoundedMap<PeerIdText, number>(MAX_PEERS)
  readonly #counters = { refused: new Counters(), throttled: new Counters(), actions: new Counters(), attacks: new Counters() }
  /** Where the last socket came from, when it was judged and may come in */
  #knocked: IpAddress | undefined
  #accepted = 0
  #paused = false

  constructor (init: AdmissionInit, nowMs: number) {
    const { policy: { connections, budgets, bans, permissions }, maxConnections, reservedForOutbound, limitLoopback, asOf, onDrop } = init
    this.#init = init
    this.#permissions = new PermissionTable(permissions, limitLoopback)
    this.connections = new ConnectionBook(connections, maxConnections, reservedForOutbound)
    this.traffic = new NodeBuckets(budgets, nowMs)
    this.#budgets = new BudgetBook(budgets, this.traffic)
    const tell = (event: AdmissionEvent): void => { this.tell(event) }
    this.enforcer = new Enforcer({
      policy: bans,
      ...(asOf === undefined ? {} : { asOf }),
      hostOf: address => this.connections.hostOf(address),
      hostRange: ({ ip }) => IpRange.of(ip, ip.isIPv4 ? 96 + connections.host.v4Bits : connections.host.v6Bits),
      peersOfHost: host => this.connections.peersOfHost(host),
      noban: ({ ip }) => this.#permissions.of(ip).noban,
      drop: onDrop,
      tell
    })
    this.watch = new Watch(tell, (host, atMs) => { this.#onThreat(host, atMs) })
    this.#attempts = connections.failedAttempts === 0
      ? undefined
      : new Detector({ pattern: 'protocol-abuse', weight: 1, windowMs: FAILED_WINDOW_MS, threshold: connections.failedAttempts })
  }

  accept (address: NetAddress, direction: Direction, nowMs: number): Decision {
    const { unlimited } = this.#permissions.of(address.ip)
    const reason = direction === 'inbound' && this.#hasKnocked(address) ? undefined : this.#judge(address, direction, nowMs)
    if (reason !== undefined) {
      return this.#refuse({ type: 'refused', reason, address, direction }, this.#waitMs(reason, address, nowMs))
    }
    this.#accepted++
    const instead = direction === 'inbound' ? this.connections.makeRoom(address) : undefined
    this.connections.open(address, direction, nowMs)
    if (!unlimited) {
      this.watch.connections(this.connections.size, this.connections.largestSubnet(), subnet => this.connections.hostsOfSubnet(subnet), nowMs)
    }
    if (instead !== undefined) {
      this.#counters.refused.add('crowded-out')
    }
    return { allow: true, ...(instead === undefined ? {} : { instead }) }
  }

  /**
   * An inbound socket of which nothing has been made yet, whatever its port: judged as by `accept`, and no place is taken for it. When the
   * very next connection is of the same IP address, `accept` takes it without judging again; whoever closes the socket instead, for a lack
   * that is ours, has nothing held against its host.
   */
  knock (address: NetAddress, nowMs: number): Decision {
    const reason = this.#judge(address, 'inbound', nowMs)
    this.#knocked = reason === undefined ? address.ip : undefined
    if (reason !== undefined) {
      return this.#refuse({ type: 'refused', reason, address, direction: 'inbound' }, this.#waitMs(reason, address, nowMs))
    }
    return { allow: true }
  }

  /** Whether an address may be dialled. Counts nothing: the connection is accepted when it stands. */
  mayDial (address: NetAddress, nowMs: number): Decision {
    const reason = this.enforcer.discouraged.has(this.connections.hostOf(address), nowMs) && !this.#permissions.of(address.ip).noban
      ? 'discouraged'
      : this.#refusal(address, 'outbound', nowMs)
    return reason === undefined ? { allow: true } : this.#refuse({ type: 'refused', reason, address, direction: 'outbound' }, this.#waitMs(reason, address, nowMs))
  }

  identified (peerId: PeerIdText, address: NetAddress, direction: Direction, nowMs: number): Decision {
    this.connections.identify(address, direction, peerId)
    if (this.isExempt(peerId, address)) {
      return { allow: true }
    }
    // The ban of the address may be younger than the connection
    const banned = this.enforcer.bans.ofPeer(peerId, nowMs) ?? this.enforcer.bans.ofIp(address.ip, nowMs)
    if (banned !== undefined) {
      return this.#refuse({ type: 'refused', reason: 'banned', address, direction, peerId }, (banned.expiresMs ?? Infinity) - nowMs)
    }
    const coolMs = direction === 'inbound' ? this.enforcer.coolDowns.left(`peer ${peerId}`, nowMs) : 0
    return coolMs === 0 ? { allow: true } : this.#refuse({ type: 'refused', reason: 'cool-down', address, direction, peerId }, coolMs)
  }

  frame (session: PeerSession, type: number, sizeBytes: number, nowMs: number): FrameDecision {
    const sender = this.#sender(session)
    const breach = this.#budgets.draw(sender, type, sizeBytes, nowMs)
    if (breach === 'owed') {
      return 'handle'
    }
    if (breach === 'overload') {
      this.#throttled(session, 'overload', nowMs)
      return 'disconnect'
    }
    // Pings go on whatever is held against a peer (REQUIREMENTS 5.3)
    const control = messageByType(type)?.budget === 'control'
    const held = !control && this.enforcer.throttledFor(session.peerId, nowMs) > 0
    if (!held && breach === undefined) {
      return 'handle'
    }
    this.#throttled(session, held ? 'held' : breach ?? 'held', nowMs)
    return 'throttle'
  }

  /** How long a request that was not handled should wait, in seconds */
  retryAfter (session: PeerSession, nowMs: number): number {
    const heldSeconds = Math.ceil(this.enforcer.throttledFor(session.peerId, nowMs) / 1_000)
    return Math.max(heldSeconds, this.#budgets.retryAfterSeconds(this.#sender(session), nowMs))
  }

  /** We asked a peer for so many messages of a type on the live stream: these are outside its budget. */
  expect (session: PeerSession, type: number, count: number, nowMs: number): void {
    this.#budgets.expect(this.#sender(session), type, count, nowMs)
  }

  closed (address: NetAddress, direction: Direction, nowMs: number): void {
    const gone = this.connections.close(address, direction, nowMs)
    const { unlimited, noban } = this.#permissions.of(address.ip)
    if (direction === 'outbound' || unlimited || gone?.unproven !== true || this.#init.unwell?.(nowMs) === true) {
      return
    }
    const host = this.connections.hostOf(address)
    if (gone.heldMs >= LORIS_HELD_MS) {
      this.watch.see('loris', host, `silent for ${Math.round(gone.heldMs)} ms`, nowMs)
    }
    if (!noban && this.#attempts?.see(host, 'broken', nowMs) !== undefined) {
      this.enforcer.banHost(address, { rule: 'failed-attempts', reason: 'broken attempts', durationMs: FAILED_BAN_MS }, nowMs)
    }
  }

  observe (observation: Observation, nowMs: number): readonly ScoreAction[] {
    const { peerId, address, offence, evidence } = observation
    const { unlimited } = this.#permissions.of(address.ip)
    const isExempt = this.isExempt(peerId, address)
    const actions = this.#init.scores.observe(observation, nowMs)
    for (const { type } of actions) {
      this.#counters.actions.add(type)
    }
    if (offence === 'provable' && !unlimited) {
      this.watch.see('faults', this.connections.hostOf(address), observation.rule, nowMs)
    }
    if (offence === 'provable' && !isExempt) {
      this.enforcer.discouraged.add(this.connections.hostOf(address), nowMs)
    }
    const ends = actions.find(({ type }) => type === 'disconnect' || type === 'cool-down' || type === 'ban')
    const exempt: ScoreAction[] = ends === undefined ? [] : [{ type: 'disconnect', rule: ends.rule }]
    this.enforcer.apply(isExempt ? exempt : actions, peerId, address, nowMs, evidence)
    return actions
  }

  /** A conversation came to its end, before or after `verack`: what that says of the peer, and how long it stays away. */
  ended (peer: SlotHolder, end: SessionEnd, nowMs: number): void {
    const { peerId, address } = peer
    if (end.fault?.name === 'PeerFault') {
      const { code, offence } = end.fault as Error & { readonly code: string, readonly offence: Observation['offence'] }
      // What stood ten times above its budget for a minute is no matter of opinion
      this.observe({ peerId, address, rule: code, offence: code === 'over-budget' ? 'provable' : offence }, nowMs)
    } else if (end.code === 'timeout' && !end.remote) {
      this.observe({ peerId, address, rule: 'timeout', offence: 'ambiguous' }, nowMs)
    }
    const coolMs = peer.direction === 'outbound' && end.code === 'too-many-peers' ? 0 : coolDownAfter(end)
    if (coolMs > 0 && !this.isExempt(peerId, address)) {
      this.enforcer.coolDowns.set(`peer ${peerId}`, coolMs, nowMs)
      if (coolMs === TOO_MANY_MS) {
        // There is no room for any id of this host: refused before it costs a handshake
        this.enforcer.coolDowns.set(`host ${this.connections.hostOf(address)}`, coolMs, nowMs)
      }
    }
  }

  /** An inbound connection began like another protocol. */
  foreign (address: NetAddress, what: string, nowMs: number): void {
    if (!this.#permissions.of(address.ip).unlimited) {
      this.watch.see('foreign', this.connections.hostOf(address), what, nowMs)
    }
  }

  /** An inbound connection was over before anybody could be asked about it: only its number is known. */
  lost (reason: 'too-many-sockets' | 'gone'): void {
    this.#counters.refused.add(reason)
  }

  /** Lets nobody in and dials nobody until it is resumed; who is connected stays. */
  pauseNetworking (paused: boolean): void {
    this.#paused = paused
    this.tell({ type: 'paused', paused })
  }

  /** Whether networking is paused */
  get paused (): boolean {
    return this.#paused
  }

  /** Whether a peer, or where it comes from, loses its session for a proven fault and nothing else */
  isExempt (peerId: PeerIdText, address: NetAddress): boolean {
    return this.#permissions.of(address.ip).noban || this.#init.exempt?.(peerId) === true
  }

  counters (): AdmissionCounters {
    const { refused, throttled, actions, attacks } = this.#counters
    return { accepted: this.#accepted, refused: refused.read(), throttled: throttled.read(), actions: actions.read(), attacks: attacks.read() }
  }

  /** Tells whoever listens. */
  tell (event: AdmissionEvent): void {
    if (event.type === 'attack') {
      this.#counters.attacks.add(event.attack.pattern)
    }
    this.#init.onEvent?.(event)
  }

  /** Whether this inbound connection was judged when it was a socket. Answers once. */
  #hasKnocked ({ ip }: NetAddress): boolean {
    const known = this.#knocked?.equals(ip) === true
    this.#knocked = undefined
    return known
  }

  /** Lets the watch see a connection, and says why it is refused if it is. */
  #judge (address: NetAddress, direction: Direction, nowMs: number): RefusalReason | undefined {
    const host = this.connections.hostOf(address)
    if (direction === 'inbound' && !this.#permissions.of(address.ip).unlimited) {
      this.watch.see('connections', host, 'connected', nowMs)
    }
    const reason = this.#refusal(address, direction, nowMs)
    if (reason === 'banned' && direction === 'inbound') {
      this.watch.suspect(host, 'known-bad', nowMs)
    }
    return reason
  }

  #refusal (address: NetAddress, direction: Direction, nowMs: number): RefusalReason | undefined {
    const { noban, unlimited } = this.#permissions.of(address.ip)
    if (this.#paused) {
      return 'paused'
    }
    if (!noban && this.enforcer.bans.ofIp(address.ip, nowMs) !== undefined) {
      return 'banned'
    }
    if (!noban && direction === 'inbound' && this.enforcer.coolDowns.left(`host ${this.connections.hostOf(address)}`, nowMs) > 0) {
      return 'cool-down'
    }
    return this.connections.refusal(address, direction, unlimited, nowMs)
  }

  #waitMs (reason: RefusalReason, address: NetAddress, nowMs: number): number {
    switch (reason) {
      case 'banned':
        return (this.enforcer.bans.ofIp(address.ip, nowMs)?.expiresMs ?? Infinity) - nowMs
      case 'cool-down':
        return this.enforcer.coolDowns.left(`host ${this.connections.hostOf(address)}`, nowMs)
      default:
        return 0
    }
  }

  #refuse (event: AdmissionEvent & { readonly type: 'refused' }, waitMs: number): Decision {
    this.#counters.refused.add(event.reason)
    this.tell(event)
    return { allow: false, reason: event.reason, ...(waitMs > 0 && waitMs < Infinity ? { retryAfterSeconds: Math.ceil(waitMs / 1_000) } : {}) }
  }

  #sender ({ peerId, address, facts }: PeerSession): Sender {
    const { relay, download } = this.#permissions.of(address.ip)
    return { peerId, host: this.connections.hostOf(address), openedMs: facts.openedMs, bytesOut: facts.bytesOut, relay, download }
  }

  #throttled (session: PeerSession, reason: ThrottleReason, nowMs: number): void {
    const { peerId, address } = session
    this.#counters.throttled.add(reason)
    this.tell({ type: 'throttled', reason, peerId, address })
    const bulk = reason === 'peer-bytes' || reason === 'peer-cost'
    this.watch.see(bulk ? 'requests' : 'messages', this.connections.hostOf(address), reason, nowMs)
    // What others use up is no violation, and what ends the session is told when it ends
    const shared = reason === 'held' || reason === 'overload' || reason === 'generic' || reason === 'bootstrap'
    if (!shared && nowMs - (this.#violatedMs.get(peerId) ?? -Infinity) >= VIOLATION_SPACING_MS) {
      this.#violatedMs.set(peerId, nowMs)
      this.observe({ peerId, address, rule: `over-${reason}`, offence: 'resource' }, nowMs)
    }
  }

  #onThreat (host: string, nowMs: number): void {
    const { policy: { bans: { threatBanMs } } } = this.#init
    const address = hostAddress(host)
    if (threatBanMs > 0 && address !== undefined && this.enforcer.bans.ofIp(address.ip, nowMs) === undefined) {
      this.enforcer.banHost(address, { rule: 'threat', reason: `threat score ${this.watch.threats.score(host, nowMs)}`, durationMs: threatBanMs }, nowMs)
    }
  }
}
