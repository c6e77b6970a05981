import type { Clock, Timer } from '@peerwright/core'

/** The clock of one node: the world's, but late while the node's event loop stands still. */
export class NodeClock implements Clock {
  readonly #world: Clock
  #blockedUntilMs = 0

  constructor (world: Clock) {
    this.#world = world
  }

  now (): number {
    return this.#world.now()
  }

  monotonic (): number {
    return this.#world.monotonic()
  }

  schedule (delayMs: number, callback: () => void): Timer {
    let timer = this.#world.schedule(delayMs, () => {
      const lateMs = this.#blockedUntilMs - this.#world.monotonic()
      if (lateMs > 0) {
        timer = this.#world.schedule(lateMs, callback)
      } else {
        callback()
      }
    })
    return { cancel: () => { timer.cancel() } }
  }

  /** Nothing that is due runs for so long. */
  block (ms: number): void {
    this.#blockedUntilMs = this.#world.monotonic() + ms
  }
}
