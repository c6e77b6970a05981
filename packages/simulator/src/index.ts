/**
 * @packageDocumentation
 *
 * What would a whole network do? The sessions and services of a node, unchanged, on a clock that is turned and an internet in memory:
 * links with latency, jitter, loss and bandwidth, partitions, hosts with addresses and autonomous systems, attackers as small programs.
 * One seed gives one history, told by a trace with a hash.
 *
 * @example Two nodes that meet
 *
 * ```ts
 * import { World } from '@peerwright/simulator'
 *
 * const world = new World({ seed: 7 })
 * const [a, b] = [await world.node(), await world.node()]
 * await world.settled(a.network.connect({ address: b.address }, { class: 'full' }))
 * await world.run(600_000)
 * console.info(world.trace.digest())
 * ```
 */
export type { Guards } from './guards.ts'
export type { Host, Internet } from './internet.ts'
export type { LinkQuality } from './link-model.ts'
export { replayCommand, type RunReport, runScenario } from './run-scenario.ts'
export type { Scenario } from './scenario.ts'
export { scenarios } from './scenarios/index.ts'
export type { SimNode, SimNodeOptions } from './sim-node.ts'
export type { Timeline } from './timeline.ts'
export type { Trace } from './trace.ts'
export { World, type Check, type WorldOptions } from './world.ts'
