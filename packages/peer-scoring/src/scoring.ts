import type { Ladder } from '@peerwright/chain-spec'
import { BoundedQueue, type NetAddress, netgroup } from '@peerwright/core'
import type { Observation, PeerIdText, ScoreAction, ScoreExplanation, ScoreSink, ScoreView } from '@peerwright/interface'
import { BanCap } from './ban-cap.ts'
import {
  ALIKE_WINDOW_MS, COOL_DOWN_BAN_MS, COOL_DOWN_MS, COOL_DOWNS_TO_BAN, DEFAULT_POINTS, MAX_EVIDENCE_CHARACTERS, MAX_FROZEN, MAX_RULE_CHARACTERS, POINT
} from './constants.ts'
import { climb, countAt, NO_VIOLATIONS } from './ladder.ts'
import type { Population, ScoringInit } from './options.ts'
import { newRecord, noteCoolDown, type PeerRecord } from './peer-record.ts'
import { RecordTable } from './record-table.ts'
import { SelfHealth } from './self-health.ts'

/** Judges peers by what they did. A pure machine: it says what is to be done, and somebody else does it. */
export class PeerScoring implements ScoreSink, ScoreView {
  readonly #init: ScoringInit
  readonly #records = new RecordTable<PeerRecord>()
  readonly #cap = new BanCap()
  readonly #frozen = new BoundedQueue<Observation>(MAX_FROZEN)
  /** Hears of the event loop's lag */
  readonly health: SelfHealth = new SelfHealth()
  #noticed: string | undefined

  constructor (init: ScoringInit) {
    this.#init = init
  }

  /** Peers and hosts that something is held against */
  get size (): number {
    return this.#records.size
  }

