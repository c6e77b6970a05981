/**
 * Our encrypters against libp2p's: dials per second, and the CPU time of both processes for each byte through yamux. One listener and one
 * dialler for each run, in processes of their own; the kinds take turns. Prints each ratio to `@libp2p/noise` with its spread, and at
 * 64 KiB a write the ratio to `@libp2p/tls` too. Asked: dials 1.0x, with ML-DSA on both sides 0.75x; against TLS 0.95x with ChaCha, 1.1x with AES.
 *
 * Run: npm run bench:noise [-- --rounds 5 --dials 300 --megabytes 64 --kinds noise,pqNoise --sizes 65536,4096,1024]
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
const TLS = '@libp2p/tls'
/** Ratios are to the first of each list */
const KINDS = [STOCK, ...(values.kinds ?? 'noise,pqNoise').split(',')] as readonly Kind[]
const DIAL_KINDS: readonly Kind[] = [...KINDS, 'pqNoise, ML-DSA']
const TLS_KINDS: readonly Kind[] = [TLS, 'pqNoise', 'pqNoise, AES']
/** Writes that TLS is compared at, in bytes */
const TLS_WRITE = 65_536
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

function ratios (name: string, unit: string, figures: Readonly<Record<string, number[]>>, [base, ...kinds]: readonly Kind[]): void {
  const show = (value: number | undefined): string => (value ?? 0).toFixed(2)
  for (const kind of kinds) {
    const all = (figures[kind] ?? []).map((value, round) => value / (figures[base ?? STOCK]?.[round] ?? 0)).toSorted((a, b) => a - b)
    const rates = (figures[kind] ?? []).toSorted((a, b) => a - b)
    const stock = (figures[base ?? STOCK] ?? []).toSorted((a, b) => a - b)
    console.log(`${name.padEnd(24)} ${kind.padEnd(14)} ${show(all[all.length >> 1])} x (${show(all[0])} to ${show(all.at(-1))}), ` +
      `${show(rates[rates.length >> 1])} ${unit} against ${show(stock[stock.length >> 1])} of ${base ?? STOCK}`)
  }
}

/** Rounds of all kinds in turns; a figure for each. */
async function rounds (kinds: readonly Kind[], task: (kind: Kind) => (address: string) => NoiseTask, note: (kind: Kind, measured: NoiseMeasured) => void): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of kinds) {
      note(kind, await run(kind, task(kind)))
    }
  }
}

const figures = (kinds: readonly Kind[]): Record<string, number[]> => Object.fromEntries(kinds.map(kind => [kind, []]))
const [dialRates, dialCpu] = [figures(DIAL_KINDS), figures(DIAL_KINDS)]
await rounds(DIAL_KINDS, kind => address => ({ role: 'dials', kind, address, count: DIALS }), (kind, { seconds, cpuMs }) => {
  dialRates[kind]?.push(DIALS / seconds)
  dialCpu[kind]?.push(DIALS / cpuMs * 1_000)
})
ratios('dials', 'a second', dialRates, DIAL_KINDS)
ratios('dials by CPU', 'a CPU second', dialCpu, DIAL_KINDS)
for (const size of SIZES) {
  const kinds = size === TLS_WRITE ? [...new Set([...KINDS, ...TLS_KINDS])] : KINDS
  const [byCpu, byWall] = [figures(kinds), figures(kinds)]
  // Small writes cost more each: fewer bytes do
  const megabytes = size >= 16_384 ? MEGABYTES : MEGABYTES / 2
  await rounds(kinds, kind => address => ({ role: 'send', kind, address, writeBytes: size, totalBytes: megabytes * 1e6 }), (kind, { seconds, cpuMs }) => {
    byCpu[kind]?.push(megabytes / cpuMs * 1_000)
    byWall[kind]?.push(megabytes / seconds)
  })
  for (const list of size === TLS_WRITE ? [KINDS, TLS_KINDS] : [KINDS]) {
    ratios(`${size} bytes a write, CPU`, 'MB a CPU second', byCpu, list)
    ratios(`${size} bytes a write, wall`, 'MB a second', byWall, list)
  }
}
