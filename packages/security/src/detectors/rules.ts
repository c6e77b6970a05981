import type { DetectorRule } from './detector.ts'

/** Which events are counted. */
export type DetectorName = 'connections' | 'messages' | 'loris' | 'requests' | 'faults' | 'foreign'

/**
 * What is an attack. Weights and windows are QuantumCoin's (QUANTUMCOIN 2.6), where it has them; it has no thresholds but "more than
 * 5 violations" and "more than 10 failures", the others are chosen so that no honest peer comes near.
 */
export const DETECTOR_RULES: Readonly<Record<DetectorName, DetectorRule>> = {
  /** Two connections a second for a minute; an honest peer waits longer each time */
  connections: { pattern: 'connection-flood', weight: 0.8, windowMs: 60_000, threshold: 120 },
  /** Ten times QuantumCoin's budget, in messages that were over it */
  messages: { pattern: 'message-flood', weight: 0.9, windowMs: 30_000, threshold: 500 },
  /** Connections that were held open and never said who they are */
  loris: { pattern: 'slow-loris', weight: 0.7, windowMs: 300_000, threshold: 5 },
  /** Requests that found their budget spent */
  requests: { pattern: 'resource-exhaustion', weight: 0.8, windowMs: 120_000, threshold: 100 },
  /** More than 5 faults; its weight is that of an invalid protocol, twice */
  faults: { pattern: 'protocol-abuse', weight: 0.8, windowMs: 60_000, threshold: 6 },
  /** Connections that began like another protocol */
  foreign: { pattern: 'scan', weight: 0.4, windowMs: 300_000, threshold: 5 }
}
