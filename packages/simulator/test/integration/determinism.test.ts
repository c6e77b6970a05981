import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { scenarios } from '../../src/index.ts'
import { withoutOutside } from '../support/no-outside.ts'
import { reportOf } from '../support/reports.ts'
import { Sealed } from '../support/sealed.ts'

describe('a run', () => {
  let sealed: Sealed
  before(() => { sealed = new Sealed() })
  after(async () => { await sealed.stop() })

  for (const scenario of scenarios) {
    it(`of ${scenario.id} is made of its seed alone: the same history without a clock, a timer or randomness of the machine`, async function () {
      this.timeout(60_000)
      const first = await reportOf(scenario, 1)
      const { result: again, used } = await sealed.play(scenario.id, 1)
      assert.deepEqual(used, [])
      assert.equal(again.error, undefined)
      assert.deepEqual(again, first)
      const other = await reportOf(scenario, 2)
      assert.notEqual(other.digest, first.digest)
    })
  }

  it('cannot use what was taken away, and has it back afterwards', async () => {
    const uses: ReadonlyArray<() => unknown> = [
      () => setTimeout(() => undefined, 1), () => setInterval(() => undefined, 1), () => new Date(), () => Date.now(), () => performance.now(),
      () => Math.random(), () => randomBytes(1), () => crypto.getRandomValues(new Uint8Array(1)), () => AbortSignal.timeout(1)
    ]
    const { result, used } = await withoutOutside(async () => await Promise.resolve(uses.map(use => {
      try {
        use()
        return 'used'
      } catch {
        return 'threw'
      }
    })))
    assert.deepEqual(result, uses.map(() => 'threw'))
    assert.equal(used.length, uses.length)
    assert.ok(randomBytes(1).length === 1 && Date.now() > 0 && performance.now() > 0)
  })
})
