import type { Scenario } from './scenario.ts'
import { type Check, World } from './world.ts'

/** How a run went. */
export interface RunReport {
  readonly scenario: string
  readonly title: string
  readonly seed: number
  readonly ok: boolean
  readonly checks: readonly Check[]
  /** What broke the run off */
  readonly error?: string
  /** Virtual time that passed, in seconds */
  readonly seconds: number
  /** Callbacks of the clock that ran */
  readonly events: number
  /** Lines of the trace, and SHA-256 of them all */
  readonly lines: number
  readonly digest: string
  /** The last lines */
  readonly tail: readonly string[]
}

/**
 * Plays a scenario from a seed. The same seed gives the same report.
 *
 * @param onWorld - is shown the world before anything happens in it, for who draws progress
 */
export async function runScenario (scenario: Scenario, seed: number, onWorld?: (world: World) => void): Promise<RunReport> {
  const world = new World({ ...scenario.world, seed })
  onWorld?.(world)
  let error: string | undefined
  try {
    await scenario.play(world)
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)
  }
  const { checks, timeline, trace } = world
  return {
    scenario: scenario.id,
    title: scenario.title,
    seed,
    ok: error === undefined && checks.length > 0 && checks.every(({ ok }) => ok),
    checks,
    ...(error === undefined ? {} : { error }),
    seconds: timeline.monotonic() / 1_000,
    events: timeline.events,
    lines: trace.lines,
    digest: trace.digest(),
    tail: trace.tail
  }
}

/** The command that plays a run again. */
export function replayCommand ({ scenario, seed }: Pick<RunReport, 'scenario' | 'seed'>): string {
  return `npx --no-install peerwright simulate ${scenario} --seed ${seed}`
}
