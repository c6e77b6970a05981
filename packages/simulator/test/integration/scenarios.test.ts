import assert from 'node:assert/strict'
import { replayCommand, scenarios } from '../../src/index.ts'
import { reportOf } from '../support/reports.ts'

/** Seeds of a scenario in an ordinary run: three, and then as many as fit, within five seconds. */
const LEAST_SEEDS = 3
const MOST_SEEDS = 10
const ENOUGH_MS = 2_000

describe('scenarios', () => {
  for (const scenario of scenarios) {
    it(`${scenario.id} ${scenario.title}`, async function () {
      this.timeout(60_000)
      const startMs = performance.now()
      let seed = 1
      for (; seed <= MOST_SEEDS && (seed <= LEAST_SEEDS || performance.now() - startMs < ENOUGH_MS); seed++) {
        const report = await reportOf(scenario, seed)
        const bad = report.checks.filter(({ ok }) => !ok).map(({ what, found }) => `${what}: ${found}`)
        assert.ok(report.ok, [replayCommand(report), report.error ?? '', ...bad, ...report.tail.slice(-20)].join('\n'))
      }
    })
  }
})
