import assert from 'node:assert/strict'
import { NetAddress, seededRandom } from '@peerwright/core'
import type { PeerFacts, SlotHolder } from '@peerwright/interface'
import { type EvictionCandidate, InboundSlots, selectPeerToEvict } from '@peerwright/peer-manager'

const SEED = Number(process.env['PEERWRIGHT_SEED'] ?? Date.now() % 1_000_000)

/** A peer of a group of its own that nothing speaks for, but that it is the older the smaller its number is. */
function plain (number: number, rest: Partial<EvictionCandidate> = {}): EvictionCandidate {
  return { peerId: `peer ${number}`, netgroup: `group ${String(number).padStart(5, '0')}`, connectedMs: number, relaysTransactions: true, local: false, preferEvict: 0, ...rest }
}

const many = (count: number, change: (number: number) => Partial<EvictionCandidate> = () => ({})): EvictionCandidate[] =>
  Array.from({ length: count }, (_, number) => plain(number, change(number)))

describe('eviction', () => {
  it('S15 of peers in every role exactly one goes: it is not protected, and a discouraged one goes first', () => {
    const peers = many(60, number => ({
      ...(number >= 30 && number < 38 ? { minRttMs: 1 } : { minRttMs: 100 }),
      ...(number >= 38 && number < 42 ? { lastTxMs: 1_000 } : {}),
      ...(number >= 42 && number < 50 ? { relaysTransactions: false, lastBlockMs: 500 } : {}),
      ...(number >= 50 && number < 54 ? { lastBlockMs: 1_000 } : {}),
      netgroup: number >= 54 && number < 58 ? `zzz ${number}` : 'crowd'
    }))
    // 54 to 57 by netgroup, 30 to 53 by what they did, and the older half of the 32 that are left
    const evicted = selectPeerToEvict(peers)
    assert.equal(evicted, 'peer 59')
    const left = ['peer 59', 'peer 58', ...Array.from({ length: 14 }, (_, number) => `peer ${29 - number}`)]
    let house = peers
    for (const expected of left.slice(0, 3)) {
      const next = selectPeerToEvict(house)
      assert.equal(next, expected)
      house = house.filter(({ peerId }) => peerId !== next)
    }
    assert.equal(selectPeerToEvict(peers.map(peer => peer.peerId === 'peer 20' ? { ...peer, preferEvict: 2 } : peer.peerId === 'peer 25' ? { ...peer, preferEvict: 1 } : peer)), 'peer 20')
    assert.equal(selectPeerToEvict(peers.map(peer => peer.peerId === 'peer 31' ? { ...peer, preferEvict: 2 } : peer)), 'peer 59', 'protected all the same')
  })

  it('each protection holds by itself, for as many as it is said to', () => {
    const protects = (change: Partial<EvictionCandidate>, count: number): number => {
      // The youngest of all, and so the next to go
      const favoured = Array.from({ length: count }, (_, number) => plain(1_000 + number, { ...change, netgroup: 'a crowd' }))
      let house = [...many(200, () => ({ minRttMs: 50, lastTxMs: 1, lastBlockMs: 1 })), ...favoured]
      for (let turn = 0; turn < 100; turn++) {
        const gone = selectPeerToEvict(house) ?? assert.fail()
        house = house.filter(({ peerId }) => peerId !== gone)
      }
      return house.filter(({ connectedMs }) => connectedMs >= 1_000).length
    }
    assert.equal(protects({ minRttMs: 1 }, 20), 8)
    assert.equal(protects({ minRttMs: 50, lastTxMs: 9 }, 20), 4)
    assert.equal(protects({ minRttMs: 50, lastTxMs: 1, relaysTransactions: false, lastBlockMs: 1 }, 20), 8)
    assert.equal(protects({ minRttMs: 50, lastTxMs: 1, lastBlockMs: 9 }, 20), 4)
    assert.equal(protects({ minRttMs: 50, lastTxMs: 1, lastBlockMs: 1 }, 20), 0)
  })

  it('those who share this machine\'s address have a quarter of the places', () => {
    const house = [...many(100, number => ({ minRttMs: 50, netgroup: `g${number % 50}` })), ...Array.from({ length: 30 }, (_, number) => plain(500 + number, { local: true, netgroup: 'loopback' }))]
    let left = house
    for (let turn = 0; turn < 29; turn++) {
      const gone = selectPeerToEvict(left)
      left = left.filter(({ peerId }) => peerId !== gone)
    }
    assert.ok(left.filter(({ local }) => local).length >= 10, `${left.filter(({ local }) => local).length}`)
  })

  it('S17 nobody goes where all are protected', () => {
    assert.equal(selectPeerToEvict([]), undefined)
    assert.equal(selectPeerToEvict(many(20)), undefined)
    for (let count = 0; count <= 60; count++) {
      assert.doesNotThrow(() => selectPeerToEvict(many(count)))
    }
  })

  it('the youngest of the largest group goes, of two of a size the one with the youngest', () => {
    const house = many(60, number => ({ netgroup: number % 3 === 0 ? 'a large one' : `group ${number}` }))
    assert.equal(selectPeerToEvict(house), 'peer 57')
  })

  it(`agrees with a naive choice, whatever the house (seed ${SEED})`, () => {
    const random = seededRandom(SEED)
    for (let house = 0; house < 300; house++) {
      const candidates = many(random.below(120), number => ({
        netgroup: `g${10 + random.below(30)}`,
        connectedMs: 1_000 * random.below(1_000) + number,
        minRttMs: random.below(1_000_000_000),
        lastTxMs: random.below(3) === 0 ? random.below(100) : -Infinity,
        lastBlockMs: random.below(3) === 0 ? random.below(100) : -Infinity,
        relaysTransactions: random.below(4) > 0,
        local: random.below(10) === 0,
        preferEvict: random.below(20) === 0 ? 1 : 0
      }))
      assert.equal(selectPeerToEvict(candidates), naiveChoice(candidates))
    }
  })
})

