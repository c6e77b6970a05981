import { type Profiler, Session } from 'node:inspector/promises'
import process from 'node:process'
import type { Worker } from 'node:worker_threads'

/** Milliseconds of CPU time, of the main thread and of the one that checks bodies, by what it went into. */
export interface Breakdown {
  readonly receiving: number
  readonly hashing: number
  readonly storing: number
  readonly collecting: number
}

/** Which sources do what; everything else of ours, of libp2p and of Node's network code receives. */
const STORING = /chain-store\/|classic-level|abstract-level|internal\/fs|node:fs/
const HASHING = /protocol-messages\/src\/(hash|hash-batch|merkle|sha256-lanes|transaction|block)\.ts|^wasm:/

/** Samples the main thread and those that it starts. Costs a few per cent, so that a profiled run is not one to take rates from. */
export async function startProfile (): Promise<() => Promise<Breakdown>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 500 })
  await session.post('Profiler.start')
  const threads: Array<ReturnType<Worker['startCpuProfile']>> = []
  const onThread = (thread: Worker): void => {
    thread.once('online', () => { threads.push(thread.startCpuProfile()) })
  }
  process.on('worker', onThread)
  return async () => {
    process.off('worker', onThread)
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    const sums = { receiving: 0, hashing: 0, storing: 0, collecting: 0 }
    addTo(sums, profile)
    for (const thread of threads) {
      // All that such a thread does, its start included, is for hashing
      addTo(sums, JSON.parse(await (await thread).stop()) as Profiler.Profile, 'hashing')
    }
    return sums
  }
}

function addTo (sums: Record<keyof Breakdown, number>, { nodes, samples = [], timeDeltas = [] }: Profiler.Profile, only?: keyof Breakdown): void {
  const parents = new Map<number, number>()
  const byId = new Map(nodes.map(node => [node.id, node]))
  for (const node of nodes) {
    node.children?.forEach(child => parents.set(child, node.id))
  }
  for (const [at, sample] of samples.entries()) {
    const ms = (timeDeltas[at] ?? 0) / 1_000
    const name = byId.get(sample)?.callFrame.functionName
    if (name === '(garbage collector)') {
      sums.collecting += ms
    } else if (name !== '(idle)') {
      sums[only ?? purpose(sample)] += ms
    }
  }

  /** A function counts for the nearest source above it that says what it is for: native code for who called it. */
  function purpose (sample: number): 'receiving' | 'hashing' | 'storing' {
    for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) {
      const url = byId.get(id)?.callFrame.url ?? ''
      if (HASHING.test(url)) {
        return 'hashing'
      }
      if (STORING.test(url)) {
        return 'storing'
      }
    }
    return 'receiving'
  }
}
