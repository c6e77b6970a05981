import { type Clock, NetAddress, OperationError } from '@peerwright/core'
import type { Network, PeerIdText, ScoreExplanation } from '@peerwright/interface'
import { type PeerQuality, type PeerScoring, rateQuality, type ReliabilityBook } from '@peerwright/peer-scoring'
import type { PeerAdmission } from './admission.ts'
import { type StoredBan, storedBan } from './ban-snapshot.ts'
import { type Ban, type BanTarget, parseBanTarget } from './ban.ts'
import type { Attack } from './detectors/detector.ts'
import type { AdmissionCounters } from './events.ts'

/** What is thought of a connected peer. */
export interface PeerView {
  readonly peerId: PeerIdText
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  /** Thousandths of a point of ambiguous conduct, -100000 to 0 */
  readonly score: number
  readonly violations: number
  /** How long it is throttled yet, in milliseconds */
  readonly throttledMs: number
  readonly discouraged: boolean
  readonly quality: PeerQuality
}

/** Why a peer is where it is. */
export interface Explanation {
  readonly peerId: PeerIdText
  readonly ban?: StoredBan
  /** What is left of its cool-down, in milliseconds */
  readonly coolDownMs: number
  readonly throttledMs: number
  /** The entries of its score, which add up to it; absent for a peer that nothing is held against */
  readonly score?: ScoreExplanation
}

/** What the operator's calls are about. */
export interface ControlParts {
  readonly admission: PeerAdmission
  readonly scoring: PeerScoring
  readonly reliability: ReliabilityBook
  readonly network: Network
  readonly clock: Clock
}

/** The operator's calls: see who is kept out and why, keep out, let in again. */
export class AdmissionControl {
  readonly #parts: ControlParts

  constructor (parts: ControlParts) {
    this.#parts = parts
  }

  /** The bans that hold, permanent ones first. */
  bans (): StoredBan[] {
    const nowMs = this.#parts.clock.monotonic()
    return this.#parts.admission.enforcer.bans.list(nowMs).map(ban => this.#view(ban, nowMs))
  }

  /**
   * Bans, and ends the sessions that it is about.
   *
   * @param target - a peer id, an address, a range such as `10.0.0.0/8`, or `as 64496`
   * @param options - the reason, for people, and how long; for good when it is left out
   * @throws OperationError `invalid-target`, `invalid-duration`, `full`; `not-supported` for an autonomous system when the node was given no
   *   look-up of these
   */
  ban (target: string, { reason = 'by the operator', durationMs }: { readonly reason?: string, readonly durationMs?: number } = {}): StoredBan {
    const { admission, network, clock } = this.#parts
    if (durationMs !== undefined && !(Number.isSafeInteger(durationMs) && durationMs > 0)) {
      throw new OperationError('invalid-duration', 'a ban lasts a whole number of milliseconds, at least 1')
    }
    const nowMs = clock.monotonic()
    const terms = { rule: 'operator', reason, ...(durationMs === undefined ? {} : { durationMs }) }
    return this.#view(admission.enforcer.ban(targetOf(target), terms, network.sessions(), nowMs), nowMs)
  }

  /**
   * Lifts a ban, and a peer's cool-down and throttle.
   *
   * @returns whether there was anything to lift
   * @throws OperationError `invalid-target`
   */
  unban (target: string): boolean {
    const parsed = targetOf(target)
    const lifted = this.#parts.admission.enforcer.unban(parsed, this.#parts.clock.monotonic())
    const forgotten = parsed.type === 'peer' && this.#parts.scoring.clear(parsed.peerId)
    return lifted || forgotten
  }

  /** Lifts all bans, cool-downs and throttles; nobody is discouraged any more, and nothing is held against anybody. */
  clear (): void {
    const { admission, scoring } = this.#parts
    admission.enforcer.clear()
    for (const [key] of [...scoring.records()]) {
      scoring.forget(key)
    }
  }

