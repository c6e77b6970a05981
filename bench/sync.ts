/**
 * Sync against the raw stream it runs on: a node fetches blocks of 400-byte transactions from one and from four peers in other
 * processes, checks them and stores them; alternately the same bytes go over a bare libp2p stream and are thrown away. Each run
 * has a process of its own. Prints the ratio of the rates with its spread, memory, and where the CPU time of a profiled run went.
 *
 * Run: npm run bench:sync [-- --blocks 200 --rounds 3 --size 1000000]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { FetchTask, Measured } from './support/fetch.ts'

const { values } = parseArgs({ options: { blocks: { type: 'string' }, rounds: { type: 'string' }, size: { type: 'string' } } })
const BLOCKS = Number(values.blocks ?? 200)
const ROUNDS = Number(values.rounds ?? 3)
const SIZE = Number(values.size ?? 1_000_000)
const BASE_PORT = 24_100

const PEER = fileURLToPath(new URL('support/peer.ts', import.meta.url))
const FETCH = fileURLToPath(new URL('support/fetch.ts', import.meta.url))

interface Peer {
  readonly child: ChildProcess
  readonly port: number
  readonly peerId: string
  readonly bytes: number
}

async function message<T> (child: ChildProcess): Promise<T> {
  return await new Promise((resolve, reject) => {
    child.once('message', value => { resolve(value as T) })
    child.once('exit', code => { reject(new Error(`a process ended with ${code ?? 'a signal'}`)) })
  })
}

async function startPeer (port: number): Promise<Peer> {
  const child = fork(PEER, [String(port), String(BLOCKS), String(SIZE)])
  return { child, port, ...await message<{ peerId: string, bytes: number }>(child) }
}

async function run (kind: FetchTask['kind'], from: readonly Peer[], profile = false): Promise<Measured> {
  const bytes = from[0]?.bytes ?? 0
  const task: FetchTask = { kind, port: BASE_PORT + 10, peers: from.map(({ port, peerId }) => ({ port, peerId })), blocks: BLOCKS, bytes, profile, memory: !profile }
  return await message<Measured>(fork(FETCH, [JSON.stringify(task)]))
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)

function show (name: string, { seconds, headerSeconds, cpuMs, rss }: Measured, bytes: number): void {
  const rate = `${(bytes / 1e6 / seconds).toFixed(1).padStart(7)} MB/s  ${(cpuMs * 1e6 / bytes).toFixed(1).padStart(6)} ms of CPU per MB`
  const more = headerSeconds === 0
    ? ''
    : `  ${Math.round(BLOCKS / headerSeconds)} headers/s from the start  ${Math.round(BLOCKS / (seconds - headerSeconds))} blocks/s  RSS ${megabytes(rss[0])} -> ${megabytes(rss[1])} MB`
  console.log(`${name.padEnd(22)}${rate}${more}`)
}

const peers = await Promise.all([0, 1, 2, 3].map(async at => await startPeer(BASE_PORT + at)))
const bytes = peers[0]?.bytes ?? 0
console.log(`${BLOCKS} blocks, ${(bytes / 1e6).toFixed(1)} MB, ${ROUNDS} rounds`)
const ratios: Record<'one' | 'four', number[]> = { one: [], four: [] }
for (let round = 0; round < ROUNDS; round++) {
  const raw = await run('raw', peers.slice(0, 1))
  show('raw stream', raw, bytes)
  for (const [name, from] of [['one', peers.slice(0, 1)], ['four', peers]] as const) {
    const sync = await run('sync', from)
    show(`sync from ${name}`, sync, bytes)
    ratios[name].push(raw.seconds / sync.seconds)
  }
}
for (const [name, all] of Object.entries(ratios)) {
  const sorted = all.toSorted((a, b) => a - b)
  const percent = (ratio: number | undefined): string => (100 * (ratio ?? 0)).toFixed(1)
  console.log(`sync from ${name} / raw stream: ${percent(sorted[sorted.length >> 1])} % (${percent(sorted[0])} to ${percent(sorted.at(-1))} %)`)
}
const { cpuMs, breakdown } = await run('sync', peers.slice(0, 1), true)
const parts: Array<[string, number]> = Object.entries({ ...breakdown })
const rest = cpuMs - parts.reduce((sum, [, ms]) => sum + ms, 0)
console.log('CPU of a profiled run from one peer, ms per MB:',
  [...parts, ['other threads', rest] as const].map(([name, ms]) => `${name} ${(ms * 1e6 / bytes).toFixed(1)}`).join(', '))
for (const { child } of peers) {
  child.send('stop')
}
