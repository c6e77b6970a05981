import { WAITING_MS } from './constants.ts'
import type { SyncPhase, WaitingReason } from './progress.ts'

const REASONS: Readonly<Record<Exclude<SyncPhase, 'maintenance'>, WaitingReason>> = {
  bootstrap: 'no-peers',
  discovery: 'no-tips',
  headers: 'no-headers',
  blocks: 'no-blocks'
}

/** Notices that a sync gets nowhere, and says once what it waits for: a node that hangs must not look like one that works. */
export class Watchdog {
  #mark = -1
  #sinceMs: number
  #said: WaitingReason | undefined

  constructor (nowMs: number) {
    this.#sinceMs = nowMs
  }

  /**
   * @param mark - changes with every bit of progress
   * @returns what is to be told now
   */
  check (phase: SyncPhase, mark: number, nowMs: number): WaitingReason | undefined {
    if (phase === 'maintenance' || mark !== this.#mark) {
      this.#mark = mark
      this.#sinceMs = nowMs
      this.#said = undefined
      return undefined
    }
    const reason = REASONS[phase]
    if (nowMs - this.#sinceMs < WAITING_MS || reason === this.#said) {
      return undefined
    }
    this.#said = reason
    return reason
  }
}
