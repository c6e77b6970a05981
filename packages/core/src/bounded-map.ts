import { invariant } from './errors.ts'

/**
 * A map that holds at most `limit` entries. When a new key comes into a full map, the entry that was set or
 * touched longest ago leaves. All operations are O(1).
 */
export class BoundedMap<K, V> implements Iterable<[K, V]> {
  /** Most entries it will hold */
  readonly limit: number
  readonly #entries = new Map<K, V>()

  constructor (limit: number) {
    invariant(Number.isInteger(limit) && limit > 0, 'a bounded map needs a limit of at least 1')
    this.limit = limit
  }

  /** Entries held now */
  get size (): number {
    return this.#entries.size
  }

  has (key: K): boolean {
    return this.#entries.has(key)
  }

  /** The value of `key`, without making it any younger. */
  get (key: K): V | undefined {
    return this.#entries.get(key)
  }

  /** The value of `key`, which becomes the youngest. */
  touch (key: K): V | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, value)
    }
    return value
  }

  /**
   * Sets `key`, which becomes the youngest.
   *
   * @returns the entry that had to leave, if one had to
   */
  set (key: K, value: V): [K, V] | undefined {
    this.#entries.delete(key)
    const oldest = this.#entries.size >= this.limit ? this.#entries.entries().next().value : undefined
    if (oldest !== undefined) {
      this.#entries.delete(oldest[0])
    }
    this.#entries.set(key, value)
    return oldest
  }

  delete (key: K): boolean {
    return this.#entries.delete(key)
  }

  clear (): void {
    this.#entries.clear()
  }

  keys (): IterableIterator<K> {
    return this.#entries.keys()
  }

  values (): IterableIterator<V> {
    return this.#entries.values()
  }

  /** Entries, oldest first. */
  [Symbol.iterator] (): IterableIterator<[K, V]> {
    return this.#entries.entries()
  }
}
