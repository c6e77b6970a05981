import { encodePing, messageType } from '@peerwright/protocol-messages'
import type { PuppetLine } from '../puppet.ts'
import type { Scenario } from '../scenario.ts'
import type { World } from '../world.ts'

const MINUTES = 10
const ATTACKERS = 3

/** Longest piece of garbage, in bytes. */
const GARBAGE_BYTES = 4_096

/** Random bytes, a good frame with a bit turned, or half of one. */
function garbage ({ random }: World): Uint8Array {
  const good = Uint8Array.of(9, messageType('ping'), ...encodePing(BigInt(random.below(1_000_000))))
  switch (random.below(3)) {
    case 0:
      return random.bytes(1 + random.below(GARBAGE_BYTES))
    case 1: {
      const at = random.below(good.length)
      good[at] = (good[at] ?? 0) ^ (1 << random.below(8))
      return good
    }
    default:
      return good.subarray(0, 1 + random.below(good.length - 1))
  }
}

/** Peers that shake hands well and then say anything at all. */
export const garbageFrames: Scenario = {
  id: 'S28',
  title: 'random, bent and cut frames for ten minutes: the others do not notice',
  play: async world => {
    const node = await world.node({ name: 'node' })
    const honest: PuppetLine[] = []
    for (let index = 0; index < 8; index++) {
      const line = await world.settled(world.puppet({ name: `honest${index}` }).connect(node.address))
      line.answersPings()
      honest.push(line)
    }
    await world.run(1_000)
    const calmMs = node.network.sessions().map(({ facts }) => facts.minRttMs ?? Infinity)
    let attempts = 0
    let admitted = 0
    for (let second = 0; second < 60 * MINUTES; second++) {
      for (let index = 0; index < ATTACKERS; index++) {
        const attacker = world.puppet({ name: 'attacker', ip: `200.${second % 200}.${1 + index}.1` })
        attempts++
        attacker.connect(node.address).then(async line => {
          admitted++
          for (let piece = 0; piece < 20 && line.raw(garbage(world)); piece++) {
            await new Promise<void>(resolve => { world.timeline.schedule(50, resolve) })
          }
        }).catch(() => undefined)
      }
      await world.run(1_000)
    }
    world.check('the attackers had their say', admitted > 500, `${admitted} of ${attempts}`)
    await world.run(10_000)
    const sessions = node.network.sessions().filter(({ peerId }) => honest.some(({ localPeer }) => localPeer === peerId))
    const worst = Math.max(...sessions.map(({ facts }) => facts.rttMs ?? Infinity)) / Math.min(...calmMs)
    world.check('no honest peer lost its session', sessions.length === honest.length, sessions.length)
    world.check('their round trips are what they were', worst <= 2, `${worst.toFixed(2)} times`)
    world.check('nothing is left of the attackers', node.network.sessions().length <= honest.length + ATTACKERS * 25, node.network.sessions().length)
    world.check('tables stay small', node.guards.scoring.size <= 10_000, node.guards.scoring.size)
  }
}
