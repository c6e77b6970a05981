/**
 * A siege: connections and garbage at full speed from 50 addresses in 13 /24s of 127/8, while eight honest peers fetch blocks and ping.
 * Attacker and honest peers have one core, the node the other; runs with the attack alternate with runs in which the attacker sleeps.
 * Prints what became of the honest peers' blocks per second, who of them was dropped, the node's memory, and whether every connection
 * that the system accepted was counted as accepted or as refused for a reason.
 *
 * V8 doubles its room for young objects when it sees fit, calm or siege, up to 64 MiB for each half here: with `--young 64` the node has it
 * from the start, and whatever its memory grows by is something else.
 *
 * Run: npm run bench:siege [-- --seconds 60 --rounds 3 --port 24400 --young 64]
 */
import { parseArgs } from 'node:util'
import { ask, CAN_PIN, end, pinned, told } from './support/pinned.ts'
import type { AttackTold } from './support/siege-attacker.ts'
import type { HonestTold } from './support/siege-honest.ts'
import type { SiegeTold } from './support/siege-node.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string' }, rounds: { type: 'string' }, port: { type: 'string' }, young: { type: 'string' } } })
const SECONDS = Number(values.seconds ?? 60)
const ROUNDS = Number(values.rounds ?? 3)
const PORT = Number(values.port ?? 24_400)
const NODE_FLAGS = values.young === undefined ? [] : [`--min-semi-space-size=${Number(values.young)}`, `--max-semi-space-size=${Number(values.young)}`]
const BLOCKS = 1_000
const BLOCK_BYTES = 4_000
/** What has to be compiled and allocated is so after this share of a run: memory is compared from then on */
const WARM_SHARE = 0.25

interface Run {
  readonly honest: HonestTold
  readonly attack: AttackTold | undefined
  readonly before: SiegeTold
  readonly warm: SiegeTold
  readonly after: SiegeTold
}

async function run (attacked: boolean): Promise<Run> {
  const node = pinned('siege-node.ts', 1, [String(PORT), String(BLOCKS), String(BLOCK_BYTES)], NODE_FLAGS)
  await told(node)
  const honest = pinned('siege-honest.ts', 0, [String(PORT), String(SECONDS), String(PORT + 1)])
  const attacker = pinned('siege-attacker.ts', 0, [String(PORT), String(SECONDS)])
  await Promise.all([told(honest), told(attacker)])
  const before = await ask<SiegeTold>(node, 'tell')
  const fetched = ask<HonestTold>(honest, 'go')
  const attack = attacked ? ask<AttackTold>(attacker, 'go') : undefined
  await new Promise<void>(resolve => { setTimeout(resolve, SECONDS * WARM_SHARE * 1_000) })
  const warm = await ask<SiegeTold>(node, 'tell')
  const result = { honest: await fetched, attack: await attack, before, warm, after: await ask<SiegeTold>(node, 'tell') }
  await Promise.all([end(honest), end(attacker)])
  await end(node)
  return result
}

const rate = ({ honest }: Run): number => honest.blocks / honest.seconds
const growth = ({ warm, after }: Run): number => after.rssBytes / warm.rssBytes - 1
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)
const middle = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN

function print (name: string, { honest, before, warm, after }: Run): void {
  const cpu = (after.cpuMs - before.cpuMs) / honest.seconds / 1_000
  console.log(`${name}: ${rate({ honest } as Run).toFixed(0)} honest blocks per second, slowest 16 ${honest.slowestMs.toFixed(0)} ms, ping ${honest.rttMs.toFixed(1)} ms, ` +
    `busy ${honest.busy}, dropped ${honest.dropped}; node at ${percent(cpu)} of a core, RSS ${megabytes(warm.rssBytes)} to ${megabytes(after.rssBytes)} MB, in use of it ${megabytes(warm.usedBytes)} to ${megabytes(after.usedBytes)} MB`)
}

/** What became of each connection. @returns how many were counted nowhere */
function account (attack: AttackTold, { accepts, accepted, refused, later, overflows }: SiegeTold, before: SiegeTold): number {
  // One that made room for another was accepted before, as were those who were refused when they had said who they are
  const turnedAway = Object.values(refused).reduce((sum, count) => sum + count, 0) - (refused['crowded-out'] ?? 0) - later
  const dropped = overflows === undefined || before.overflows === undefined ? 'an unknown number' : String(overflows - before.overflows)
  console.log(`  ${attack.attempts} attempts, ${attack.connected} connected; ${dropped} found no place in the kernel's queue; accepted by the system ${accepts} = ` +
    `taken ${accepted} + refused ${turnedAway} ${JSON.stringify(refused)}: ${accepts - accepted - turnedAway} counted nowhere`)
  return Math.abs(accepts - accepted - turnedAway)
}

console.log(`Node ${process.versions.node}, ${ROUNDS} rounds of ${SECONDS} s; ${CAN_PIN ? 'pinned with taskset: node on core 1, others on core 0' : 'not pinned: no taskset, or one core'}`)
const calm: Run[] = []
const siege: Run[] = []
let uncounted = 0
for (let round = 0; round < ROUNDS; round++) {
  for (const attacked of round % 2 === 0 ? [false, true] : [true, false]) {
    const result = await run(attacked)
    print(attacked ? 'siege' : 'calm ', result)
    if (result.attack !== undefined) {
      uncounted += account(result.attack, result.after, result.before)
    }
    (attacked ? siege : calm).push(result)
  }
}
const ratios = siege.map((result, at) => rate(result) / rate(calm[at] ?? result))
const growths = siege.map(growth)
const spread = (numbers: readonly number[], text: (value: number) => string): string => `${text(middle(numbers))} (${text(Math.min(...numbers))} to ${text(Math.max(...numbers))})`
console.log(`honest blocks per second, siege to calm: ${spread(ratios, value => value.toFixed(2))}, asked 0.9`)
console.log(`honest peers dropped: ${siege.reduce((sum, { honest }) => sum + honest.dropped, 0)}, asked 0`)
console.log(`change of RSS: ${spread(growths, percent)}, asked 10 %; in calm runs ${spread(calm.map(growth), percent)}`)
console.log(`connections that were counted nowhere: ${uncounted}, asked 0`)
