import { equalBytes, type OperationError, PeerFault, type Random } from '@peerwright/core'
import type { ProofAnswer } from '@peerwright/protocol-messages'

/** When a session's peer is asked for a proof, and what happens without one. */
export interface ProofRules {
  /** `send`: a peer that gives no proof stays, unproved. `require`: it does not */
  readonly policy: 'send' | 'require'
  /** Time between two challenges, in milliseconds; each time up to a tenth less */
  readonly intervalMs: number
  /** How long an answer and its check may take, in milliseconds */
  readonly timeoutMs: number
}

/**
 * Where the asking side of a session stands.
 *
 * | phase | `time` | `answer` | `proved` | `refused` |
 * |---|---|---|---|---|
 * | resting | due: asks, to asked | a late one once: nothing; else ends | nothing | nothing |
 * | asked | over: unproved, to resting, or ends | ours: checks, to checking; else ends | nothing | nothing |
 * | checking | over: unproved, to resting, or ends | ends | of this challenge: to resting | of this challenge: unproved, to resting, or ends |
 * | ended | nothing | nothing | nothing | nothing |
 */
export type ProofState =
  | { readonly phase: 'resting', readonly dueMs: number, readonly late?: Uint8Array }
  | { readonly phase: 'asked', readonly challenge: Uint8Array, readonly deadlineMs: number }
  | { readonly phase: 'checking', readonly challenge: Uint8Array, readonly deadlineMs: number }
  | { readonly phase: 'ended' }

/** What happened. */
export type ProofEvent =
  /** It is so late now */
  | { readonly type: 'time' }
  /** An answer arrived */
  | { readonly type: 'answer', readonly answer: ProofAnswer }
  /** The answer to this challenge is good */
  | { readonly type: 'proved', readonly challenge: Uint8Array }
  /** The answer to this challenge is not good */
  | { readonly type: 'refused', readonly challenge: Uint8Array, readonly fault: PeerFault | OperationError }

/** What is to be done. */
type ProofAction =
  | { readonly type: 'none' }
  | { readonly type: 'ask', readonly challenge: Uint8Array }
  | { readonly type: 'check', readonly challenge: Uint8Array, readonly answer: ProofAnswer }
  /** From now on the peer counts as unproved */
  | { readonly type: 'unproved', readonly reason: PeerFault | OperationError }
  /** The session is over */
  | { readonly type: 'end', readonly fault: PeerFault | OperationError }

/** The next state, and what is to be done. */
export interface ProofStep {
  readonly state: ProofState
  readonly action: ProofAction
}

const CHALLENGE_BYTES = 32
const ENDED: ProofState = { phase: 'ended' }
const NOTHING: ProofAction = { type: 'none' }

/** Refusals that an honest peer can meet: with `send` it stays, unproved. All others show somebody who is not who it says. */
const HONEST: ReadonlySet<string> = new Set(['not-yet-valid', 'expired', 'suite-not-accepted', 'stale-proof', 'proof-timeout'])

/** @param dueMs - when the first challenge is to go */
export function startProving (dueMs: number): ProofState {
  return { phase: 'resting', dueMs }
}

/** When the event `time` can next do something; undefined when never. */
export function nextProofMs (state: ProofState): number | undefined {
  return state.phase === 'ended' ? undefined : state.phase === 'resting' ? state.dueMs : state.deadlineMs
}

/** One step of the asking side. */
export function stepProof (state: ProofState, event: ProofEvent, rules: ProofRules, nowMs: number, random: Random): ProofStep {
  if (state.phase === 'ended') {
    return { state, action: NOTHING }
  }
  switch (event.type) {
    case 'time':
      return onTime(state, rules, nowMs, random)
    case 'answer':
      return onAnswer(state, event.answer)
    case 'proved':
      return isUnderCheck(state, event.challenge) ? { state: rest(rules, nowMs, random), action: NOTHING } : { state, action: NOTHING }
    case 'refused':
      return isUnderCheck(state, event.challenge) ? unproved(event.fault, rules, nowMs, random) : { state, action: NOTHING }
  }
}

type Living = Exclude<ProofState, { phase: 'ended' }>

function onTime (state: Living, rules: ProofRules, nowMs: number, random: Random): ProofStep {
  if (state.phase === 'resting') {
    if (nowMs < state.dueMs) {
      return { state, action: NOTHING }
    }
    const challenge = random.bytes(CHALLENGE_BYTES)
    return { state: { phase: 'asked', challenge, deadlineMs: nowMs + rules.timeoutMs }, action: { type: 'ask', challenge } }
  }
  if (nowMs < state.deadlineMs) {
    return { state, action: NOTHING }
  }
  const fault = new PeerFault('proof-timeout', 'no proof of identity came in time', { offence: 'ambiguous' })
  // The answer may be under way: it is a late one then, and no fault
  return unproved(fault, rules, nowMs, random, state.phase === 'asked' ? state.challenge : undefined)
}

function onAnswer (state: Living, answer: ProofAnswer): ProofStep {
  if (state.phase === 'asked' && equalBytes(state.challenge, answer.challenge)) {
    const { challenge, deadlineMs } = state
    return { state: { phase: 'checking', challenge, deadlineMs }, action: { type: 'check', challenge, answer } }
  }
  if (state.phase === 'resting' && state.late !== undefined && equalBytes(state.late, answer.challenge)) {
    return { state: startProving(state.dueMs), action: NOTHING }
  }
  return { state: ENDED, action: { type: 'end', fault: new PeerFault('unasked-proof', 'a proof that nobody asked for, or that was given before') } }
}

function unproved (fault: PeerFault | OperationError, rules: ProofRules, nowMs: number, random: Random, late?: Uint8Array): ProofStep {
  if (rules.policy === 'require' || !HONEST.has(fault.code)) {
    return { state: ENDED, action: { type: 'end', fault } }
  }
  return { state: { ...rest(rules, nowMs, random), ...(late === undefined ? {} : { late }) }, action: { type: 'unproved', reason: fault } }
}

function isUnderCheck (state: Living, challenge: Uint8Array): boolean {
  return state.phase === 'checking' && equalBytes(state.challenge, challenge)
}

/** Peers that came together are not asked together for ever. */
function rest ({ intervalMs }: ProofRules, nowMs: number, random: Random): { readonly phase: 'resting', readonly dueMs: number } {
  return { phase: 'resting', dueMs: nowMs + intervalMs - random.below(Math.floor(intervalMs / 10) + 1) }
}
