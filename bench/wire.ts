/**
 * The wire codecs against bcoin's: payloads alone, without framing, sockets and checks of consensus. Three kinds of work: decode
 * (every count, length and number is walked over), decode and use (the same answer on both sides), encode. Turns of the two
 * alternate in one run; what is printed is the ratio in the middle of the rounds, with the extremes.
 *
 * Run: npm run interop:bcoin once, then npm run bench:wire [-- --rounds 9 --only headers]
 */
import { parseArgs } from 'node:util'
import { type Bcoin, loadBcoin } from './support/wire-bcoin.ts'
import { addressesDuels, blockDuels, headersDuels, inventoryDuels, smallDuels } from './support/wire-duels.ts'
import { fight } from './support/wire-measure.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string' }, only: { type: 'string' } } })
const ROUNDS = Number(values.rounds ?? 9)

const bcoin = await loadBcoin()
const groups = [
  headersDuels, inventoryDuels, addressesDuels, (loaded: Bcoin) => blockDuels(loaded, 'block426884.raw'), (loaded: Bcoin) => blockDuels(loaded, 'block928816.raw'), smallDuels
]

console.log(`Node ${process.versions.node}, ${ROUNDS} rounds; times of one message in microseconds`)
console.log(`${''.padEnd(38)}${'ours'.padStart(10)}${'bcoin'.padStart(11)}   ratio (extremes)        asked`)
let ran = 0
let held = 0
for (const duelsOf of groups) {
  // Made group by group: what one of them holds is not to weigh on the collector's work for another
  for (const duel of duelsOf(bcoin).filter(({ name }) => name.includes(values.only ?? ''))) {
    const { ratio, least, most, ourMicroseconds, theirMicroseconds } = fight(duel, ROUNDS)
    const holds = ratio >= duel.target
    ran++
    held += holds ? 1 : 0
    console.log(`${duel.name.padEnd(38)}${ourMicroseconds.toFixed(1).padStart(10)}${theirMicroseconds.toFixed(1).padStart(11)}   ${
      `${ratio.toFixed(1)} (${least.toFixed(1)} to ${most.toFixed(1)})`.padEnd(24)}${duel.target} ${holds ? 'holds' : 'FALLS SHORT'}`)
  }
}
console.log(`${held} of ${ran} ratios hold`)
