import type { NetAddress } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import type { ScoreNotice } from '@peerwright/peer-scoring'
import type { Ban, BanTarget } from './ban.ts'
import type { BudgetBreach } from './budgets.ts'
import type { ConnectionRefusal } from './connection-book.ts'
import type { Attack } from './detectors/detector.ts'
import type { Severity } from './threat-book.ts'

/** Why somebody is not let in. */
export type RefusalReason = ConnectionRefusal | 'paused' | 'banned' | 'cool-down' | 'discouraged'

/** Why a frame is not handled. `held`: a consequence of something earlier is not over. */
export type ThrottleReason = BudgetBreach | 'held'

/** Something that an operator may want to know. */
export type AdmissionEvent =
  | { readonly type: 'refused', readonly reason: RefusalReason, readonly address: NetAddress, readonly direction: 'inbound' | 'outbound', readonly peerId?: PeerIdText }
  | { readonly type: 'throttled', readonly reason: ThrottleReason, readonly peerId: PeerIdText, readonly address: NetAddress }
  | { readonly type: 'warned', readonly peerId: PeerIdText, readonly rule: string, readonly violations: number }
  | { readonly type: 'cooled-down', readonly peerId: PeerIdText, readonly rule: string, readonly durationMs: number }
  | { readonly type: 'banned', readonly ban: Ban }
  | { readonly type: 'unbanned', readonly target: BanTarget }
  | { readonly type: 'attack', readonly attack: Attack, readonly severity: Severity, readonly threat: number }
  | { readonly type: 'paused', readonly paused: boolean }
  | ScoreNotice

/** How often things happened, by their reason. */
export interface AdmissionCounters {
  /** Connections taken */
  readonly accepted: number
  readonly refused: Readonly<Record<string, number>>
  /** Frames that were not handled */
  readonly throttled: Readonly<Record<string, number>>
  /** Consequences: warned, throttled, disconnected, cooled down, banned; each by its rule */
  readonly actions: Readonly<Record<string, number>>
  readonly attacks: Readonly<Record<string, number>>
}

/** Most names of one kind of counter: rules are code, but a counter must be bounded whatever comes. */
const MAX_NAMES = 256

/** Counts by name. */
export class Counters {
  readonly #counts = new Map<string, number>()

  /** Names beyond the bound are counted as `other` */
  add (name: string): void {
    const known = this.#counts.has(name) || this.#counts.size < MAX_NAMES ? name : 'other'
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1)
  }

  read (): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }
}
