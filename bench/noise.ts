/**
 * Our encrypters against libp2p's: dials per second, and the rate and the CPU time of both processes for each byte through yamux. In each
 * round every kind has a listener and a dialler in processes of their own, both warm; the kinds take turns. Prints each ratio to the first
 * of its duel, the median of the rounds with its spread, and how busy both sides were. Asked: dials 1.0x, with ML-DSA on both sides 0.75x;
 * against TLS 0.95x by the clock with ChaCha, 1.1x with AES.
 *
 * Run: npm run bench:noise [-- --rounds 5 --turns 3 --dials 100 --megabytes 64 --only dials,65536,4096,1024,tls]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Kind } from './support/noise-node.ts'
import type { NoiseMeasured, NoiseTask } from './support/noise-process.ts'
import { ask, end, told } from './support/pinned.ts'

/** What is compared with what. */
interface Duel {
  readonly name: string
  /** Ratios are to the first */
  readonly kinds: readonly Kind[]
  readonly unit: string
  /** Of what a turn does, in that unit */
  readonly amount: number
  readonly task: (kind: Kind, address: string) => NoiseTask
}

/** A listener and a dialler of one kind, and what their turns took of each side and by the clock. */
interface Contender {
  readonly listener: ChildProcess
  readonly dialler: ChildProcess
  seconds: number
  listenerMs: number
  diallerMs: number
}

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, turns: { type: 'string' }, dials: { type: 'string' }, megabytes: { type: 'string' }, only: { type: 'string' } }
})
const ROUNDS = Number(values.rounds ?? 5)
/** Of each kind in a round */
const TURNS = Number(values.turns ?? 3)
const DIALS = Number(values.dials ?? 100)
const MEGABYTES = Number(values.megabytes ?? 64)
const OURS: readonly Kind[] = ['noise', 'pqNoise']
/** Writes that TLS is compared at, in bytes */
const TLS_WRITE = 65_536

function writes (name: string, writeBytes: number, kinds: readonly Kind[]): Duel {
  // Small writes cost more each: fewer bytes do
  const amount = writeBytes >= 16_384 ? MEGABYTES : MEGABYTES / 4
  return { name, kinds, unit: 'MB', amount, task: (kind, address) => ({ role: 'send', kind, address, writeBytes, totalBytes: amount * 1e6 }) }
}

const DUELS: readonly Duel[] = [
  { name: 'dials', kinds: ['@libp2p/noise', ...OURS, 'pqNoise, ML-DSA'], unit: 'dials', amount: DIALS, task: (kind, address) => ({ role: 'dials', kind, address, count: DIALS }) },
  ...[65_536, 4_096, 1_024].map(bytes => writes(String(bytes), bytes, ['@libp2p/noise', ...OURS])),
  writes('tls', TLS_WRITE, ['@libp2p/tls', 'pqNoise', 'pqNoise, AES'])
]

const PROCESS = fileURLToPath(new URL('support/noise-process.ts', import.meta.url))
const start = (task: NoiseTask): ChildProcess => fork(PROCESS, [JSON.stringify(task)])

async function contender (duel: Duel, kind: Kind): Promise<Contender> {
  const listener = start({ role: 'listen', kind })
  const dialler = start(duel.task(kind, await told<string>(listener)))
  await told(dialler)
  return { listener, dialler, seconds: 0, listenerMs: 0, diallerMs: 0 }
}

async function turn (contender: Contender): Promise<void> {
  const before = await ask<number>(contender.listener, 'cpu')
  const { seconds, cpuMs } = await ask<NoiseMeasured>(contender.dialler, 'go')
  contender.listenerMs += await ask<number>(contender.listener, 'cpu') - before
  contender.diallerMs += cpuMs
  contender.seconds += seconds
}

/** @returns what each kind of the duel took, in its order */
async function round (duel: Duel): Promise<readonly Contender[]> {
  const contenders: Contender[] = []
  for (const kind of duel.kinds) {
    contenders.push(await contender(duel, kind))
  }
  for (let time = 0; time < TURNS; time++) {
    for (const each of contenders) {
      await turn(each)
    }
  }
  await Promise.all(contenders.flatMap(({ listener, dialler }) => [end(dialler), end(listener)]))
  return contenders
}

/** The median, with the extremes. Of an even number it is the mean of the middle two. */
function spread (figures: readonly number[], digits: number): string {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
  return `${middle.toFixed(digits)} (${(sorted[0] ?? 0).toFixed(digits)} to ${(sorted.at(-1) ?? 0).toFixed(digits)})`
}

function print ({ name, kinds, unit, amount }: Duel, rounds: ReadonlyArray<readonly Contender[]>): void {
  const figures = (index: number, of: (contender: Contender) => number): number[] => rounds.flatMap(round => round.slice(index, index + 1).map(of))
  const rate = ({ seconds }: Contender): number => amount * TURNS / seconds
  const cpuRate = ({ listenerMs, diallerMs }: Contender): number => amount * TURNS * 1_000 / (listenerMs + diallerMs)
  const ratio = (index: number, of: (contender: Contender) => number): string => {
    const base = figures(0, of)
    return spread(figures(index, of).map((figure, at) => figure / (base[at] ?? 0)), 2)
  }
  const digits = unit === 'MB' ? 0 : 1
  for (const [index, kind] of kinds.entries()) {
    console.log(`${name}: ${kind}: ${spread(figures(index, rate), digits)} ${unit} a second, ${spread(figures(index, cpuRate), digits)} a second of CPU time, ` +
      `dialler busy ${spread(figures(index, each => each.diallerMs / each.seconds / 1_000), 2)}, listener ${spread(figures(index, each => each.listenerMs / each.seconds / 1_000), 2)}`)
  }
  for (const [index, kind] of kinds.entries()) {
    if (index > 0) {
      console.log(`${name}: ${kind} to ${kinds[0] ?? ''}: ${ratio(index, rate)} by the clock, ${ratio(index, cpuRate)} by CPU time`)
    }
  }
}

const only = values.only?.split(',')
for (const duel of DUELS.filter(({ name }) => only?.includes(name) ?? true)) {
  const rounds: Array<readonly Contender[]> = []
  for (let index = 0; index < ROUNDS; index++) {
    rounds.push(await round(duel))
  }
  print(duel, rounds)
}
