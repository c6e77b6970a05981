import { type Clock, OperationError } from '@peerwright/core'

/**
 * Does something that has to be done within a time.
 *
 * @param what - is told by the signal that the time is over
 * @throws what `what` throws; the signal's reason is an OperationError `timeout`
 */
export async function within<T> (clock: Clock, limitMs: number, what: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const timer = clock.schedule(limitMs, () => { controller.abort(new OperationError('timeout', `not done within ${limitMs} ms`)) })
  try {
    return await what(controller.signal)
  } finally {
    timer.cancel()
  }
}
