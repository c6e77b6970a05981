import { BoundedMap } from '@peerwright/core'
import { LOG_LINES, LOG_LINES_PER_SOURCE, LOG_WINDOW_MS, MAX_HOSTS } from './constants.ts'

/**
 * Bounds the lines that strangers can make us write: so many of one source and so many of all in a minute, and how many were left out
 * is told with the next one (CVE-2025-54604: a log that fills the disk).
 */
export class LogLimiter {
  readonly #sources = new BoundedMap<string, number>(MAX_HOSTS)
  #window = -1
  #lines = 0
  #leftOut = 0

  /** @returns how many lines were left out since the last one that was written, or undefined when this one is to be left out too */
  admit (source: string, nowMs: number): number | undefined {
    const window = Math.floor(nowMs / LOG_WINDOW_MS)
    if (window !== this.#window) {
      this.#window = window
      this.#lines = 0
      this.#sources.clear()
    }
    const ofSource = (this.#sources.get(source) ?? 0) + 1
    this.#sources.set(source, ofSource)
    if (ofSource > LOG_LINES_PER_SOURCE || this.#lines >= LOG_LINES) {
      this.#leftOut++
      return undefined
    }
    this.#lines++
    const leftOut = this.#leftOut
    this.#leftOut = 0
    return leftOut
  }
}
