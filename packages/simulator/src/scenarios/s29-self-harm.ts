import { endCode } from '../outcome.ts'
import { quantumcoin } from '../profiles.ts'
import type { PuppetLine } from '../puppet.ts'
import type { Scenario } from '../scenario.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'

const PEERS = 20

/** Pings as impatient as a profile may make them, so that a pause of five seconds is one that they notice. */
const HASTY = quantumcoin({ timings: { pingIntervalMs: 1_000, pingTimeoutMs: 2_000 }, admission: { budgets: { controlPerMinute: 150 } } })

async function healthyPeers (world: World, node: SimNode): Promise<PuppetLine[]> {
  const lines: PuppetLine[] = []
  for (let index = 0; index < PEERS; index++) {
    const line = await world.settled(world.puppet({ name: `peer${index}` }).connect(node.address))
    line.answersPings()
    lines.push(line)
  }
  await world.run(5_000)
  return lines
}

function isUnharmed (world: World, node: SimNode, peers: readonly { readonly localPeer: string }[]): void {
  const { admission: { enforcer: { bans, discouraged } }, scoring } = node.guards
  const nowMs = world.timeline.monotonic()
  world.check('nobody is banned or discouraged', bans.size === 0 && discouraged.size === 0, `${bans.size}, ${discouraged.size}`)
  world.check('nobody lost a point', peers.every(({ localPeer }) => scoring.score(localPeer, nowMs) === 0))
  world.check('nobody is throttled', peers.every(({ localPeer }) => admission(node, localPeer, nowMs) === 0))
}

function admission (node: SimNode, peerId: string, nowMs: number): number {
  return node.guards.admission.enforcer.throttledFor(peerId, nowMs)
}

/** The event loop of the node itself stands still. */
export const ownPause: Scenario = {
  id: 'S29',
  title: 'our own event loop stands still for five seconds: nobody else is blamed',
  world: { profile: HASTY },
  play: async world => {
    const node = await world.node({ name: 'slow' })
    // Far enough that a ping of each is under way at any time
    world.internet.shape(() => ({ latencyMs: 600 }))
    const peers = await healthyPeers(world, node)
    const ends: string[] = []
    node.network.observe({ closed: (_, end) => { ends.push(endCode(end)) } })
    node.clock.block(5_000)
    // What arrives meanwhile is read after the timers that are late
    world.internet.partition([[], [node.libp2p.host]])
    await world.run(5_000)
    world.internet.heal()
    await world.run(30_000)
    world.check('they all seem to be gone at once, and none for what it did', ends.length === PEERS && ends.every(code => code === 'timeout'), `${ends.length}: ${[...new Set(ends)].join()}`)
    isUnharmed(world, node, peers)
    const again = await world.settled(world.puppet({ name: 'later' }).connect(node.address).then(() => 'in', () => 'refused'))
    world.check('peers may come in again', again === 'in', again)
  }
}

/** The uplink of the node itself is down. */
export const ownUplink: Scenario = {
  id: 'S30',
  title: 'nine of ten peers cannot be dialled, for our own uplink is down: scores stay as they were',
  play: async world => {
    const node = await world.node({ name: 'cut' })
    const others = []
    for (let index = 0; index < PEERS; index++) {
      others.push(await world.node({ name: `peer${index}` }))
    }
    world.internet.partition([[node.libp2p.host, ...others.slice(0, PEERS / 10).map(({ libp2p }) => libp2p.host)], others.slice(PEERS / 10).map(({ libp2p }) => libp2p.host)])
    const dials = others.map(async ({ address }) => {
      const signal = new AbortController()
      world.timeline.schedule(10_000, () => { signal.abort() })
      return await node.network.connect({ address }, { class: 'full', signal: signal.signal }).then(() => 'connected', () => 'failed')
    })
    const ends = await world.settled(Promise.all(dials))
    world.check('nine of ten fail', ends.filter(end => end === 'failed').length === PEERS * 9 / 10, ends.filter(end => end === 'failed').length)
    await world.run(30_000)
    isUnharmed(world, node, others.map(({ network }) => ({ localPeer: network.localPeer })))
    world.internet.heal()
    await world.run(1_000)
    const again = await world.settled(Promise.all(others.map(async ({ address }) =>
      await node.network.connect({ address }, { class: 'full' }).then(() => 1, () => 0))))
    world.check('when it is up again all are reached', again.reduce<number>((sum, one) => sum + one, 0) === PEERS, again.join(''))
  }
}
