import type { Ladder, LadderStep } from '@peerwright/chain-spec'
import { MAX_DOUBLED_MS } from './constants.ts'

/** How far a peer has come on one ladder. */
export interface LadderCount {
  readonly violations: number
  /** When the last consequence ends: forgetting begins then */
  readonly sinceMs: number
}

/** Nobody has done anything yet. */
export const NO_VIOLATIONS: LadderCount = { violations: 0, sinceMs: 0 }

/** What is counted at `nowMs`: one violation less for each `forgetMs` that passed without another. */
export function countAt (count: LadderCount, ladder: Ladder, nowMs: number): LadderCount {
  const forgotten = Math.floor(Math.max(0, nowMs - count.sinceMs) / ladder.forgetMs)
  const violations = Math.max(0, count.violations - forgotten)
  return violations === 0 ? NO_VIOLATIONS : { violations, sinceMs: count.sinceMs + forgotten * ladder.forgetMs }
}

/** One violation more: what is counted then, the rung it leads to, and how long the consequence lasts. */
export function climb (count: LadderCount, ladder: Ladder, nowMs: number): { count: LadderCount, step: LadderStep, durationMs: number } | undefined {
  const violations = countAt(count, ladder, nowMs).violations + 1
  const step = ladder.steps.findLast(({ from }) => from <= violations)
  if (step === undefined) {
    return undefined
  }
  const durationMs = lengthOf(step, violations)
  return { count: { violations, sinceMs: nowMs + durationMs }, step, durationMs }
}

function lengthOf ({ from, durationMs, extraMs, doubles }: LadderStep, violations: number): number {
  const further = violations - from
  const linear = durationMs + further * extraMs
  return doubles ? Math.max(linear, Math.min(MAX_DOUBLED_MS, linear * 2 ** Math.min(further, 32))) : linear
}
