/** A callback that waits for its time. */
export interface Timer {
  /** Takes the callback back; does nothing once it has run. */
  cancel(): void
}

/** Time as an argument: production has one real clock, tests and the simulator turn a virtual one. */
export interface Clock {
  /** Milliseconds since the Unix epoch: for what is stored and shown. May jump. */
  now(): number
  /** Milliseconds since an arbitrary start: for durations and deadlines. Never goes back. */
  monotonic(): number
  /** Runs `callback` once, `delayMs` milliseconds from now. */
  schedule(delayMs: number, callback: () => void): Timer
}

/**
 * The machine's own clock. Its timers do not keep the process alive: what does is an open socket or an explicit wait.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule (delayMs, callback) {
    const handle = setTimeout(callback, delayMs)
    handle.unref()
    return { cancel: () => { clearTimeout(handle) } }
  }
}
