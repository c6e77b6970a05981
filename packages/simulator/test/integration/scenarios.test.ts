import assert from 'node:assert/strict'
import { replayCommand, type RunReport, runScenario, scenarios } from '../../src/index.ts'
import { reportOf } from '../support/reports.ts'

/** Seeds of a scenario in an ordinary run: three, and then as many as fit, within five seconds. */
const LEAST_SEEDS = 3
const MOST_SEEDS = 10
const ENOUGH_MS = 2_000

/** How long further seeds are played, and how many of each scenario: `npm run test:nightly -- --minutes N --seeds N`; one of the two is enough. */
const SEEDS = Number(process.env['PEERWRIGHT_SEEDS'] ?? Infinity)
const MINUTES = Number(process.env['PEERWRIGHT_MINUTES'] ?? (Number.isFinite(SEEDS) ? 24 * 60 : 0))

/** After so many seeds of each it is told how far the run is. */
const TOLD_EVERY = 10

/** Failed runs after which it is no use to go on. */
const MOST_FAILURES = 10

function failureOf (report: RunReport): string {
  const bad = report.checks.filter(({ ok }) => !ok).map(({ what, found }) => `${what}: ${found}`)
  return [replayCommand(report), report.error ?? '', ...bad, ...report.tail.slice(-20)].join('\n')
}

describe('scenarios', () => {
  for (const scenario of scenarios) {
    it(`${scenario.id} ${scenario.title}`, async function () {
      this.timeout(60_000)
      const startMs = performance.now()
      let seed = 1
      for (; seed <= MOST_SEEDS && (seed <= LEAST_SEEDS || performance.now() - startMs < ENOUGH_MS); seed++) {
        const report = await reportOf(scenario, seed)
        assert.ok(report.ok, failureOf(report))
      }
    })
  }

  if (MINUTES > 0) {
    it(`go on with further seeds for ${MINUTES} min${Number.isFinite(SEEDS) ? `, at most ${SEEDS} of each` : ''}`, async function () {
      this.timeout(60_000 * (MINUTES + 5))
      const endMs = performance.now() + 60_000 * MINUTES
      const played = new Map(scenarios.map(({ id }) => [id, 0]))
      const failures: string[] = []
      // Other ones each night
      const first = Number(process.env['PEERWRIGHT_SEED'] ?? Date.now())
      let seed = first
      for (; seed - first < SEEDS && performance.now() < endMs && failures.length < MOST_FAILURES; seed++) {
        if (seed > first && (seed - first) % TOLD_EVERY === 0) {
          console.info(`${seed - first} further seeds from ${first} on, ${failures.length} failed runs`)
        }
        for (const scenario of scenarios) {
          const report = await runScenario(scenario, seed)
          played.set(scenario.id, (played.get(scenario.id) ?? 0) + 1)
          if (!report.ok) {
            failures.push(failureOf(report))
          }
          if (performance.now() >= endMs || failures.length >= MOST_FAILURES) {
            break
          }
        }
      }
      console.info(`further seeds from ${first} on: ${[...played].map(([id, count]) => `${id} ${count}`).join(', ')}`)
      assert.equal(failures.length, 0, failures.join('\n\n'))
    })
  }
})
