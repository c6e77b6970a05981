import { type RunReport, runScenario, type Scenario } from '../../src/index.ts'

const reports = new Map<string, Promise<RunReport>>()

/** What became of a scenario with a seed; each is played once in a run of the tests. */
export async function reportOf (scenario: Scenario, seed: number): Promise<RunReport> {
  const key = `${scenario.id} ${seed}`
  const report = reports.get(key) ?? runScenario(scenario, seed)
  reports.set(key, report)
  return await report
}
