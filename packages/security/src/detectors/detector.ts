import { BoundedMap } from '@peerwright/core'
import { MAX_EVIDENCE, MAX_HOSTS } from '../constants.ts'

/** What is looked for. */
export type AttackPattern =
  'connection-flood' | 'message-flood' | 'slow-loris' | 'resource-exhaustion' | 'protocol-abuse' | 'eclipse' | 'scan'

/** An attack that was seen. */
export interface Attack {
  readonly pattern: AttackPattern
  /** The host, or for an eclipse the subnet, that it comes from */
  readonly source: string
  /** How sure: 0 to 1 (QuantumCoin's weights) */
  readonly weight: number
  readonly count: number
  readonly windowMs: number
  /** The last few things that were seen, with their times */
  readonly evidence: ReadonlyArray<{ readonly atMs: number, readonly note: string }>
  readonly atMs: number
}

/** When a pattern is an attack: so many events of one host in so long. */
export interface DetectorRule {
  readonly pattern: AttackPattern
  readonly weight: number
  readonly windowMs: number
  readonly threshold: number
}

interface Watched {
  startMs: number
  count: number
  told: boolean
  readonly evidence: Array<{ readonly atMs: number, readonly note: string }>
}

/** Counts the events of each host, keeps the last of them as evidence, and tells of an attack once in a window. */
export class Detector {
  readonly rule: DetectorRule
  readonly #watched = new BoundedMap<string, Watched>(MAX_HOSTS)

  constructor (rule: DetectorRule) {
    this.rule = rule
  }

  /** Something happened. @returns the attack that it completes */
  see (source: string, note: string, nowMs: number): Attack | undefined {
    const { pattern, weight, windowMs, threshold } = this.rule
    let watched = this.#watched.touch(source)
    if (watched === undefined || nowMs - watched.startMs >= windowMs) {
      watched = { startMs: nowMs, count: 0, told: false, evidence: [] }
      this.#watched.set(source, watched)
    }
    watched.count++
    watched.evidence.push({ atMs: nowMs, note })
    if (watched.evidence.length > MAX_EVIDENCE) {
      watched.evidence.shift()
    }
    if (watched.told || watched.count < threshold) {
      return undefined
    }
    watched.told = true
    return { pattern, source, weight, count: watched.count, windowMs, evidence: [...watched.evidence], atMs: nowMs }
  }
}
