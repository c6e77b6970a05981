import { OperationError } from '@peerwright/core'
import { replayCommand, type RunReport, runScenario, type Scenario, scenarios, type World } from '@peerwright/simulator'
import type { Output } from './output.ts'
import { UsageError } from './usage-error.ts'

/** What `peerwright simulate` is told. */
export interface SimulateOptions {
  /** Its id; undefined to list them */
  readonly scenario: string | undefined
  /** The first one */
  readonly seed: number
  /** How many */
  readonly seeds: number
  /** Whether the end of the trace is shown in any case */
  readonly trace: boolean
}

/** How often progress is drawn, in milliseconds. */
const PROGRESS_MS = 250

/** Lines of the trace that are shown. Chosen: a screen. */
const TRACE_LINES = 40

/** Plays a scenario, or lists them. @throws UsageError, OperationError `scenario-failed` */
export async function simulate ({ scenario: id, seed, seeds, trace }: SimulateOptions, output: Output, signal: AbortSignal): Promise<void> {
  if (id === undefined) {
    const all = scenarios.map(({ id: name, title }) => ({ id: name, title }))
    output.result({ scenarios: all }, all.map(({ id: name, title }) => `${name.padEnd(4)} ${title}`).join('\n'))
    return
  }
  const scenario = scenarios.find(other => other.id.toLowerCase() === id.toLowerCase())
  if (scenario === undefined) {
    throw new UsageError(`there is no scenario ${JSON.stringify(id.slice(0, 40))}: "peerwright simulate" lists them`)
  }
  for (let count = 0; count < seeds; count++) {
    const at = seed + count
    signal.throwIfAborted()
    const { report, wallSeconds } = await play(scenario, at, output)
    const { tail, ...rest } = report
    output.result(rest, describe(report, wallSeconds))
    if (!output.json && (trace || !report.ok)) {
      output.say(tail.slice(-TRACE_LINES).join('\n'))
    }
    if (!report.ok) {
      throw new OperationError('scenario-failed', `${scenario.id} failed with seed ${at}; to see it again: ${replayCommand(report)}`)
    }
  }
}

async function play (scenario: Scenario, seed: number, output: Output): Promise<{ report: RunReport, wallSeconds: number }> {
  const startMs = performance.now()
  let world: World | undefined
  const timer = setInterval(() => {
    if (world !== undefined) {
      const { timeline, checks } = world
      output.progress(`${scenario.id} seed ${seed}: ${(timeline.monotonic() / 1_000).toFixed(0)} s of virtual time, ${timeline.events} events, ${checks.length} checks`, performance.now())
    }
  }, PROGRESS_MS)
  try {
    const report = await runScenario(scenario, seed, made => { world = made })
    return { report, wallSeconds: (performance.now() - startMs) / 1_000 }
  } finally {
    clearInterval(timer)
  }
}

function describe ({ scenario, title, seed, ok, checks, error, seconds, events, lines, digest }: RunReport, wallSeconds: number): string {
  return [
    `${scenario} ${title}`,
    ...checks.map(check => `  ${check.ok ? 'ok    ' : 'FAILED'} ${check.what}${check.found === String(check.ok) ? '' : ` (${check.found})`}`),
    ...error === undefined ? [] : [`  FAILED ${error}`],
    `seed ${seed}: ${ok ? 'all is as it should be' : 'not as it should be'}; ${seconds.toFixed(1)} s of virtual time in ${wallSeconds.toFixed(1)} s, ${events} events`,
    `trace: ${lines} lines, SHA-256 ${digest}`
  ].join('\n')
}
