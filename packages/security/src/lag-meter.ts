import type { Clock, Timer } from '@peerwright/core'

/** Time between two looks, in milliseconds. Chosen: a hundred lags in the ten seconds that count. */
const INTERVAL_MS = 100

/** Measures by how much the event loop is late. @returns a function that stops it */
export function measureLag (clock: Clock, onLag: (lagMs: number, nowMs: number) => void): () => void {
  let timer: Timer | undefined
  const look = (dueMs: number): void => {
    timer = clock.schedule(INTERVAL_MS, () => {
      const nowMs = clock.monotonic()
      onLag(Math.max(0, nowMs - dueMs), nowMs)
      look(nowMs + INTERVAL_MS)
    })
  }
  look(clock.monotonic() + INTERVAL_MS)
  return () => { timer?.cancel() }
}
