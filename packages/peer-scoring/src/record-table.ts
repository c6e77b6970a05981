import { BoundedMap } from '@peerwright/core'
import { MAX_FRESH_RECORDS, MAX_KNOWN_RECORDS } from './constants.ts'

/**
 * A bounded map in two parts: who was met once, and who was met again. A flood of new keys flushes newcomers and nobody else.
 */
export class RecordTable<V> {
  readonly #fresh = new BoundedMap<string, V>(MAX_FRESH_RECORDS)
  readonly #known = new BoundedMap<string, V>(MAX_KNOWN_RECORDS)

  get size (): number {
    return this.#fresh.size + this.#known.size
  }

  get (key: string): V | undefined {
    return this.#known.get(key) ?? this.#fresh.get(key)
  }

  /** The value of a key that is met again, which becomes known; undefined for one that is new. */
  meet (key: string): V | undefined {
    const value = this.#known.touch(key) ?? this.#fresh.get(key)
    if (value !== undefined && this.#fresh.delete(key)) {
      this.#known.set(key, value)
    }
    return value
  }

  /** A key that is new, or is to be known from the start. */
  add (key: string, value: V, known = false): void {
    this.delete(key)
    const part = known ? this.#known : this.#fresh
    part.set(key, value)
  }

  isKnown (key: string): boolean {
    return this.#known.has(key)
  }

  delete (key: string): boolean {
    return this.#fresh.delete(key) || this.#known.delete(key)
  }

  /** Newcomers first, each part oldest first. */
  * [Symbol.iterator] (): IterableIterator<[string, V]> {
    yield* this.#fresh
    yield* this.#known
  }
}
