/**
 * Small live messages: an `inv` of one entry, 37 bytes, through session, limits and dispatch to a handler. One sender that never pauses, in
 * a process and on a core of its own; the rate is by the clock and by the receiver's CPU time.
 *
 * Run: npm run bench:messages [-- --seconds 3 --rounds 5 --port 24500]
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { MessagesTold } from './support/messages-node.ts'
import { ask, CAN_PIN, end, pinned, told } from './support/pinned.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string' }, rounds: { type: 'string' }, port: { type: 'string' } } })
const SECONDS = Number(values.seconds ?? 3)
const ROUNDS = Number(values.rounds ?? 5)
const PORT = values.port ?? '24500'
/** Asked of one core, in messages per second */
const ASKED = 50_000

const receiver = pinned('messages-node.ts', 1, ['receive', PORT])
await told(receiver)
const sender = pinned('messages-node.ts', 0, ['send', PORT])
await told(sender)
console.log(`Node ${process.versions.node}, ${ROUNDS} rounds of ${SECONDS} s after one to warm up; ${CAN_PIN ? 'receiver on core 1, sender on core 0' : 'not pinned: no taskset, or one core'}`)
const rates: number[] = []
for (let round = 0; round <= ROUNDS; round++) {
  const before = await ask<MessagesTold>(receiver, 'tell')
  await delay(SECONDS * 1_000)
  const after = await ask<MessagesTold>(receiver, 'tell')
  const handled = after.handled - before.handled
  const perSecond = handled * 1_000 / (after.atMs - before.atMs)
  const perCore = handled * 1_000 / (after.cpuMs - before.cpuMs)
  if (round > 0) {
    rates.push(perCore)
    console.log(`${perSecond.toFixed(0)} messages per second, ${perCore.toFixed(0)} per second of CPU time, ${after.throttled} throttled`)
  }
}
rates.sort((a, b) => a - b)
console.log(`median ${(rates[rates.length >> 1] ?? 0).toFixed(0)} per second and core, asked ${ASKED}`)
await Promise.all([end(sender), end(receiver)])
