import { STALL_DECAY } from './constants.ts'

/** The bounds of the stall timeout. */
export interface StallRules {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * How long a peer may hold up the window. Doubles each time that it runs out, so that a slow link of our own does not cost us
 * one peer after the other, and falls back as blocks connect (ANCHORS 1.5, 4 no. 2).
 */
export class StallTimeout {
  readonly #rules: StallRules
  #ms: number

  constructor (rules: StallRules) {
    this.#rules = rules
    this.#ms = rules.minMs
  }

  /** The timeout now, in milliseconds */
  get ms (): number {
    return this.#ms
  }

  /** It ran out. */
  doubled (): void {
    this.#ms = Math.min(this.#rules.maxMs, 2 * this.#ms)
  }

  /** A block connected. */
  connected (): void {
    this.#ms = Math.max(this.#rules.minMs, this.#ms * STALL_DECAY)
  }
}

/** What is known of a peer that others, who have nothing to do, wait for. */
export interface StallFacts {
  /** Since when they wait for it */
  readonly waitedMs: number
  /** Since when they wait and no byte came from it */
  readonly quietMs: number
  readonly patienceMs: number
  /** Quiet for this long is more than usual */
  readonly usualMs: number
  /** Whether another peer brought a block since the last byte of this one */
  readonly othersDelivered: boolean
  /** How many peers are asked for the block that it holds up; 0 when others have brought all that it held up */
  readonly askers: number
}

/**
 * What is to be done about a peer that holds up the others.
 *
 * `drop`: it is silent, and since it fell silent another one delivered, so that it is not our own link. `help`: it
 * is slow, or everybody is silent; an idle peer is asked for the same, once, and nobody is blamed. A silent peer among others
 * that deliver is helped after a quarter of the patience, so that a sync does not stand still until it is dropped.
 * `wait`: not yet.
 */
export function judgeStall ({ waitedMs, quietMs, patienceMs, usualMs, othersDelivered, askers }: StallFacts): 'wait' | 'help' | 'drop' {
  if (othersDelivered && quietMs >= Math.max(patienceMs, usualMs)) {
    return 'drop'
  }
  const suspicious = othersDelivered && quietMs >= Math.max(patienceMs / 4, usualMs)
  return askers === 1 && (suspicious || waitedMs >= Math.max(patienceMs, usualMs)) ? 'help' : 'wait'
}
