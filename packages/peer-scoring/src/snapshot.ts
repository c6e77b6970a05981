import { OperationError } from '@peerwright/core'
import { z } from 'zod'
import { LOWEST_SCORE, MAX_EVIDENCE_CHARACTERS, MAX_FRESH_RECORDS, MAX_KNOWN_RECORDS, MAX_LEDGER_ENTRIES, MAX_RULE_CHARACTERS } from './constants.ts'
import type { ScoringInit } from './options.ts'
import { isClean, newRecord } from './peer-record.ts'
import type { PeerScoring } from './scoring.ts'

/** Number of the form below. A file with a higher one is of a newer version, and is not read. */
export const SCORES_SCHEMA = 1

const entry = z.strictObject({
  rule: z.string().max(MAX_RULE_CHARACTERS),
  left: z.int().min(LOWEST_SCORE).max(0),
  evidence: z.string().max(MAX_EVIDENCE_CHARACTERS).exactOptional()
})

const record = z.strictObject({
  key: z.string().min(1).max(128),
  known: z.boolean(),
  entries: z.array(entry).max(MAX_LEDGER_ENTRIES),
  counts: z.array(z.strictObject({ violations: z.int().min(0).max(1_000_000), agoMs: z.int() })).max(64),
  pausedMs: z.int().min(0)
})

/** What is stored of one peer or host: durations, not times, for the clock starts anew with the process. */
export interface StoredRecord {
  readonly key: string
  readonly known: boolean
  readonly entries: ReadonlyArray<{ readonly rule: string, readonly left: number, readonly evidence?: string }>
  readonly counts: ReadonlyArray<{ readonly violations: number, readonly agoMs: number }>
  readonly pausedMs: number
}

const scores: z.ZodType<readonly StoredRecord[]> = z.array(record).max(MAX_FRESH_RECORDS + MAX_KNOWN_RECORDS)

/** What there is to store. Peers that nothing is held against any more are left out. */
export function snapshotScores (scoring: PeerScoring, init: ScoringInit, nowMs: number): StoredRecord[] {
  const stored: StoredRecord[] = []
  for (const [key, held, known] of scoring.records()) {
    if (!isClean(held, init.policy.ladders, nowMs)) {
      stored.push({
        key,
        known,
        entries: held.ledger.explain(nowMs).map(({ rule, left, evidence }) => ({ rule, left, ...(evidence === undefined ? {} : { evidence }) })),
        counts: held.counts.map(({ violations, sinceMs }) => ({ violations, agoMs: Math.round(nowMs - sinceMs) })),
        pausedMs: Math.ceil(held.ledger.pausedFor(nowMs))
      })
    }
  }
  return stored
}

/**
 * Puts back what was stored.
 *
 * @param elapsedMs - time since it was stored, by the wall clock
 * @throws OperationError `damaged` for what is no snapshot
 */
export function restoreScores (scoring: PeerScoring, init: ScoringInit, data: unknown, nowMs: number, elapsedMs: number): void {
  const { success, data: stored } = scores.safeParse(data)
  if (!success) {
    throw new OperationError('damaged', 'the stored scores are not what a version of this program wrote')
  }
  const { ladders, halfLifeMs } = init.policy
  const thenMs = nowMs - Math.max(0, elapsedMs)
  for (const { key, known, entries, counts, pausedMs } of stored) {
    const held = newRecord(ladders, halfLifeMs)
    for (const { rule, left, evidence } of entries) {
      if (left !== 0) {
        held.ledger.add(rule, left, thenMs, evidence)
      }
    }
    if (pausedMs > 0) {
      held.ledger.pause(pausedMs, thenMs)
    }
    for (const [index, { violations, agoMs }] of counts.entries()) {
      // A profile with other ladders starts them anew
      if (counts.length === ladders.length) {
        held.counts[index] = { violations, sinceMs: thenMs - agoMs }
      }
    }
    scoring.restore(key, held, known)
  }
}
