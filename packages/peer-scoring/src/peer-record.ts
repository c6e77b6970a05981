import type { Ladder } from '@peerwright/chain-spec'
import { COOL_DOWN_WINDOW_MS } from './constants.ts'
import { countAt, type LadderCount, NO_VIOLATIONS } from './ladder.ts'
import { Ledger } from './ledger.ts'

/** What is held against a peer, or against a host where a ladder counts hosts. */
export interface PeerRecord {
  readonly ledger: Ledger
  /** One for each ladder of the profile */
  readonly counts: LadderCount[]
  /** When it was cooled down lately */
  coolDowns: number[]
}

/** A record of somebody who has done nothing yet. */
export function newRecord (ladders: readonly Ladder[], halfLifeMs: number): PeerRecord {
  return { ledger: new Ledger(halfLifeMs), counts: ladders.map(() => NO_VIOLATIONS), coolDowns: [] }
}

/** Whether nothing is left of what a record held. */
export function isClean (record: PeerRecord, ladders: readonly Ladder[], nowMs: number): boolean {
  return record.ledger.score(nowMs) === 0 && ladders.every((ladder, at) => countAt(record.counts[at] ?? NO_VIOLATIONS, ladder, nowMs).violations === 0)
}

/** Notes a cool-down. @returns how many there were in the last hour, this one included */
export function noteCoolDown (record: PeerRecord, nowMs: number): number {
  record.coolDowns = [...record.coolDowns.filter(atMs => nowMs - atMs <= COOL_DOWN_WINDOW_MS), nowMs]
  return record.coolDowns.length
}
