import nodeCrypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import nodeTimers from 'node:timers'

/** What a run must not use: clocks, timers and randomness that are not of its seed. */
function outside (): Array<readonly [owner: object, name: string]> {
  return [
    [globalThis, 'setTimeout'], [globalThis, 'setInterval'], [nodeTimers, 'setTimeout'], [nodeTimers, 'setInterval'], [Date, 'now'], [globalThis, 'Date'], [performance, 'now'], [Math, 'random'],
    [AbortSignal, 'timeout'], [globalThis.crypto, 'getRandomValues'], [globalThis.crypto, 'randomUUID'],
    [nodeCrypto, 'randomBytes'], [nodeCrypto, 'randomFillSync'], [nodeCrypto, 'randomInt'], [nodeCrypto, 'randomUUID'],
    [nodeCrypto, 'randomFill']
  ]
}

/**
 * Runs something while every clock, timer and source of randomness of the machine throws.
 *
 * @returns what it returns, and the names of what was used all the same
 */
export async function withoutOutside<T> (run: () => Promise<T>): Promise<{ readonly result: T, readonly used: readonly string[] }> {
  const used: string[] = []
  const restore: Array<() => void> = []
  try {
    for (const [owner, name] of outside()) {
      const held = Object.getOwnPropertyDescriptor(owner, name)
      const thrower = function (): never {
        const error = new Error(`${name} was used`)
        used.push(error.stack ?? name)
        throw error
      }
      // What hangs on it hangs on its stand-in, too: `Date.now`
      Object.setPrototypeOf(thrower, held?.value as object ?? Function.prototype)
      Object.defineProperty(owner, name, { configurable: true, writable: true, value: thrower })
      restore.push(() => {
        if (held === undefined) {
          Reflect.deleteProperty(owner, name)
        } else {
          Object.defineProperty(owner, name, held)
        }
      })
    }
    // For those who wrote `import { randomBytes } from 'node:crypto'`
    syncBuiltinESMExports()
    return { result: await run(), used }
  } finally {
    for (const back of restore.toReversed()) {
      back()
    }
    syncBuiltinESMExports()
  }
}