  observe (said: Observation, nowMs: number): readonly ScoreAction[] {
    const { policy, population, exempt } = this.#init
    const seen: Observation = {
      ...said, rule: said.rule.slice(0, MAX_RULE_CHARACTERS), ...(said.evidence === undefined ? {} : { evidence: said.evidence.slice(0, MAX_EVIDENCE_CHARACTERS) })
    }
    if (exempt?.(seen.peerId, seen.address) === true) {
      return seen.offence === 'provable' ? [{ type: 'disconnect', rule: seen.rule }] : []
    }
    const there = population(seen.peerId)
    if (seen.offence === 'ambiguous' && this.#isFrozen(seen, there, nowMs)) {
      return []
    }
    const actions = seen.offence === 'ambiguous' ? this.#deduct(seen, there, nowMs) : []
    for (const [index, ladder] of policy.ladders.entries()) {
      if (ladder.offences.includes(seen.offence)) {
        actions.push(...this.#violation(seen, ladder, index, there, nowMs))
      }
    }
    if (seen.offence === 'provable' && actions.every(({ type }) => type === 'warn' || type === 'throttle')) {
      actions.push({ type: 'disconnect', rule: seen.rule })
    }
    return actions
  }

  score (peerId: PeerIdText, nowMs: number): number {
    return this.#records.get(peerId)?.ledger.score(nowMs) ?? 0
  }

  /** Violations that the ladders count of a peer, those of the host it comes from included */
  violations (peerId: PeerIdText, address: NetAddress | undefined, nowMs: number): number {
    return this.#init.policy.ladders.reduce((sum, ladder, index) => {
      const key = ladder.key === 'peer' ? peerId : address && this.#hostKey(address)
      const count = key === undefined ? undefined : this.#records.get(key)?.counts[index]
      return sum + countAt(count ?? NO_VIOLATIONS, ladder, nowMs).violations
    }, 0)
  }

  explain (peerId: PeerIdText, nowMs: number): ScoreExplanation | undefined {
    const record = this.#records.get(peerId)
    return record && {
      peerId,
      score: record.ledger.score(nowMs),
      entries: record.ledger.explain(nowMs),
      violations: this.#init.policy.ladders.map((ladder, index) => countAt(record.counts[index] ?? NO_VIOLATIONS, ladder, nowMs).violations)
    }
  }

  /** Observations that cost nothing because this node was not well, the latest last. */
  frozen (): readonly Observation[] {
    return [...this.#frozen]
  }

  /** Nothing is held against a peer, or the host at an address, any more. */
  clear (who: PeerIdText | NetAddress): boolean {
    return this.#records.delete(typeof who === 'string' ? who : this.#hostKey(who))
  }

  /** Nothing is held against anybody of whom `records` tells, by its key */
  forget (key: string): void {
    this.#records.delete(key)
  }

  /** For those who store them: keys with their records and whether they were met more than once. */
  * records (): IterableIterator<readonly [key: string, record: PeerRecord, known: boolean]> {
    for (const [key, record] of this.#records) {
      yield [key, record, this.#records.isKnown(key)]
    }
  }

  /** Puts back a record that was stored. */
  restore (key: string, record: PeerRecord, known: boolean): void {
    this.#records.add(key, record, known)
  }

  #isFrozen (seen: Observation, there: Population, nowMs: number): boolean {
    const unwell = this.health.frozen(there.useful, nowMs)
    if ((unwell ?? 'alike') === 'alike' && this.health.failed(seen.rule, seen.peerId, there.connected, nowMs)) {
      // The first of those who failed alike were no more at fault than the last
      for (const [, { ledger }] of this.#records) {
        ledger.strike(seen.rule, ALIKE_WINDOW_MS, nowMs)
      }
    }
    const reason = unwell ?? this.health.frozen(there.useful, nowMs)
    if (reason === undefined) {
      this.#noticed = undefined
      return false
    }
    if (!this.#frozen.push(seen)) {
      this.#frozen.shift()
      this.#frozen.push(seen)
    }
    if (this.#noticed !== reason) {
      this.#noticed = reason
      this.#init.onNotice?.({ type: 'frozen', reason, rule: seen.rule })
    }
    return true
  }

  #deduct ({ peerId, rule, points, evidence }: Observation, there: Population, nowMs: number): ScoreAction[] {
    const { policy } = this.#init
    const record = this.#record(peerId)
    const before = record.ledger.score(nowMs)
    record.ledger.add(rule, Math.round(Math.max(-100, Math.min(-1, points ?? DEFAULT_POINTS)) * POINT), nowMs, evidence)
    const after = record.ledger.score(nowMs)
    const actions: ScoreAction[] = []
    if (after <= policy.warnAt * POINT && before > policy.warnAt * POINT) {
      actions.push({ type: 'warn', rule, violations: 0 })
    }
    if (after <= policy.throttleAt * POINT) {
      actions.push({ type: 'throttle', rule, durationMs: record.ledger.timeTo(policy.throttleAt * POINT, nowMs) })
    }
    if (after <= policy.coolDownAt * POINT) {
      if (there.isOutbound && there.outbound <= policy.floorOutbound) {
        this.#init.onNotice?.({ type: 'floor-held', peerId })
      } else if (noteCoolDown(record, nowMs) >= COOL_DOWNS_TO_BAN && this.#mayBan(rule, peerId, there, nowMs)) {
        record.ledger.pause(COOL_DOWN_BAN_MS, nowMs)
        actions.push({ type: 'ban', rule, key: 'peer', durationMs: COOL_DOWN_BAN_MS })
      } else {
        actions.push({ type: 'cool-down', rule, durationMs: COOL_DOWN_MS })
      }
    }
    return actions
  }

  #violation (seen: Observation, ladder: Ladder, index: number, there: Population, nowMs: number): ScoreAction[] {
    const { peerId, rule } = seen
    const record = this.#record(ladder.key === 'peer' ? peerId : this.#hostKey(seen.address))
    const climbed = climb(record.counts[index] ?? NO_VIOLATIONS, ladder, nowMs)
    if (climbed === undefined) {
      return []
    }
    const { count, step, durationMs } = climbed
    record.counts[index] = count
    switch (step.action) {
      case 'warn': {
        const warning: ScoreAction = { type: 'warn', rule, violations: count.violations }
        return durationMs === 0 ? [warning] : [warning, { type: 'throttle', rule, durationMs }]
      }
      case 'throttle':
        return [{ type: 'throttle', rule, durationMs }]
      case 'disconnect':
        return [{ type: 'disconnect', rule }]
      case 'cool-down':
        return [{ type: 'cool-down', rule, durationMs }]
      case 'ban':
      case 'permanent':
        if (!this.#mayBan(rule, peerId, there, nowMs)) {
          return [{ type: 'disconnect', rule }]
        }
        record.ledger.pause(durationMs, nowMs)
        return [{ type: 'ban', rule, key: ladder.key, ...(step.action === 'ban' ? { durationMs } : {}) }]
    }
  }

  #mayBan (rule: string, peerId: PeerIdText, { connected }: Population, nowMs: number): boolean {
    const allowed = this.#cap.allow(rule, peerId, connected, nowMs)
    if (!allowed) {
      this.#init.onNotice?.({ type: 'rule-suspended', rule })
    }
    return allowed
  }

  #record (key: string): PeerRecord {
    const { policy } = this.#init
    const met = this.#records.meet(key)
    if (met !== undefined) {
      return met
    }
    const record = newRecord(policy.ladders, policy.halfLifeMs)
    this.#records.add(key, record)
    return record
  }

  /** Apart from every peer id: those have no colon. */
  #hostKey ({ ip }: NetAddress): string {
    return `host:${netgroup(ip, this.#init.host.v4Bits, this.#init.host.v6Bits)}`
  }
}
