import { invariant } from './errors.ts'

/** A first-in, first-out queue that refuses what does not fit: whoever pushes decides what a refusal means. */
export class BoundedQueue<T> implements Iterable<T> {
  /** Most items it will hold */
  readonly limit: number
  #items: Array<T | undefined> = []
  #head = 0

  constructor (limit: number) {
    invariant(Number.isInteger(limit) && limit > 0, 'a bounded queue needs a limit of at least 1')
    this.limit = limit
  }

  /** Items held now */
  get size (): number {
    return this.#items.length - this.#head
  }

  /** @returns false, and leaves the queue as it was, when it is full */
  push (item: T): boolean {
    if (this.size >= this.limit) {
      return false
    }
    this.#items.push(item)
    return true
  }

  /** Takes the oldest item out. */
  shift (): T | undefined {
    if (this.size === 0) {
      return undefined
    }
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head++
    // Half of the array is behind us: moving the rest costs no more than the shifts that led here
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** The oldest item, left where it is. */
  peek (): T | undefined {
    return this.#items[this.#head]
  }

  clear (): void {
    this.#items = []
    this.#head = 0
  }

  /** Items, oldest first. */
  * [Symbol.iterator] (): IterableIterator<T> {
    for (let at = this.#head; at < this.#items.length; at++) {
      yield this.#items[at] as T
    }
  }
}
