import type { Observation } from '@peerwright/interface'
import { restoreScores, type ScoringInit, snapshotScores } from '@peerwright/peer-scoring'
import { restoreBans, snapshotBans } from '@peerwright/security'
import type { Puppet } from '../puppet.ts'
import type { Scenario } from '../scenario.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'

/** How long the node is down: less than the ban lasts. */
const DOWN_MS = 600_000

/** Faults of one peer after which any ladder has banned it. */
const MANY_FAULTS = 20

/** What a node writes into its files, as text. */
interface Files {
  readonly bans: string
  readonly scores: string
  readonly savedAtMs: number
}

function scoringOf ({ profile }: World): ScoringInit {
  const { scoring, connections } = profile.policy.admission
  return { policy: scoring, host: connections.host, population: () => ({ connected: 0, outbound: 0, useful: 0, isOutbound: false }) }
}

function save (world: World, { guards: { admission, scoring } }: SimNode): Files {
  const { timeline } = world
  return {
    bans: JSON.stringify(snapshotBans(admission.enforcer.bans, timeline.monotonic(), timeline.now())),
    scores: JSON.stringify(snapshotScores(scoring, scoringOf(world), timeline.monotonic())),
    savedAtMs: timeline.now()
  }
}

function load (world: World, { guards: { admission, scoring } }: SimNode, { bans, scores, savedAtMs }: Files): void {
  const { timeline } = world
  restoreBans(admission.enforcer.bans, JSON.parse(bans), timeline.monotonic(), timeline.now())
  restoreScores(scoring, scoringOf(world), JSON.parse(scores), timeline.monotonic(), timeline.now() - savedAtMs)
}

/** A node goes and comes back, and remembers. */
export const banOverRestart: Scenario = {
  id: 'S32',
  title: 'a ban outlives a restart with its reason, rule and end, and what is held against a peer adds up',
  play: async world => {
    const before = await world.node({ name: 'before', ip: '90.1.1.1' })
    const { admission, service: { control } } = before.guards
    const liar = world.puppet({ name: 'liar' })
    const slow = world.puppet({ name: 'slow' })
    const spammer = world.puppet({ name: 'spammer' })
    const lines = []
    for (const puppet of [liar, slow, spammer, world.puppet({ name: 'other' })]) {
      const line = await world.settled(puppet.connect(before.address))
      line.answersPings()
      lines.push(line)
    }
    const observe = (puppet: Puppet, said: Pick<Observation, 'rule' | 'offence' | 'points' | 'evidence'>): void => {
      admission.observe({ ...said, peerId: puppet.peerId, address: puppet.libp2p.address }, world.timeline.monotonic())
    }
    for (const points of [-3, -7, -1]) {
      observe(slow, { rule: 'stall', offence: 'ambiguous', points })
      observe(liar, { rule: 'slow-answer', offence: 'ambiguous', points })
      await world.run(60_000)
    }
    for (let fault = 0; fault < MANY_FAULTS && control.explain(liar.peerId).ban === undefined; fault++) {
      observe(liar, { rule: 'bad-block', offence: 'provable', evidence: 'block 7 has no parent' })
      await world.run(1_000)
    }
    control.ban(spammer.peerId, { reason: 'spam' })
    await world.run(2_000)
    const adds = (node: SimNode, who: Puppet): boolean => {
      const score = node.guards.service.control.explain(who.peerId).score
      return score !== undefined && score.score < 0 && score.entries.reduce((sum, { left }) => sum + left, 0) === score.score
    }
    const held = control.explain(liar.peerId)
    world.check('the entries of a score add up to it', adds(before, liar) && adds(before, slow), JSON.stringify(held.score?.entries.map(({ left }) => left)))
    world.check('the liar is banned for what it did', held.ban?.rule === 'bad-block' && held.ban.reason === 'conduct' && held.ban.expiresAtMs !== undefined, held.ban?.rule)
    world.check('its session is over', lines[0]?.open === false)
    const files = save(world, before)
    await world.settled(before.stop())
    await world.run(DOWN_MS)

    const after = await world.node({ name: 'after', ip: '90.1.1.1' })
    load(world, after, files)
    const again = after.guards.service.control.explain(liar.peerId)
    world.check('the ban is what it was', JSON.stringify(again.ban) === JSON.stringify(held.ban), JSON.stringify(again.ban))
    const spam = after.guards.service.control.explain(spammer.peerId).ban
    world.check('so is the one of the operator', spam?.rule === 'operator' && spam.reason === 'spam' && spam.expiresAtMs === undefined, JSON.stringify(spam))
    world.check('who was banned did not sit its score out', again.score?.score === held.score?.score, `${again.score?.score ?? 'none'} of ${held.score?.score ?? 'none'}`)
    world.check('the entries still add up', adds(after, liar) && adds(after, slow))
    const ask = async (puppet: Puppet): Promise<string> => await world.settled(puppet.connect(after.address).then(() => 'in', () => 'refused'))
    world.check('the banned are refused, the slow one is not', await ask(liar) === 'refused' && await ask(spammer) === 'refused' && await ask(slow) === 'in')
    await world.run(Math.max(0, (held.ban?.expiresAtMs ?? 0) - world.timeline.now()) + 1_000)
    const late = [await ask(liar), await ask(spammer)]
    world.check('when its time is over the liar may come, the spammer may not', late.join() === 'in,refused', late.join())
  }
}
