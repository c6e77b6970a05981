/**
 * Time of one side's turn in a round, in milliseconds: several collections of garbage fall into it. Measured: of a turn of 40 the slower side's
 * garbage is collected after its end, and only the faster side pays.
 */
const TURN_MS = 200

/** The same work, done twice. */
export interface Duel {
  readonly name: string
  readonly ours: () => unknown
  readonly theirs: () => unknown
  /** At least so many times as fast */
  readonly target: number
}

/** How many times as fast ours was: the middle one of the rounds, and the extremes. */
export interface Outcome {
  readonly ratio: number
  readonly least: number
  readonly most: number
  readonly ourMicroseconds: number
  readonly theirMicroseconds: number
}

/** What runs must not be thought away by the compiler. */
let sink: unknown

function microsecondsPerCall (run: () => unknown): number {
  // The other side's garbage is not this one's to pay for
  globalThis.gc?.()
  let calls = 0
  const startMs = performance.now()
  let nowMs: number
  do {
    sink = run()
    calls++
    nowMs = performance.now()
  } while (nowMs - startMs < TURN_MS)
  return 1_000 * (nowMs - startMs) / calls
}

/** Alternates turns of the two sides, in the order ours first and theirs first by turns. */
export function fight ({ ours, theirs }: Duel, rounds: number): Outcome {
  microsecondsPerCall(ours)
  microsecondsPerCall(theirs)
  const times = Array.from({ length: rounds }, (_, round) => {
    const first = microsecondsPerCall(round % 2 === 0 ? ours : theirs)
    const second = microsecondsPerCall(round % 2 === 0 ? theirs : ours)
    const [our, their] = round % 2 === 0 ? [first, second] : [second, first]
    return { our, their, ratio: their / our }
  })
  const sorted = times.toSorted((a, b) => a.ratio - b.ratio)
  const middle = sorted[sorted.length >> 1]
  const [least, most] = [sorted[0], sorted.at(-1)]
  if (middle === undefined || least === undefined || most === undefined || sink === times) {
    throw new Error('no rounds')
  }
  return { ratio: middle.ratio, least: least.ratio, most: most.ratio, ourMicroseconds: middle.our, theirMicroseconds: middle.their }
}
