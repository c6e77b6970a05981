import { DISCOURAGED_GENERATION, DISCOURAGED_MS } from './constants.ts'

/**
 * Hosts that proved bad lately: they may come in while there is room, are the first to go, and are not dialled. Two generations of a
 * set: the older one is forgotten when the younger is full or a day old, so that it is bounded and no host is there by mistake.
 */
export class Discouraged {
  #young = new Set<string>()
  #old = new Set<string>()
  #sinceMs = 0

  get size (): number {
    return this.#young.size + this.#old.size
  }

  add (host: string, nowMs: number): void {
    this.#turn(nowMs)
    this.#old.delete(host)
    this.#young.add(host)
  }

  has (host: string, nowMs: number): boolean {
    this.#turn(nowMs)
    return this.#young.has(host) || this.#old.has(host)
  }

  delete (host: string): boolean {
    const young = this.#young.delete(host)
    return this.#old.delete(host) || young
  }

  clear (): void {
    this.#young.clear()
    this.#old.clear()
  }

  #turn (nowMs: number): void {
    const ageMs = nowMs - this.#sinceMs
    if (this.#young.size >= DISCOURAGED_GENERATION || ageMs >= DISCOURAGED_MS) {
      this.#old = ageMs >= 2 * DISCOURAGED_MS ? new Set() : this.#young
      this.#young = new Set()
      this.#sinceMs = nowMs
    }
  }
}
