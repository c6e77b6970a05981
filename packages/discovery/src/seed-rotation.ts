/** The order in which seeds are asked: each round begins with the next one, so that the load is spread and none is always last. */
export class SeedRotation<T> {
  readonly #seeds: readonly T[]
  #next = 0

  constructor (seeds: readonly T[]) {
    this.#seeds = seeds
  }

  /** The seeds in the order of the next round. */
  round (): T[] {
    const order = [...this.#seeds.slice(this.#next), ...this.#seeds.slice(0, this.#next)]
    this.#next = this.#seeds.length === 0 ? 0 : (this.#next + 1) % this.#seeds.length
    return order
  }
}
