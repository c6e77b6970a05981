import { NetAddress } from '@peerwright/core'
import { messageType } from '@peerwright/protocol-messages'
import { codeOf } from '../outcome.ts'
import { quantumcoin } from '../profiles.ts'
import type { Scenario } from '../scenario.ts'

/** Meeting oneself, and meeting twice. */
export const selfAndDuplicate: Scenario = {
  id: 'S22',
  title: 'a node that dials itself, and two that dial each other at once: an end, and no penalty',
  play: async world => {
    const [a, b] = [await world.node({ name: 'a' }), await world.node({ name: 'b' })]
    const self = await world.settled(a.network.connect({ address: a.address }, { class: 'full' }).then(() => 'connected', codeOf))
    world.check('a node does not connect to itself', self === 'self', self)
    for (let round = 0; round < 10; round++) {
      await world.settled(Promise.allSettled([
        a.network.connect({ address: b.address }, { class: 'full' }),
        b.network.connect({ address: a.address }, { class: 'full' })
      ]))
      await world.run(5_000)
      world.check('one session is left on each side', a.network.sessions().length === 1 && b.network.sessions().length === 1,
        `${a.network.sessions().length}, ${b.network.sessions().length}`)
      await world.settled(a.network.sessions()[0]?.close({ code: 'done' }) ?? Promise.resolve())
      await world.run(5_000)
    }
    const nowMs = world.timeline.monotonic()
    for (const [one, other] of [[a, b], [b, a]] as const) {
      const { admission, scoring } = one.guards
      world.check('nothing is held against the other', scoring.explain(other.network.localPeer, nowMs) === undefined && scoring.size === 0, scoring.size)
      world.check('nobody is banned or discouraged', admission.enforcer.bans.size === 0 && admission.enforcer.discouraged.size === 0)
    }
  }
}

/** Who was turned away does not take no for an answer. */
export const reconnectStorm: Scenario = {
  id: 'S23',
  title: 'turned away for lack of slots, a peer redials every second: it costs an accept',
  world: { profile: quantumcoin({ slots: { maxInbound: 4, maxOutbound: 8, minOutbound: 8 } }) },
  play: async world => {
    const node = await world.node({ name: 'small' })
    for (let index = 0; index < 4; index++) {
      const line = await world.settled(world.puppet().connect(node.address))
      line.answersPings()
    }
    const stormer = world.puppet({ name: 'stormer' })
    const attempt = async (): Promise<boolean> => await stormer.connect(node.address).then(() => true, () => false)
    world.check('there is no slot for it', !await world.settled(attempt()))
    const before = node.guards.admission.counters()
    for (let second = 0; second < 299; second++) {
      void attempt()
      await world.run(1_000)
    }
    const after = node.guards.admission.counters()
    const cooled = (after.refused['cool-down'] ?? 0) - (before.refused['cool-down'] ?? 0)
    world.check('for five minutes it is refused before a handshake', cooled >= 298 && after.accepted - before.accepted <= 1, `${cooled} of 299, ${after.accepted - before.accepted} accepted`)
    world.check('nobody lost its slot', node.network.sessions().length === 4, node.network.sessions().length)
  }
}

/** Peers of other networks. */
export const wrongNetwork: Scenario = {
  id: 'S25',
  title: 'another genesis: the end with wrong-network, a cool-down, no ban',
  play: async world => {
    const node = await world.node()
    const puppet = world.puppet({ name: 'stranger' })
    const line = await world.settled(puppet.dial(node.address))
    line.greet({ networkId: '33'.repeat(32) })
    await world.until(() => !line.open, 10_000)
    const goodbye = line.heard.find(({ type }) => type === messageType('goodbye'))
    const other = await world.node({ name: 'other', session: { networkId: '44'.repeat(32) } })
    const told = await world.settled(other.network.connect({ address: node.address }, { class: 'full' }).then(() => 'connected', codeOf))
    world.check('a stranger hears why', goodbye !== undefined && told === 'wrong-network', told)
    await world.run(60_000)
    const again = await world.settled(puppet.dial(node.address).then(() => 'in', () => 'refused'))
    world.check('it stays away for a while', again === 'refused' && (node.guards.admission.counters().refused['cool-down'] ?? 0) > 0, again)
    world.check('it is not banned', node.guards.admission.enforcer.bans.size === 0 && node.guards.admission.enforcer.discouraged.size === 0)
    await world.run(4 * 3_600_000)
    world.check('and may come again', await world.settled(puppet.dial(node.address).then(() => true, () => false)))
  }
}

/** Faults of one peer after which it must be banned by any ladder. */
const MANY_FAULTS = 40

/** Ids and addresses of somebody who was banned. */
export const bannedReturns: Scenario = {
  id: 'S33',
  title: 'banned, a peer returns with a new id on its IP, and with its id on a new IP',
  play: async world => {
    const node = await world.node()
    const { admission } = node.guards
    const { bans } = admission.enforcer
    const hostAfter = world.profile.policy.admission.bans.hostAfterPeers
    const address = NetAddress.from('150.1.1.1', 50_000) as NetAddress
    const isBanned = (): boolean => bans.ofIp(address.ip, world.timeline.monotonic()) !== undefined
    const ids: string[] = []
    for (let index = 0; index < hostAfter; index++) {
      world.check(`with ${index} ids of it banned, the IP is not`, !isBanned())
      const puppet = world.puppet({ name: `liar${index}`, ip: address.host })
      const line = await world.settled(puppet.connect(node.address))
      ids.push(line.localPeer)
      for (let fault = 0; fault < MANY_FAULTS && bans.ofPeer(line.localPeer, world.timeline.monotonic()) === undefined; fault++) {
        admission.observe({ peerId: line.localPeer, address, rule: 'bad-block', offence: 'provable' }, world.timeline.monotonic())
        await world.run(1_000)
      }
      world.check('its faults get its id banned, and its session ends', !line.open && bans.ofPeer(line.localPeer, world.timeline.monotonic()) !== undefined)
      const elsewhere = admission.identified(line.localPeer, node.address, 'inbound', world.timeline.monotonic())
      world.check('from another address it is refused as well', !elsewhere.allow && elsewhere.reason === 'banned', JSON.stringify(elsewhere))
    }
    world.check(`with ${hostAfter} different ids banned, the IP is`, isBanned() && new Set(ids).size === hostAfter)
    const next = await world.settled(world.puppet({ ip: address.host }).connect(node.address).then(() => 'in', () => 'refused'))
    const neighbour = await world.settled(world.puppet({ ip: '150.1.1.2' }).connect(node.address).then(() => 'in', () => 'refused'))
    world.check('a new id on it is refused, its neighbour is not', next === 'refused' && neighbour === 'in', `${next}, ${neighbour}`)
  }
}
