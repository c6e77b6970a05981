import { BoundedQueue } from '@peerwright/core'
import { MAX_ATTACKS, THREAT_ACT } from './constants.ts'
import { type Attack, type AttackPattern, Detector } from './detectors/detector.ts'
import { EclipseDetector } from './detectors/eclipse.ts'
import { DETECTOR_RULES, type DetectorName } from './detectors/rules.ts'
import type { AdmissionEvent } from './events.ts'
import { severityOf, ThreatBook, type ThreatIndicator } from './threat-book.ts'

/** What each attack says of the host that it comes from. */
const INDICATORS: Readonly<Record<AttackPattern, ThreatIndicator>> = {
  'connection-flood': 'connection-rate',
  'message-flood': 'excessive-messages',
  'slow-loris': 'time-based',
  'resource-exhaustion': 'time-based',
  'protocol-abuse': 'invalid-protocol',
  scan: 'invalid-protocol',
  eclipse: 'botnet'
}

/** Looks at what hosts do for the patterns of attacks, and adds up what speaks against each. */
export class Watch {
  readonly threats: ThreatBook = new ThreatBook()
  readonly #detectors: Readonly<Record<DetectorName, Detector>>
  readonly #eclipse = new EclipseDetector()
  readonly #attacks = new BoundedQueue<Attack>(MAX_ATTACKS)
  readonly #tell: (event: AdmissionEvent) => void
  readonly #onThreat: (host: string, nowMs: number) => void

  /** @param onThreat - the threat of a host has crossed the bound */
  constructor (tell: (event: AdmissionEvent) => void, onThreat: (host: string, nowMs: number) => void) {
    this.#tell = tell
    this.#onThreat = onThreat
    this.#detectors = Object.fromEntries(Object.entries(DETECTOR_RULES).map(([name, rule]) => [name, new Detector(rule)])) as Record<DetectorName, Detector>
  }

  /** The last attacks, oldest first */
  get attacks (): readonly Attack[] {
    return [...this.#attacks]
  }

  /** A host did something that may be a part of an attack. */
  see (name: DetectorName, host: string, note: string, nowMs: number): void {
    const attack = this.#detectors[name].see(host, note, nowMs)
    if (attack !== undefined) {
      this.#seen(attack, [host], nowMs)
    }
  }

  /** A connection was added. */
  connections (total: number, largest: { readonly subnet: string, readonly count: number } | undefined, hostsOf: (subnet: string) => readonly string[], nowMs: number): void {
    const attack = this.#eclipse.see(total, largest, nowMs)
    if (attack !== undefined) {
      this.#seen(attack, hostsOf(attack.source), nowMs)
    }
  }

  /** Something speaks against a host. */
  suspect (host: string, indicator: ThreatIndicator, nowMs: number): number {
    const before = this.threats.score(host, nowMs)
    const score = this.threats.see(host, indicator, nowMs)
    if (before < THREAT_ACT && score >= THREAT_ACT) {
      this.#onThreat(host, nowMs)
    }
    return score
  }

  #seen (attack: Attack, hosts: readonly string[], nowMs: number): void {
    if (!this.#attacks.push(attack)) {
      this.#attacks.shift()
      this.#attacks.push(attack)
    }
    const threat = Math.max(0, ...hosts.map(host => this.suspect(host, INDICATORS[attack.pattern], nowMs)))
    this.#tell({ type: 'attack', attack, severity: severityOf(Math.max(attack.weight, threat)), threat })
  }
}
