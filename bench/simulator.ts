/**
 * How much faster than real time a whole network runs in the simulator, on one core: 100 nodes with 8 links each for an hour, and 1,000 for
 * ten minutes. Each is a node with its guards: sessions that ping each other, admission with its slots and scores, a meter of the event
 * loop's lag. Setting up the links counts.
 *
 * Run: npm run bench:simulator [-- --nodes 100 --minutes 60]
 */
import { parseArgs } from 'node:util'
import { World } from '@peerwright/simulator'

const { values } = parseArgs({ options: { nodes: { type: 'string' }, minutes: { type: 'string' } } })
const SIZES: ReadonlyArray<readonly [nodes: number, minutes: number]> = values.nodes === undefined
  ? [[100, 60], [1_000, 10]]
  : [[Number(values.nodes), Number(values.minutes ?? 10)]]

/** Each node dials so many others, and is dialled by as many. */
const DIALS = 4
const SEED = 1
const MINUTE = 60_000
const MIB = 1_048_576

async function measure (count: number, minutes: number): Promise<void> {
  const world = new World({ seed: SEED })
  const cpuAtFirst = process.cpuUsage()
  const startMs = performance.now()
  for (let index = 0; index < count; index++) {
    await world.node()
  }
  const dials = world.nodes.flatMap((node, index) => Array.from({ length: DIALS }, async (_, step) => {
    const other = world.nodes[(index + step + 1) % count] ?? node
    await node.network.connect({ address: other.address }, { class: 'full' })
  }))
  await world.settled(Promise.all(dials))
  const setUpMs = performance.now() - startMs
  await world.run(minutes * MINUTE - world.timeline.monotonic())
  const tookMs = performance.now() - startMs
  const { user, system } = process.cpuUsage(cpuAtFirst)
  const links = world.nodes.map(({ network }) => network.sessions().length)
  if (links.some(each => each !== 2 * DIALS)) {
    throw new Error(`a node has ${Math.min(...links)} to ${Math.max(...links)} links`)
  }
  const { events } = world.timeline
  console.info([
    `${count} nodes, ${2 * DIALS} links each, ${minutes} min: ${(tookMs / 1_000).toFixed(1)} s (${(setUpMs / 1_000).toFixed(1)} s until all are connected)`,
    `  ${Math.round(minutes * MINUTE / tookMs)} times faster than real time, ${((user + system) / 1_000 / tookMs).toFixed(2)} cores`,
    `  ${events} events, ${Math.round(events / tookMs)} thousand a second; ${Math.round(process.memoryUsage.rss() / MIB)} MiB`,
    `  history ${world.trace.digest().slice(0, 16)}`
  ].join('\n'))
}

for (const [nodes, minutes] of SIZES) {
  await measure(nodes, minutes)
}
