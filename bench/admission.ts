/**
 * What admission costs: refusing a connection, checking the budget of a frame, observing a peer, looking up a ban among 10,000, and
 * choosing whom to evict. Each is the machine alone, on a virtual clock, with a full house and full tables; the median of the rounds.
 *
 * Run: npm run bench:admission [-- --rounds 7]
 */
import { parseArgs } from 'node:util'
import { presets } from '@peerwright/chain-spec'
import { IpRange, NetAddress, seededRandom } from '@peerwright/core'
import type { PeerFacts, PeerSession } from '@peerwright/interface'
import { InboundSlots } from '@peerwright/peer-manager'
import { PeerScoring } from '@peerwright/peer-scoring'
import { messageType } from '@peerwright/protocol-messages'
import { PeerAdmission } from '@peerwright/security'

const { values } = parseArgs({ options: { rounds: { type: 'string' } } })
const ROUNDS = Number(values.rounds ?? 7)
const TIMES = 20_000

const random = seededRandom(1)
const policy = presets.quantumcoin.policy.admission

/** A random IPv4 address. */
function anyAddress (): NetAddress {
  const address = NetAddress.from(Uint8Array.of(1 + random.below(200), ...random.bytes(3)), 1_024 + random.below(60_000))
  if (address === undefined) {
    throw new Error('no address')
  }
  return address
}

function door (): { admission: PeerAdmission, scoring: PeerScoring } {
  const scoring = new PeerScoring({
    policy: policy.scoring, host: policy.connections.host, population: () => ({ connected: 125, outbound: 8, useful: 124, isOutbound: false })
  })
  const admission = new PeerAdmission({ policy, maxConnections: 253, limitLoopback: true, scores: scoring, onDrop: () => {} }, 0)
  return { admission, scoring }
}

/** One case: what is done before, and what is measured. */
interface Case {
  readonly name: string
  readonly make: () => (turn: number) => void
}

const strangers = Array.from({ length: 1_024 }, anyAddress)
const stranger = (turn: number): NetAddress => strangers[turn & 1_023] ?? anyAddress()

function sessionOf (peerId: string, address: NetAddress): PeerSession {
  const facts: PeerFacts = { openedMs: 0, bytesIn: 0, bytesOut: 0 }
  const session: Partial<PeerSession> = { peerId, address, direction: 'inbound', class: 'full', facts }
  return session as PeerSession
}

const cases: readonly Case[] = [
  {
    name: 'refuse a connection: its host has its three',
    make: () => {
      const { admission } = door()
      const [first] = strangers
      for (let count = 0; count < 3 && first !== undefined; count++) {
        admission.accept(first, 'inbound', count * 1_000)
        admission.identified(`peer ${count}`, first, 'inbound', count * 1_000)
      }
      return turn => first !== undefined && admission.accept(first, 'inbound', 10_000 + turn)
    }
  },
  {
    name: 'refuse a connection: banned, among 10,000',
    make: () => {
      const { admission } = door()
      for (let count = 0; count < 10_000; count++) {
        const { ip } = count < 1_024 ? stranger(count) : anyAddress()
        admission.enforcer.bans.add({ type: 'range', range: IpRange.of(ip, 128) }, { rule: 'bench', reason: '', durationMs: 1e9 }, 0)
      }
      return turn => admission.accept(stranger(turn), 'inbound', turn)
    }
  },
  {
    name: 'look up a ban, 10,000 bans of 4 lengths',
    make: () => {
      const { bans } = door().admission.enforcer
      for (let count = 0; count < 10_000; count++) {
        const bits = [128, 120, 112, 104][count & 3] ?? 128
        bans.add({ type: 'range', range: IpRange.of(anyAddress().ip, bits) }, { rule: 'bench', reason: '', durationMs: 1e9 }, 0)
      }
      return turn => bans.ofIp(stranger(turn).ip, turn)
    }
  },
  {
    name: 'look up a ban of a peer id, among 10,000',
    make: () => {
      const { bans } = door().admission.enforcer
      const ids = Array.from({ length: 10_000 }, (_, count) => `12D3Koo${count}`)
      ids.forEach(peerId => bans.add({ type: 'peer', peerId }, { rule: 'bench', reason: '', durationMs: 1e9 }, 0))
      return turn => bans.ofPeer(ids[turn % 10_000] ?? '', turn)
    }
  },
  {
    name: 'check the budget of a frame, 125 peers',
    make: () => {
      const { admission } = door()
      const sessions = Array.from({ length: 125 }, (_, count) => sessionOf(`peer ${count}`, stranger(count)))
      const [inv, ping] = [messageType('inv'), messageType('ping')]
      // Each peer sends 90 a minute, as it may
      return turn => { admission.frame(sessions[turn % 125] ?? sessionOf('', stranger(0)), turn % 10 === 0 ? ping : inv, 37, turn * 60_000 / (125 * 90)) }
    }
  },
  {
    name: 'observe an ambiguous offence, 10,000 peers',
    make: () => {
      const { scoring } = door()
      for (let count = 0; count < 10_000; count++) {
        scoring.observe({ peerId: `old ${count}`, address: stranger(count), rule: `rule ${count % 100}`, offence: 'ambiguous' }, count * 1_000)
      }
      return turn => { scoring.observe({ peerId: `peer ${turn % 2_000}`, address: stranger(turn), rule: 'timeout', offence: 'ambiguous', points: -1 }, 1e8 + turn * 20_000) }
    }
  },
  {
    name: 'explain a peer with 64 entries',
    make: () => {
      const { scoring } = door()
      for (let count = 0; count < 64; count++) {
        scoring.observe({ peerId: 'peer', address: stranger(0), rule: 'stall', offence: 'ambiguous', points: -1 }, count)
      }
      return turn => scoring.explain('peer', turn)
    }
  },
  {
    name: 'choose whom to evict, 75 inbound peers',
    make: () => {
      const slots = new InboundSlots({ maxInbound: 75, maxOutbound: 50, secret: random.bytes(32) })
      const holders = Array.from({ length: 75 }, (_, count) => ({ ...sessionOf(`peer ${count}`, stranger(count)), facts: { openedMs: count, bytesIn: 0, bytesOut: 0, minRttMs: random.below(300) } }))
      return turn => { if (turn % 20 === 0) { slots.decide(sessionOf('late', stranger(turn)), holders, turn) } }
    }
  }
]

console.log(`Node ${process.versions.node}, ${ROUNDS} rounds of ${TIMES.toLocaleString('en')}; strangers such as ${stranger(0).host}`)
for (const { name, make } of cases) {
  const evict = name.startsWith('choose')
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const what = make()
    const startMs = performance.now()
    for (let turn = 0; turn < TIMES; turn++) {
      what(turn)
    }
    return (performance.now() - startMs) * 1_000 / (evict ? TIMES / 20 : TIMES)
  }).slice(1).sort((a, b) => a - b)
  const text = (at: number): string => (rounds[at] ?? 0).toFixed(2)
  console.log(`${name.padEnd(46)}${text(rounds.length >> 1).padStart(8)} us (${text(0)} to ${text(rounds.length - 1)})`)
}
