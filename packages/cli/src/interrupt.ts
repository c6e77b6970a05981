import process from 'node:process'

/** Exit code of a command that was interrupted (128 + SIGINT). */
export const INTERRUPTED = 130

/**
 * Turns SIGINT and SIGTERM into an abort; a second one ends the process at once.
 *
 * @returns the signal, a function that aborts it without one of these, and one that gives the handlers back
 */
export function interruptSignal (): { readonly signal: AbortSignal, readonly abort: () => void, readonly release: () => void } {
  const controller = new AbortController()
  const handler = (): void => {
    if (controller.signal.aborted) {
      process.exit(INTERRUPTED)
    }
    controller.abort()
  }
  process.on('SIGINT', handler)
  process.on('SIGTERM', handler)
  return {
    signal: controller.signal,
    abort: () => { controller.abort() },
    release: () => {
      process.off('SIGINT', handler)
      process.off('SIGTERM', handler)
    }
  }
}
