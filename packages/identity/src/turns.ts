import { OperationError } from '@peerwright/core'

/** Does one thing after the other, and tells when too many wait. */
export class Turns {
  readonly #limit: number
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor (limit: number) {
    this.#limit = limit
  }

  /** @throws OperationError `busy` when too many wait */
  check (): void {
    if (this.#waiting >= this.#limit) {
      throw new OperationError('busy', `${this.#limit} changes wait already`)
    }
  }

  /** Does something when all that came before is done. */
  async take<T> (work: () => Promise<T>): Promise<T> {
    this.#waiting++
    const result = this.#last.then(work)
    this.#last = result.then(() => undefined, () => undefined)
    try {
      return await result
    } finally {
      this.#waiting--
    }
  }
}
