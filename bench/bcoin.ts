/**
 * Sync between two processes, ours against bcoin's, alternately in one run: the same chain, proof of work and Merkle roots checked,
 * scripts by neither. Ours goes over an encrypted channel and is stored on disk; bcoin's goes over plain TCP into memory, and coins
 * are kept, which we do not.
 *
 * Run: npm run interop:bcoin once, then npm run bench:bcoin [-- --blocks 5000 --size 0 --rounds 5]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { FetchTask, Measured } from './support/fetch.ts'

const { values } = parseArgs({ options: { blocks: { type: 'string' }, size: { type: 'string' }, rounds: { type: 'string' } } })
const ROUNDS = Number(values.rounds ?? 5)
const BASE_PORT = 24_200

/** What the benchmark asks for when nothing is told: small blocks, then large ones, with the ratio that is wanted. */
const TASKS = values.blocks === undefined
  ? [{ blocks: 5_000, size: 0, wanted: 3 }, { blocks: 200, size: 1_000_000, wanted: 1.2 }]
  : [{ blocks: Number(values.blocks), size: Number(values.size ?? 0), wanted: 1 }]

const path = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url))

async function message<T> (child: ChildProcess): Promise<T> {
  return await new Promise((resolve, reject) => {
    child.once('message', value => { resolve(value as T) })
    child.once('exit', code => { reject(new Error(`a process ended with ${code ?? 'a signal'}`)) })
  })
}

for (const { blocks, size, wanted } of TASKS) {
  const ours = fork(path('peer.ts'), [String(BASE_PORT), String(blocks), String(size)])
  const { peerId, bytes } = await message<{ peerId: string, bytes: number }>(ours)
  const theirs = fork(path('bcoin-peer.mjs'), [JSON.stringify({ role: 'serve', port: BASE_PORT + 1, blocks, size })])
  const { tip } = await message<{ tip: string }>(theirs)
  console.log(`${blocks} blocks, ${(bytes / 1e6).toFixed(1)} MB, ${ROUNDS} rounds`)
  const ratios: Record<'start' | 'blocks', number[]> = { start: [], blocks: [] }
  for (let round = 0; round < ROUNDS; round++) {
    const task: FetchTask = { kind: 'sync', port: BASE_PORT + 2, peers: [{ port: BASE_PORT, peerId }], blocks, bytes, profile: false, memory: false }
    const we = await message<Measured>(fork(path('fetch.ts'), [JSON.stringify(task)]))
    const bcoin = fork(path('bcoin-peer.mjs'), [JSON.stringify({ role: 'fetch', port: BASE_PORT + 1, blocks, size, tip })])
    const they = await message<{ seconds: number, blockSeconds: number, cpuMs: number }>(bcoin)
    bcoin.send('stop')
    for (const [name, { seconds, blockSeconds, cpuMs }] of [['ours', we], ['bcoin', they]] as const) {
      console.log(`  ${name.padEnd(6)} ${Math.round(blocks / blockSeconds).toString().padStart(6)} blocks/s from the first to the last, from the start ${Math.round(blocks / seconds).toString().padStart(6)} blocks/s  ${(bytes / 1e6 / seconds).toFixed(1).padStart(6)} MB/s  ${(cpuMs / blocks).toFixed(2)} ms of CPU per block`)
    }
    ratios.start.push(they.seconds / we.seconds)
    ratios.blocks.push(they.blockSeconds / we.blockSeconds)
  }
  for (const [name, all] of [['from the start', ratios.start], ['from the first block to the last', ratios.blocks]] as const) {
    const sorted = all.toSorted((a, b) => a - b)
    const text = (ratio: number | undefined): string => (ratio ?? 0).toFixed(1)
    const median = sorted[sorted.length >> 1] ?? 0
    console.log(`ours / bcoin ${name}: ${text(median)} (${text(sorted[0])} to ${text(sorted.at(-1))}), wanted ${wanted}: ${median >= wanted ? 'holds' : 'FALLS SHORT'}`)
  }
  ours.send('stop')
  theirs.send('stop')
}
