import { OperationError } from '@peerwright/core'

interface Attempt<T> {
  readonly controller: AbortController
  readonly result: Promise<T>
  waiting: number
  settled: boolean
}

/**
 * Attempts at the same thing are one attempt. Each of those who wait may leave without disturbing the others; when the last one has left,
 * the attempt is given up.
 */
export class SharedAttempts<T> {
  readonly #attempts = new Map<string, Attempt<T>>()

  /**
   * Joins the attempt that is under way, or begins one.
   *
   * @param key - of what is attempted
   * @param signal - whoever waits leaves
   * @param begin - is told by its signal that nobody waits any more
   * @throws OperationError `aborted`, and whatever `begin` throws
   */
  async join (key: string, signal: AbortSignal | undefined, begin: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal?.aborted === true) {
      throw aborted()
    }
    const attempt = this.#attempts.get(key) ?? this.#begin(key, begin)
    const left = Promise.withResolvers<never>()
    const leave = (): void => { left.reject(aborted()) }
    signal?.addEventListener('abort', leave, { once: true })
    attempt.waiting++
    try {
      return await Promise.race([attempt.result, left.promise])
    } finally {
      signal?.removeEventListener('abort', leave)
      if (--attempt.waiting === 0 && !attempt.settled) {
        // Whoever comes now begins anew
        this.#forget(key, attempt)
        attempt.controller.abort(aborted())
      }
    }
  }

  #begin (key: string, begin: (signal: AbortSignal) => Promise<T>): Attempt<T> {
    const controller = new AbortController()
    const attempt: Attempt<T> = { controller, result: begin(controller.signal), waiting: 0, settled: false }
    this.#attempts.set(key, attempt)
    // Its failure is told to those who wait; there may be none left
    const settle = (): void => {
      attempt.settled = true
      this.#forget(key, attempt)
    }
    attempt.result.then(settle, settle)
    return attempt
  }

  #forget (key: string, attempt: Attempt<T>): void {
    if (this.#attempts.get(key) === attempt) {
      this.#attempts.delete(key)
    }
  }
}

function aborted (): OperationError {
  return new OperationError('aborted', 'the attempt was given up')
}