/** The same by taking the best one out, again and again. */
function naiveChoice (candidates: readonly EvictionCandidate[]): string | undefined {
  let left = [...candidates]
  const takeBest = (count: number, rank: (peer: EvictionCandidate) => number[], which = (_peer: EvictionCandidate): boolean => true): void => {
    const taken: EvictionCandidate[] = []
    for (let turn = 0; turn < count; turn++) {
      let best: EvictionCandidate | undefined
      for (const peer of left.filter(peer => !taken.includes(peer))) {
        best = best === undefined || compare(rank(peer), rank(best)) >= 0 ? peer : best
      }
      if (best !== undefined) {
        taken.push(best)
      }
    }
    left = left.filter(peer => !taken.includes(peer) || !which(peer))
  }
  const age = ({ connectedMs }: EvictionCandidate): number => -connectedMs
  const relays = ({ relaysTransactions }: EvictionCandidate): number => Number(relaysTransactions)
  takeBest(4, ({ netgroup }) => [Number(netgroup.slice(1))])
  takeBest(8, ({ minRttMs }) => [-(minRttMs ?? 0)])
  takeBest(4, peer => [peer.lastTxMs ?? 0, relays(peer), age(peer)])
  takeBest(8, peer => [-relays(peer), peer.lastBlockMs ?? 0, age(peer)], peer => !peer.relaysTransactions)
  takeBest(4, peer => [peer.lastBlockMs ?? 0, age(peer)])
  const half = Math.floor(left.length / 2)
  const before = left.length
  const locals = Math.min(Math.floor(half / 2), left.filter(({ local }) => local).length)
  takeBest(locals, peer => [Number(peer.local), age(peer)])
  takeBest(half - (before - left.length), peer => [age(peer)])
  const most = Math.max(...left.map(({ preferEvict }) => preferEvict))
  left = left.filter(({ preferEvict }) => preferEvict === most)
  const size = (peer: EvictionCandidate): number => left.filter(({ netgroup }) => netgroup === peer.netgroup).length
  const youngest = (peer: EvictionCandidate): number => Math.max(...left.filter(({ netgroup }) => netgroup === peer.netgroup).map(({ connectedMs }) => connectedMs))
  return left.sort((a, b) => compare([size(b), youngest(b), b.connectedMs], [size(a), youngest(a), a.connectedMs]))[0]?.peerId
}

