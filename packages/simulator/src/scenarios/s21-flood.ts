import type { NetAddress } from '@peerwright/core'
import type { Scenario } from '../scenario.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'

const ATTEMPTS_PER_SECOND = 1_000
const FLOOD_SECONDS = 20

/** What an honest peer needs for its way in, at most: the time for a handshake, and a second try. */
interface Outcome {
  readonly tookMs: readonly number[]
  readonly failed: number
  readonly accepted: number
  readonly mostPending: number
}

/** While strangers knock a thousand times a second, an honest peer comes every second. */
async function flood (world: World, node: SimNode, knock: (target: NetAddress, attempt: number) => void): Promise<Outcome> {
  const tookMs: number[] = []
  let failed = 0
  let mostPending = 0
  const before = node.guards.admission.counters().accepted
  for (let second = 0; second < FLOOD_SECONDS; second++) {
    const honest = world.puppet({ name: `honest${second}` })
    const sinceMs = world.timeline.monotonic()
    honest.connect(node.address).then(line => {
      line.answersPings()
      tookMs.push(world.timeline.monotonic() - sinceMs)
    }, () => { failed++ })
    for (let attempt = 0; attempt < ATTEMPTS_PER_SECOND; attempt++) {
      knock(node.address, second * ATTEMPTS_PER_SECOND + attempt)
      await world.run(1_000 / ATTEMPTS_PER_SECOND)
      mostPending = Math.max(mostPending, node.libp2p.pending)
    }
  }
  await world.run(world.profile.policy.timings.handshakeTimeoutMs)
  return { tookMs, failed, accepted: node.guards.admission.counters().accepted - before, mostPending }
}

function report (world: World, who: string, { tookMs, failed, accepted, mostPending }: Outcome): void {
  const { policy: { timings, admission: { connections } } } = world.profile
  const sorted = tookMs.toSorted((a, b) => a - b)
  const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Infinity
  // As much again is for subnets that nobody came from for a while
  const bound = 2 * connections.acceptsPerSecond * (FLOOD_SECONDS + 1)
  world.check(`${who}: not more are accepted than the pace allows`, accepted <= bound, `${accepted} of at most ${bound}`)
  world.check(`${who}: what waits for a handshake is bounded`, mostPending <= connections.pending, `${mostPending} of at most ${connections.pending}`)
  world.check(`${who}: every honest peer gets in`, failed === 0, `${failed} of ${FLOOD_SECONDS} did not`)
  world.check(`${who}: within the time for a handshake`, p95 <= timings.handshakeTimeoutMs, `p95 ${Math.round(p95)} ms`)
}

/** Many connections, from one address and from a thousand. */
export const connectionFlood: Scenario = {
  id: 'S21',
  title: 'a thousand attempts a second, from one IP and from a thousand: honest peers get in',
  play: async world => {
    const one = await world.node({ name: 'one' })
    const attacker = world.puppet({ name: 'attacker', ip: '200.1.1.1' })
    report(world, 'one IP', await flood(world, one, target => { attacker.libp2p.knock(target) }))
    const many = await world.node({ name: 'many' })
    const crowd = Array.from({ length: 1_000 }, (_, index) => world.puppet({ name: 'crowd', ip: `201.${index % 13}.${Math.floor(index / 13) % 4}.${1 + Math.floor(index / 52)}` }))
    report(world, 'a thousand IPs', await flood(world, many, (target, attempt) => { crowd[attempt % crowd.length]?.libp2p.knock(target) }))
  }
}
