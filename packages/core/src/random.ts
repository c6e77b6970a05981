import { invariant } from './errors.ts'

/** Randomness as an argument: production draws from the operating system, tests and the simulator from a seed. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array
  /** A whole number from 0 to `limit - 1`, each equally likely. `limit` is 1 to 2^32. */
  below(limit: number): number
}

/** 2^32: one more than the largest value of a 32-bit draw. */
const DRAWS = 0x1_0000_0000

/** Rejection sampling: draws from the incomplete last run of `limit` values are thrown away, so none is likelier. */
function below (limit: number, draw: () => number): number {
  invariant(Number.isInteger(limit) && limit >= 1 && limit <= DRAWS, 'a random limit is a whole number from 1 to 2^32')
  const fair = DRAWS - (DRAWS % limit)
  let value = draw()
  while (value >= fair) {
    value = draw()
  }
  return value % limit
}

/** `crypto.getRandomValues` fills at most this many bytes a call (Web Cryptography API, 10.1.1). */
const MAX_SYSTEM_BYTES = 65_536

/** Cryptographically secure randomness of the operating system. */
export const systemRandom: Random = {
  bytes (length) {
    const bytes = new Uint8Array(length)
    for (let start = 0; start < length; start += MAX_SYSTEM_BYTES) {
      crypto.getRandomValues(bytes.subarray(start, Math.min(length, start + MAX_SYSTEM_BYTES)))
    }
    return bytes
  },
  below: limit => below(limit, () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0)
}

/**
 * Reproducible randomness (sfc32, by Chris Doty-Humphrey, PractRand): the same seed gives the same values on every
 * machine. Not secure: for tests, simulations and demonstrations, never for keys or nonces.
 */
export function seededRandom (seed: number): Random {
  let a = seed | 0
  let b = Math.floor(seed / DRAWS) | 0
  let c = 0
  let counter = 1
  const draw = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum | 0
    return sum >>> 0
  }
  // sfc32 needs 12 rounds until every bit of the state depends on every bit of the seed
  for (let round = 0; round < 12; round++) {
    draw()
  }
  return {
    bytes: length => {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; at++) {
        bytes[at] = draw()
      }
      return bytes
    },
    below: limit => below(limit, draw)
  }
}

/** A shuffled copy of `items` (Fisher and Yates). */
export function shuffled<T> (items: readonly T[], random: Random): T[] {
  const copy = [...items]
  for (let last = copy.length - 1; last > 0; last--) {
    const pick = random.below(last + 1)
    const held = copy[last] as T
    copy[last] = copy[pick] as T
    copy[pick] = held
  }
  return copy
}
