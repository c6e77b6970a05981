import type { NetAddress, Offence } from '@peerwright/core'
import type { PeerIdText } from './network.ts'

/** What a peer did. Times are monotonic milliseconds. */
export interface Observation {
  readonly peerId: PeerIdText
  readonly address: NetAddress
  /** The rule, kebab-case: the code of a `PeerFault`, or a rule of the observer */
  readonly rule: string
  readonly offence: Offence
  /** Whole points from -100 to -1 of an ambiguous offence; the default is that of a timeout */
  readonly points?: number
  /** A few words of what shows it, at most 200 characters, no bytes from the wire */
  readonly evidence?: string
}

/** What is to be done with a peer after an observation. */
export type ScoreAction =
  /** Told to the operator */
  | { readonly type: 'warn', readonly rule: string, readonly violations: number }
  /** Its announcements are dropped and its requests answered `busy` */
  | { readonly type: 'throttle', readonly rule: string, readonly durationMs: number }
  /** The session ends; it may come back at once */
  | { readonly type: 'disconnect', readonly rule: string }
  /** The session ends; not back before this long */
  | { readonly type: 'cool-down', readonly rule: string, readonly durationMs: number }
  /** Banned by its id, or by the host that it came from. No duration: until an operator lifts it */
  | { readonly type: 'ban', readonly rule: string, readonly key: 'peer' | 'host', readonly durationMs?: number }

/** Where the parts of a node tell what peers did. */
export interface ScoreSink {
  /** @returns what is to be done, the gravest last */
  observe(observation: Observation, nowMs: number): readonly ScoreAction[]
}

/** One line of an explanation. */
export interface ScoreEntry {
  /** A rule, or `earlier` for what was added up */
  readonly rule: string
  /** Age in milliseconds */
  readonly ageMs: number
  /** Thousandths of a point when it was observed */
  readonly given: number
  /** Thousandths of a point that are left of it */
  readonly left: number
  readonly evidence?: string
}

/** Why a peer has the score it has. */
export interface ScoreExplanation {
  readonly peerId: PeerIdText
  /** Thousandths of a point, -100000 to 0: exactly the sum of `left` over the entries */
  readonly score: number
  readonly entries: readonly ScoreEntry[]
  /** Violations that each ladder of the profile counts */
  readonly violations: readonly number[]
}

/** What is thought of peers. */
export interface ScoreView {
  /** Thousandths of a point of ambiguous conduct, -100000 to 0: for selection and eviction only */
  score(peerId: PeerIdText, nowMs: number): number
  /** Undefined for a peer of whom nothing is held against */
  explain(peerId: PeerIdText, nowMs: number): ScoreExplanation | undefined
}
