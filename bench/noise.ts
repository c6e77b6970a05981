/**
 * Our encrypters against libp2p's: dials per second, and the CPU time of both processes for each byte through yamux. One listener and one
 * dialler for each run, in processes of their own; the kinds take turns. Prints each ratio to `@libp2p/noise` with its spread.
 *
 * Run: npm run bench:noise [-- --rounds 5 --dials 300 --megabytes 64 --kinds noise,pqNoise]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Kind } from './support/noise-node.ts'
import type { NoiseMeasured, NoiseTask } from './support/noise-process.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, dials: { type: 'string' }, megabytes: { type: 'string' }, kinds: { type: 'string' }, sizes: { type: 'string' } }
})
const ROUNDS = Number(values.rounds ?? 5)
const DIALS = Number(values.dials ?? 300)
const MEGABYTES = Number(values.megabytes ?? 64)
const STOCK = '@libp2p/noise'
const KINDS = [STOCK, ...(values.kinds ?? 'noise,pqNoise').split(',')] as Kind[]
const SIZES = (values.sizes ?? '65536,4096,1024').split(',').map(Number)

const PROCESS = fileURLToPath(new URL('support/noise-process.ts', import.meta.url))

async function message<T> (child: ChildProcess): Promise<T> {
  return await new Promise((resolve, reject) => {
    child.once('message', value => { resolve(value as T) })
    child.once('exit', code => { reject(new Error(`a process ended with ${code ?? 'a signal'}`)) })
  })
}

const start = (task: NoiseTask): ChildProcess => fork(PROCESS, [JSON.stringify(task)])

async function cpuOf (child: ChildProcess): Promise<number> {
  child.send('cpu')
  return await message<number>(child)
}

/** What both sides took, after both were warm. */
async function run (kind: Kind, task: (address: string) => NoiseTask): Promise<NoiseMeasured> {
  const listener = start({ role: 'listen', kind })
  const dialler = start(task(await message<string>(listener)))
  await message(dialler)
  const before = await cpuOf(listener)
  dialler.send('go')
  const { seconds, cpuMs } = await message<NoiseMeasured>(dialler)
  const after = await cpuOf(listener)
  listener.send('stop')
  return { seconds, cpuMs: cpuMs + after - before }
}

function ratios (name: string, unit: string, figures: Readonly<Record<string, number[]>>): void {
  const show = (value: number | undefined): string => (value ?? 0).toFixed(2)
  for (const kind of KINDS.slice(1)) {
    const all = (figures[kind] ?? []).map((value, round) => value / (figures[STOCK]?.[round] ?? 0)).toSorted((a, b) => a - b)
    const rates = (figures[kind] ?? []).toSorted((a, b) => a - b)
    const stock = (figures[STOCK] ?? []).toSorted((a, b) => a - b)
    console.log(`${name.padEnd(24)} ${kind.padEnd(14)} ${show(all[all.length >> 1])} x (${show(all[0])} to ${show(all.at(-1))}), ` +
      `${show(rates[rates.length >> 1])} ${unit} against ${show(stock[stock.length >> 1])}`)
  }
}

const figures = (): Record<string, number[]> => Object.fromEntries(KINDS.map(kind => [kind, []]))
const [dialRates, dialCpu] = [figures(), figures()]
for (let round = 0; round < ROUNDS; round++) {
  for (const kind of KINDS) {
    const { seconds, cpuMs } = await run(kind, address => ({ role: 'dials', kind, address, count: DIALS }))
    dialRates[kind]?.push(DIALS / seconds)
    dialCpu[kind]?.push(DIALS / cpuMs * 1_000)
  }
}
ratios('dials', 'a second', dialRates)
ratios('dials by CPU', 'a CPU second', dialCpu)
for (const size of SIZES) {
  const [byCpu, byWall] = [figures(), figures()]
  // Small writes cost more each: fewer bytes do
  const megabytes = size >= 16_384 ? MEGABYTES : MEGABYTES / 2
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of KINDS) {
      const { seconds, cpuMs } = await run(kind, address => ({ role: 'send', kind, address, writeBytes: size, totalBytes: megabytes * 1e6 }))
      byCpu[kind]?.push(megabytes / cpuMs * 1_000)
      byWall[kind]?.push(megabytes / seconds)
    }
  }
  ratios(`${size} bytes a write, CPU`, 'MB a CPU second', byCpu)
  ratios(`${size} bytes a write, wall`, 'MB a second', byWall)
}
