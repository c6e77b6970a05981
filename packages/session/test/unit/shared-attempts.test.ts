import assert from 'node:assert/strict'
import { OperationError } from '@peerwright/core'
import { SharedAttempts } from '../../src/shared-attempts.ts'

const isAborted = (error: unknown): boolean => error instanceof OperationError && error.code === 'aborted'

/** What is attempted: counts how often it was begun and given up, and ends when told. */
class Deed {
  begun = 0
  givenUp = 0
  #results: Array<PromiseWithResolvers<number>> = []

  readonly begin = async (signal: AbortSignal): Promise<number> => {
    this.begun++
    const result = Promise.withResolvers<number>()
    this.#results.push(result)
    signal.addEventListener('abort', () => { this.givenUp++ })
    return await result.promise
  }

  end (value: number): void {
    this.#results.forEach(({ resolve }) => { resolve(value) })
  }
}

describe('attempts at the same thing', () => {
  it('are one, and each who waits gets what comes of it', async () => {
    const [attempts, deed] = [new SharedAttempts<number>(), new Deed()]
    const waiting = [attempts.join('a', undefined, deed.begin), attempts.join('a', undefined, deed.begin), attempts.join('b', undefined, deed.begin)]
    assert.equal(deed.begun, 2)
    deed.end(7)
    assert.deepEqual(await Promise.all(waiting), [7, 7, 7])
    const again = attempts.join('a', undefined, deed.begin)
    assert.equal(deed.begun, 3)
    deed.end(8)
    assert.equal(await again, 8)
  })

  it('go on when one of those who wait leaves, be it the one who began', async () => {
    const [attempts, deed, first] = [new SharedAttempts<number>(), new Deed(), new AbortController()]
    const left = attempts.join('a', first.signal, deed.begin)
    const stays = attempts.join('a', undefined, deed.begin)
    first.abort()
    await assert.rejects(left, isAborted)
    assert.equal(deed.givenUp, 0)
    deed.end(7)
    assert.equal(await stays, 7)
  })

  it('are given up when the last one leaves, and begun anew for whoever comes then', async () => {
    const [attempts, deed, controller] = [new SharedAttempts<number>(), new Deed(), new AbortController()]
    const both = [attempts.join('a', controller.signal, deed.begin), attempts.join('a', controller.signal, deed.begin)]
    controller.abort()
    await Promise.all(both.map(async left => { await assert.rejects(left, isAborted) }))
    assert.equal(deed.givenUp, 1)
    await assert.rejects(attempts.join('a', controller.signal, deed.begin), isAborted)
    assert.equal(deed.begun, 1)
    const anew = attempts.join('a', undefined, deed.begin)
    deed.end(9)
    assert.equal(await anew, 9)
    assert.equal(deed.begun, 2)
  })
})