  /** Why a peer is where it is. */
  explain (peerId: PeerIdText): Explanation {
    const { admission: { enforcer }, scoring, clock } = this.#parts
    const nowMs = clock.monotonic()
    const ban = enforcer.bans.ofPeer(peerId, nowMs)
    const score = scoring.explain(peerId, nowMs)
    return {
      peerId,
      ...(ban === undefined ? {} : { ban: this.#view(ban, nowMs) }),
      coolDownMs: enforcer.coolDowns.left(`peer ${peerId}`, nowMs),
      throttledMs: enforcer.throttledFor(peerId, nowMs),
      ...(score === undefined ? {} : { score })
    }
  }

  /** Whether an address is banned, and by what: its own ban, or that of a range or system it is in. @throws OperationError `invalid-target` */
  explainAddress (ip: string): StoredBan | undefined {
    const address = NetAddress.from(ip, 1)
    if (address === undefined) {
      throw new OperationError('invalid-target', 'no IP address')
    }
    const nowMs = this.#parts.clock.monotonic()
    const ban = this.#parts.admission.enforcer.bans.ofIp(address.ip, nowMs)
    return ban && this.#view(ban, nowMs)
  }

  /** The connected peers, the best first. */
  list (): PeerView[] {
    const { admission: { enforcer, connections }, scoring, reliability, network, clock } = this.#parts
    const nowMs = clock.monotonic()
    return network.sessions().map(({ peerId, address, direction, facts }) => {
      const score = scoring.score(peerId, nowMs)
      const violations = scoring.violations(peerId, address, nowMs)
      return {
        peerId,
        address: address.toString(),
        direction,
        score,
        violations,
        throttledMs: enforcer.throttledFor(peerId, nowMs),
        discouraged: enforcer.discouraged.has(connections.hostOf(address), nowMs),
        quality: rateQuality(facts, { score, violations, reliability: reliability.of(peerId) }, nowMs)
      }
    }).sort((a, b) => b.quality.total - a.quality.total)
  }

  /** The last attacks, oldest first, with what shows them. */
  attacks (): readonly Attack[] {
    return this.#parts.admission.watch.attacks
  }

  /** What was refused, throttled and done, by reason. */
  counters (): AdmissionCounters {
    return this.#parts.admission.counters()
  }

  /** The counters and what there is now, each as a number under its name and label in the form of Prometheus. */
  metrics (): Readonly<Record<string, number>> {
    const { connections, enforcer } = this.#parts.admission
    const { accepted, refused, throttled, actions, attacks } = this.counters()
    const labelled = (name: string, label: string, counts: Readonly<Record<string, number>>): Array<[string, number]> =>
      Object.entries(counts).map(([value, count]) => [`admission_${name}_total{${label}="${value}"}`, count])
    return Object.fromEntries([
      ['admission_accepted_total', accepted],
      ...labelled('refused', 'reason', refused),
      ...labelled('throttled', 'reason', throttled),
      ...labelled('actions', 'action', actions),
      ...labelled('attacks', 'pattern', attacks),
      ['admission_connections', connections.size],
      ['admission_pending_connections', connections.pending],
      ['admission_bans', enforcer.bans.size],
      ['admission_discouraged_hosts', enforcer.discouraged.size],
      ['admission_scored_peers', this.#parts.scoring.size]
    ] satisfies Array<[string, number]>)
  }

  /** Lets nobody in and dials nobody until it is resumed; who is connected stays. */
  pauseNetworking (paused: boolean): void {
    this.#parts.admission.pauseNetworking(paused)
  }

  #view (ban: Ban, nowMs: number): StoredBan {
    return storedBan(ban, nowMs, this.#parts.clock.now())
  }
}

function targetOf (text: string): BanTarget {
  const target = parseBanTarget(text)
  if (target === undefined) {
    throw new OperationError('invalid-target', 'a ban is of a peer id, an address, a range such as 10.0.0.0/8, or "as 64496"')
  }
  return target
}
