import { createHash } from 'node:crypto'

/** Lines that are kept for people to read. */
const KEPT_LINES = 200

/** Everything that happened in a run, in order. Two runs of one seed have the same hash, or something in them is not of the seed. */
export class Trace {
  readonly #hash = createHash('sha256')
  #lines = 0
  #kept: string[] = []

  /** Lines so far */
  get lines (): number {
    return this.#lines
  }

  /** The last lines */
  get tail (): readonly string[] {
    return this.#kept.slice(-KEPT_LINES)
  }

  add (nowMs: number, who: string, what: string): void {
    const line = `${nowMs.toFixed(3)} ${who} ${what}`
    this.#lines++
    this.#hash.update(`${line}\n`)
    this.#kept.push(line)
    if (this.#kept.length > 2 * KEPT_LINES) {
      this.#kept = this.#kept.slice(-KEPT_LINES)
    }
  }

  /** SHA-256 of all lines so far, in hexadecimal */
  digest (): string {
    return this.#hash.copy().digest('hex')
  }
}
