import { NetAddress } from '@peerwright/core'
import type { Observation } from '@peerwright/interface'
import type { Puppet } from '../puppet.ts'
import type { Scenario } from '../scenario.ts'
import type { World } from '../world.ts'

const OFFENDERS = 100_000

/** Offenders in a second: five hundred times what the pace of admission lets in. */
const OFFENDERS_PER_SECOND = 50_000

/** Bans for good, of half as many addresses and half as many ids. */
const PERMANENT_BANS = 100

/** What is remembered of scores (ANCHORS 6.3), and of those met once. */
const MAX_RECORDS = 10_000

/** Two generations of 25,000 hosts (Bitcoin Core's filter: 50,000 in all; ANCHORS 1.4). */
const MAX_DISCOURAGED = 50_000

/** A ban of no great value. */
const SHORT_MS = 1_800_000

/** The address of one offender: each has its own. */
function addressOf (index: number): NetAddress {
  return NetAddress.from(Uint8Array.of(60 + (index >> 16), index >> 8 & 0xff, index & 0xff, 7), 50_000) as NetAddress
}

/** Somebody new, caught at something. */
function offence (index: number): Observation {
  return { peerId: `offender${index}`, address: addressOf(index), rule: `rule-${index % 7}`, offence: index % 3 === 0 ? 'ambiguous' : 'provable' }
}

/** The addresses and ids that an operator does not want to see again. */
function enemies (world: World): Puppet[] {
  return Array.from({ length: PERMANENT_BANS }, (_, index) => world.puppet({ name: `enemy${index}` }))
}

/** More offenders than any table has room for. */
export const manyOffenders: Scenario = {
  id: 'S31',
  title: 'a hundred thousand offenders: tables stay at their bounds, and who is banned for good stays banned',
  play: async world => {
    const node = await world.node({ name: 'node' })
    const { admission, scoring, service: { control } } = node.guards
    const { bans, discouraged } = admission.enforcer
    const { maxEntries } = world.profile.policy.admission.bans
    const honest = await world.settled(world.puppet({ name: 'honest' }).connect(node.address))
    honest.answersPings()
    await world.run(1_000)
    const unwanted = enemies(world)
    for (const [index, enemy] of unwanted.entries()) {
      control.ban(index % 2 === 0 ? enemy.libp2p.host.ip : enemy.peerId, { reason: 'for good' })
    }
    // Met twice, it is no newcomer
    const old: Observation = { peerId: 'veteran', address: addressOf(OFFENDERS), rule: 'stall', offence: 'ambiguous', points: -8 }
    admission.observe(old, world.timeline.monotonic())
    admission.observe(old, world.timeline.monotonic())

    let most = { bans: 0, scores: 0, discouraged: 0 }
    for (let index = 0; index < OFFENDERS; index++) {
      const seen = offence(index)
      const nowMs = world.timeline.monotonic()
      admission.observe(seen, nowMs)
      admission.enforcer.ban({ type: 'peer', peerId: seen.peerId }, { rule: seen.rule, reason: 'conduct', durationMs: SHORT_MS + index }, [], nowMs)
      most = {
        bans: Math.max(most.bans, bans.size), scores: Math.max(most.scores, scoring.size), discouraged: Math.max(most.discouraged, discouraged.size)
      }
      if (index % OFFENDERS_PER_SECOND === OFFENDERS_PER_SECOND - 1) {
        await world.run(1_000)
      }
    }
    const nowMs = world.timeline.monotonic()
    world.check('bans stay at their bound', most.bans === maxEntries + PERMANENT_BANS, `${most.bans} of ${maxEntries} and ${PERMANENT_BANS} for good`)
    world.check('scores stay at theirs', most.scores <= MAX_RECORDS, `${most.scores} of ${MAX_RECORDS}`)
    world.check('those discouraged too', most.discouraged <= MAX_DISCOURAGED, `${most.discouraged} of ${MAX_DISCOURAGED}`)
    world.check('the last offender is banned, the first is forgotten',
      bans.ofPeer(offence(OFFENDERS - 1).peerId, nowMs) !== undefined && bans.ofPeer(offence(0).peerId, nowMs) === undefined)
    world.check('what is held against who was met before is not', scoring.explain('veteran', nowMs)?.entries.length === 2)
    const kept = unwanted.filter((enemy, index) =>
      index % 2 === 0 ? control.explainAddress(enemy.libp2p.host.ip) !== undefined : control.explain(enemy.peerId).ban !== undefined)
    world.check('who was banned for good is', kept.length === PERMANENT_BANS, `${kept.length} of ${PERMANENT_BANS}`)
    const refused = await world.settled(Promise.all(unwanted.slice(0, 4).map(async enemy => await enemy.connect(node.address).then(() => 'in', () => 'refused'))))
    world.check('and does not come in', refused.every(how => how === 'refused'), refused.join())
    world.check('an honest peer noticed nothing', honest.open && node.network.sessions().length === 1)
    const next = await world.settled(world.puppet({ name: 'next' }).connect(node.address).then(() => 'in', () => 'refused'))
    world.check('the next one comes in', next === 'in', next)
  }
}