function compare (a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

describe('inbound slots', () => {
  const address = (ip: string): NetAddress => NetAddress.from(ip, 1_000) ?? assert.fail(ip)
  type Held = SlotHolder & { readonly facts: PeerFacts }
  const holder = (peerId: string, ip: string, openedMs: number, rest: Partial<Held> = {}): Held =>
    ({ peerId, address: address(ip), direction: 'inbound', class: 'full', facts: { openedMs, bytesIn: 0, bytesOut: 0 }, ...rest })
  const slots = new InboundSlots({ maxInbound: 75, maxOutbound: 2, secret: new Uint8Array(32) })

  it('S16 one group that opens ten times the slots takes no place of the others', () => {
    let house: Held[] = Array.from({ length: 40 }, (_, number) => holder(`honest ${number}`, `${20 + number}.1.1.1`, number))
    let refused = 0
    for (let attempt = 0; attempt < 750; attempt++) {
      const newcomer = holder(`attacker ${attempt}`, `9.9.${attempt % 250}.${attempt >> 8}`, 1_000 + attempt)
      const decision = slots.decide(newcomer, house, 1_000 + attempt)
      if (decision.action === 'evict') {
        house = house.filter(({ peerId }) => peerId !== decision.peerId)
      }
      if (decision.action === 'refuse') {
        refused++
      } else {
        house.push(newcomer)
      }
      assert.ok(house.length <= 75)
    }
    assert.equal(house.filter(({ peerId }) => peerId.startsWith('honest')).length, 40)
    assert.deepEqual([refused, house.filter(({ peerId }) => peerId.startsWith('attacker')).length], [0, 35])
  })

  it('a full house with eviction lets honest newcomers of other groups in', () => {
    const house: Held[] = [
      ...Array.from({ length: 5 }, (_, number) => holder(`honest ${number}`, `${20 + number}.1.1.1`, number)),
      ...Array.from({ length: 70 }, (_, number) => holder(`attacker ${number}`, `9.9.${number}.1`, 10 + number))
    ]
    const decision = slots.decide(holder('late', '50.1.1.1', 5_000), house, 5_000)
    assert.equal(decision.action === 'evict' && decision.peerId.startsWith('attacker'), true)
  })

  it('S17 - where all are exempt or protected the newcomer is refused, and told when to come again', () => {
    const small = new InboundSlots({ maxInbound: 20, maxOutbound: 2, secret: new Uint8Array(32) })
    const house = Array.from({ length: 20 }, (_, number) => holder(`peer ${number}`, `${20 + number}.1.1.1`, number))
    assert.deepEqual(small.decide(holder('late', '50.1.1.1', 99), house, 99), { action: 'refuse', code: 'too-many-peers', retryAfterSeconds: 300 })
    const exempt = new InboundSlots({ maxInbound: 75, maxOutbound: 2, secret: new Uint8Array(32), exempt: () => true })
    const full = Array.from({ length: 75 }, (_, number) => holder(`peer ${number}`, '9.9.9.9', number))
    assert.equal(exempt.decide(holder('late', '50.1.1.1', 99), full, 99).action, 'refuse')
  })

  it('QC-12 + who is to relay transactions is protected for them whether full or manual, QC-12 - and block-only is not', () => {
    const evicted = (connectionClass: 'full' | 'manual' | 'block-only'): string | undefined => {
      const house = Array.from({ length: 75 }, (_, number) => holder(`peer ${number}`, `${20 + number}.1.1.1`, number, { class: 'block-only' }))
      // Of the youngest only its class differs
      house[74] = holder('youngest', '200.1.1.1', 74, { class: connectionClass })
      const decision = slots.decide(holder('late', '220.1.1.1', 99), house, 99)
      return decision.action === 'evict' ? decision.peerId : undefined
    }
    assert.deepEqual([evicted('full') === 'youngest', evicted('manual') === 'youngest', evicted('block-only') === 'youngest'], [false, false, true])
  })

  it('a discouraged newcomer evicts nobody', () => {
    const wary = new InboundSlots({ maxInbound: 75, maxOutbound: 2, secret: new Uint8Array(32), preferEvict: peerId => peerId === 'bad' ? 2 : 0 })
    const full = Array.from({ length: 75 }, (_, number) => holder(`peer ${number}`, '9.9.9.9', number))
    assert.deepEqual([wary.decide(holder('bad', '50.1.1.1', 99), full, 99).action, wary.decide(holder('good', '50.1.1.1', 99), full, 99).action], ['refuse', 'evict'])
    assert.equal(wary.decide(holder('bad', '50.1.1.1', 99), full.slice(1), 99).action, 'admit')
  })

  it('outbound slots are never evicted from; feelers and the operator\'s peers come on top', () => {
    const outbound = { direction: 'outbound' } as const
    const house = [holder('a', '20.1.1.1', 1, outbound), holder('b', '21.1.1.1', 2, outbound), holder('c', '22.1.1.1', 2, { ...outbound, class: 'manual' })]
    assert.deepEqual(slots.decide(holder('d', '23.1.1.1', 3, outbound), house, 3), { action: 'refuse', code: 'too-many-peers' })
    assert.equal(slots.decide(holder('d', '23.1.1.1', 3, { ...outbound, class: 'manual' }), house, 3).action, 'admit')
    assert.equal(slots.decide(holder('d', '23.1.1.1', 3, outbound), house.slice(1), 3).action, 'admit')
  })
})
