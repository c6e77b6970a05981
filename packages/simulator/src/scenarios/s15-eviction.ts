import { messageOf } from '../outcome.ts'
import { quantumcoin } from '../profiles.ts'
import type { PuppetLine } from '../puppet.ts'
import type { Scenario } from '../scenario.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'

const SLOTS = 60
/** As peer-manager has it (Bitcoin Core, node/eviction.cpp) */
const PROTECTED_BY_NETGROUP = 4

/** Peers of S16 that were there first, each in a group of its own: more than the four that are protected for their group */
const HONEST = 20

/** A full node, and what became of the roles of those who are in it. */
interface Full {
  readonly node: SimNode
  /** By role: who plays it */
  readonly roles: ReadonlyMap<string, readonly PuppetLine[]>
}

/**
 * Roles, and how many play each, those who are protected first: as many as are (Bitcoin Core, SelectNodeToEvict; ANCHORS 1.2). Those of
 * role `onion` come last, all from this machine, as a proxy for hidden services makes them: one group, the youngest. Four more are
 * protected by a secret order of their groups.
 */
const ROLES = [['uptime', 20], ['ping', 8], ['tx', 4], ['block-only', 8], ['block', 4], ['plain', 12], ['onion', 4]] as const

/** Those of two roles are in ranges of their own; each other is anywhere. */
function ipOf (role: string, index: number): { readonly ip?: string } {
  return role === 'ping' ? { ip: `120.${index}.1.1` } : role === 'onion' ? { ip: `127.0.${index}.1` } : {}
}

async function fill (world: World): Promise<Full> {
  const node = await world.node({ name: 'full' })
  // Those of role `ping` are near, in a range of their own
  world.internet.shape((a, b) => ({ latencyMs: [a.ip, b.ip].some(ip => ip.startsWith('120.')) ? 2 : 60 }))
  const roles = new Map<string, PuppetLine[]>()
  for (const [role, count] of ROLES) {
    const lines: PuppetLine[] = []
    for (let index = 0; index < count; index++) {
      const puppet = world.puppet({ name: `${role}${index}`, ...ipOf(role, index) })
      const line = await world.settled(puppet.connect(node.address, { class: role === 'block-only' ? 'block-only' : 'full' }))
      line.answersPings()
      lines.push(line)
    }
    roles.set(role, lines)
    await world.run(10_000)
  }
  await world.run(130_000)
  for (const session of node.network.sessions()) {
    const role = [...roles].find(([, lines]) => lines.some(({ localPeer }) => localPeer === session.peerId))?.[0]
    // What relay and sync would write
    if (role === 'tx') {
      session.facts.lastTxMs = world.timeline.monotonic()
    } else if (role === 'block' || role === 'block-only') {
      session.facts.lastBlockMs = world.timeline.monotonic()
    }
  }
  return { node, roles }
}

/** A full node and a newcomer. */
export const eviction: Scenario = {
  id: 'S15',
  title: 'inbound full: exactly one is evicted, nobody who is protected, and first who is discouraged',
  world: { profile: quantumcoin({ slots: { maxInbound: SLOTS, maxOutbound: 8, minOutbound: 8 } }) },
  play: async world => {
    const { node, roles } = await fill(world)
    world.check('all slots are taken', node.network.sessions().length === SLOTS, node.network.sessions().length)
    const gone = (): string[] => [...roles].flatMap(([role, lines]) => lines.filter(({ open }) => !open).map(() => role))

    await world.settled(world.puppet().connect(node.address))
    await world.run(2_000)
    world.check('exactly one had to go, of those who are not protected', gone().join() === 'plain', gone().join())
    world.check('the newcomer has its slot', node.network.sessions().length === SLOTS, node.network.sessions().length)

    // A secret order of netgroups protects four, and four of these may be among them; they are the oldest, who would go last otherwise
    const discouraged = (roles.get('plain') ?? []).filter(({ open }) => open).slice(0, PROTECTED_BY_NETGROUP + 1)
    const { enforcer, connections } = node.guards.admission
    for (const { peerId, address } of node.network.sessions()) {
      if (discouraged.some(({ localPeer }) => localPeer === peerId)) {
        enforcer.discouraged.add(connections.hostOf(address), world.timeline.monotonic())
      }
    }
    await world.settled(world.puppet().connect(node.address))
    await world.run(2_000)
    const left = discouraged.filter(({ open }) => open).length
    world.check('who is discouraged goes next', left === discouraged.length - 1 && gone().length === 2, `${discouraged.length - left} of ${gone().length}`)
  }
}

/** One netgroup against the rest. */
export const slotFlood: Scenario = {
  id: 'S16',
  title: 'one /16 opens ten times the inbound slots: honest peers of other groups stay',
  world: { profile: quantumcoin({ slots: { maxInbound: SLOTS, maxOutbound: 8, minOutbound: 8 } }) },
  play: async world => {
    const node = await world.node({ name: 'victim' })
    const honest: PuppetLine[] = []
    for (let index = 0; index < HONEST; index++) {
      const line = await world.settled(world.puppet({ name: `honest${index}` }).connect(node.address))
      line.answersPings()
      honest.push(line)
    }
    await world.run(150_000)
    let most = 0
    const attackers: Array<Promise<PuppetLine>> = []
    for (let index = 0; index < 10 * SLOTS; index++) {
      const attacker = world.puppet({ name: `a${index}`, ip: `200.1.${index % 200}.${1 + Math.floor(index / 200)}` })
      const connecting = attacker.connect(node.address)
      connecting.then(line => { line.answersPings() }, () => undefined)
      attackers.push(connecting)
      await world.run(60)
      most = Math.max(most, node.network.sessions().filter(({ address }) => address.host.startsWith('200.1.')).length)
    }
    await world.settled(Promise.allSettled(attackers))
    await world.run(60_000)
    const groups = new Set(node.network.sessions().map(({ address }) => address.host.split('.').slice(0, 2).join('.')))
    groups.delete('200.1')
    const staying = honest.filter(({ open }) => open).length
    world.check('every honest peer stays, each in a group of its own', staying === HONEST && groups.size === HONEST, `${groups.size} groups, ${staying} of ${HONEST} peers`)
    world.check('the attacker never had more than the slots that were free', most <= SLOTS - HONEST, `${most} of ${SLOTS}`)
  }
}

/** Nobody can be evicted. */
export const allProtected: Scenario = {
  id: 'S17',
  title: 'full, and everybody is protected: the newcomer is dropped, nobody else is',
  world: { profile: quantumcoin({ slots: { maxInbound: 4, maxOutbound: 8, minOutbound: 8 } }) },
  play: async world => {
    const node = await world.node({ name: 'small' })
    const lines: PuppetLine[] = []
    for (let index = 0; index < 4; index++) {
      lines.push(await world.settled(world.puppet().connect(node.address)))
    }
    const refused = await world.settled(world.puppet().connect(node.address).then(() => 'admitted', messageOf))
    await world.run(2_000)
    world.check('the newcomer is turned away', refused !== 'admitted', refused)
    world.check('nobody had to go', lines.every(({ open }) => open) && node.network.sessions().length === 4, node.network.sessions().length)
  }
}
