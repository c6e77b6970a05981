import { UPLOAD_WINDOW_MS } from './constants.ts'

/** Counts served bytes against a target for each 24 hours. */
export class UploadBudget {
  readonly #targetBytes: number
  #startMs: number
  #served = 0

  /** @param targetBytes - 0 for no target */
  constructor (targetBytes: number, nowMs: number) {
    this.#targetBytes = targetBytes
    this.#startMs = nowMs
  }

  /** Whether `bytes` more would keep to the target */
  allows (bytes: number, nowMs: number): boolean {
    this.#roll(nowMs)
    return this.#targetBytes === 0 || this.#served + bytes <= this.#targetBytes
  }

  /** Bytes were served. */
  spend (bytes: number, nowMs: number): void {
    this.#roll(nowMs)
    this.#served += bytes
  }

  /** Seconds until the window starts anew, at least 1 */
  retryAfterSeconds (nowMs: number): number {
    return Math.max(1, Math.ceil((this.#startMs + UPLOAD_WINDOW_MS - nowMs) / 1_000))
  }

  #roll (nowMs: number): void {
    if (nowMs - this.#startMs >= UPLOAD_WINDOW_MS) {
      this.#startMs = nowMs
      this.#served = 0
    }
  }
}
