import assert from 'node:assert/strict'
import { NetAddress, seededRandom } from '@peerwright/core'
import type { PeerSession, PeerTip } from '@peerwright/interface'
import { branch, idOf, TinyChain, VirtualClock } from '@peerwright/testing'
import { Announcer } from '../../src/announcer.ts'
import { BlockSize } from '../../src/block-size.ts'
import { chooseLeader } from '../../src/header-lead.ts'
import { forkHeight, newPeer, promises, servedBy, type SyncPeer } from '../../src/peers.ts'
import { Rate } from '../../src/rate.ts'
import { judgeStall, type StallFacts } from '../../src/stall.ts'
import { Watchdog } from '../../src/watchdog.ts'

function session (tip?: PeerTip, sends: (payload: Uint8Array) => boolean = () => true): PeerSession {
  return {
    peerId: `peer-${tip?.work ?? 'none'}`,
    direction: 'outbound',
    class: 'full',
    address: NetAddress.from('10.0.0.1', 8333) as NetAddress,
    remote: { protocolVersion: 1, services: 1n, userAgent: '', startHeight: 0, chainWork: 0n, features: [] },
    channel: { protocol: '/memory', kex: 'none', pq: false, pqAuth: false, peerCertified: false },
    nonces: { local: 1n, remote: 2n },
    facts: { openedMs: 0, bytesIn: 0, bytesOut: 0, ...(tip === undefined ? {} : { tip }) },
    open: true,
    send: (_, payload) => sends(payload),
    bulkCredit: () => 1,
    request: async () => await new Promise(() => undefined),
    close: async () => { await Promise.resolve() }
  }
}

const peer = (work: bigint): SyncPeer => newPeer(session({ id: idOf(9, Number(work)), height: Number(work), work }), 0)

describe('judgeStall', () => {
  const silent: StallFacts = { waitedMs: 2_000, quietMs: 2_000, patienceMs: 2_000, usualMs: 30, othersDelivered: true, askers: 1 }

  it('S37 drops a silent peer when another delivered since it fell silent, and has its blocks fetched before', () => {
    assert.equal(judgeStall(silent), 'drop')
    assert.equal(judgeStall({ ...silent, askers: 0 }), 'drop')
    assert.equal(judgeStall({ ...silent, waitedMs: 1_999, quietMs: 1_999 }), 'help')
    assert.equal(judgeStall({ ...silent, waitedMs: 1_999, quietMs: 1_999, askers: 2 }), 'wait')
    assert.equal(judgeStall({ ...silent, waitedMs: 1_999, quietMs: 499 }), 'wait')
  })

  it('S38 blames nobody when everybody is silent, and asks a second peer instead', () => {
    assert.equal(judgeStall({ ...silent, othersDelivered: false }), 'help')
    assert.equal(judgeStall({ ...silent, othersDelivered: false, waitedMs: 1_999 }), 'wait')
    assert.equal(judgeStall({ ...silent, othersDelivered: false, askers: 2 }), 'wait')
  })

  it('S38 - has more patience where blocks take long at all peers', () => {
    assert.equal(judgeStall({ ...silent, usualMs: 2_001 }), 'wait')
    assert.equal(judgeStall({ ...silent, waitedMs: 2_001, quietMs: 2_001, usualMs: 2_001 }), 'drop')
  })

  it('asks a second peer, and drops nobody, when bytes trickle', () => {
    assert.equal(judgeStall({ ...silent, quietMs: 100 }), 'help')
    assert.equal(judgeStall({ ...silent, quietMs: 100, askers: 2 }), 'wait')
    assert.equal(judgeStall({ ...silent, waitedMs: 500, quietMs: 100 }), 'wait')
  })
})

describe('BlockSize', () => {
  it('follows a rise of sizes in few blocks and a fall in more', () => {
    const size = new BlockSize()
    for (let count = 0; count < 20; count++) {
      size.seen(1_000_000, 10)
    }
    assert.ok(size.bytes > 990_000, String(size.bytes))
    size.seen(100, 10)
    assert.ok(size.bytes > 900_000)
    for (let count = 0; count < 200; count++) {
      size.seen(100, 10)
    }
    assert.ok(size.bytes < 200)
    assert.ok(size.usualMs > 29 && size.usualMs <= 30)
  })
})

describe('Rate', () => {
  it('looks back ten seconds, and less where there is less', () => {
    const rate = new Rate(500)
    for (let ms = 500; ms < 2_500; ms += 100) {
      rate.add(10, ms)
    }
    assert.equal(rate.perSecond(2_500), 100)
    for (let ms = 2_500; ms < 60_000; ms += 100) {
      rate.add(1, ms)
    }
    assert.ok(Math.abs(rate.perSecond(60_000) - 10) < 0.5, String(rate.perSecond(60_000)))
    assert.equal(rate.perSecond(70_000), 0)
    assert.equal(rate.perSecond(1_000_000), 0)
  })
})

describe('Watchdog', () => {
  it('NA-04 - says once what is waited for, again when that changes, and is quiet while anything comes', () => {
    const watchdog = new Watchdog(0)
    assert.equal(watchdog.check('bootstrap', 0, 0), undefined)
    assert.equal(watchdog.check('bootstrap', 0, 29_999), undefined)
    assert.equal(watchdog.check('bootstrap', 0, 30_000), 'no-peers')
    assert.equal(watchdog.check('bootstrap', 0, 90_000), undefined)
    assert.equal(watchdog.check('blocks', 0, 90_500), 'no-blocks')
    assert.equal(watchdog.check('blocks', 1, 91_000), undefined)
    assert.equal(watchdog.check('blocks', 1, 120_999), undefined)
    assert.equal(watchdog.check('blocks', 1, 121_000), 'no-blocks')
    assert.equal(watchdog.check('maintenance', 1, 900_000), undefined)
    assert.equal(watchdog.check('headers', 1, 900_500), undefined)
    assert.equal(watchdog.check('discovery', 1, 930_000), 'no-tips')
  })
})

describe('chooseLeader', () => {
  const random = seededRandom(1)

  it('takes the most work, and stays with whoever leads among equals', () => {
    const [light, heavy, equal] = [peer(5n), peer(9n), peer(9n)]
    assert.equal(chooseLeader([light, heavy, equal], equal, random, 0), equal)
    assert.equal(chooseLeader([light, heavy], light, random, 0), heavy)
    assert.equal(chooseLeader([], undefined, random, 0), undefined)
  })

  it('draws among equals', () => {
    const equals = [peer(9n), peer(9n), peer(9n)]
    const drawn = new Set(Array.from({ length: 100 }, () => chooseLeader(equals, undefined, random, 0)))
    assert.equal(drawn.size, 3)
  })

  it('S39 comes back to those that failed only when nobody else is there, and not at once', () => {
    const [failed, clean] = [peer(9n), peer(5n)]
    failed.leadsAfterMs = 900_000
    failed.retryLeadMs = 30_000
    assert.equal(chooseLeader([failed, clean], undefined, random, 100_000), clean)
    assert.equal(chooseLeader([failed], undefined, random, 29_999), undefined)
    assert.equal(chooseLeader([failed], undefined, random, 30_000), failed)
    assert.equal(chooseLeader([failed, clean], undefined, random, 900_000), failed)
  })
})

describe('what a peer has', () => {
  const chain = new TinyChain(branch(20))

  it('is the branch of its tip, as far as that is the best chain', async () => {
    const fork = branch(10, { number: 2, from: 12, parentBranch: 1 })
    const other = new TinyChain([...branch(12), ...fork.slice(0, 4)])
    const headers = new TinyChain([...branch(20)])
    await headers.acceptHeaders(other.headersAfter([idOf(1, 12)], undefined, 10).map(bytes => ({ id: Buffer.from(bytes.subarray(0, 32)).toString('hex'), parent: Buffer.from(bytes.subarray(32, 64)).toString('hex'), work: 1n, bytes })))
    assert.equal(headers.headerTip().height, 20)
    for (const [tip, height] of [[idOf(1, 20), 20], [idOf(1, 7), 7], [idOf(2, 16), 12], [idOf(1, 0), 0]] as const) {
      assert.equal(forkHeight(headers, headers.point(tip) as PeerTip, headers.headerTip()), height)
      const serves = servedBy(newPeer(session(headers.point(tip)), 0), headers, 0)
      assert.deepEqual([...Array(21).keys()].filter(at => serves({ id: idOf(1, at), height: at })).at(-1), height)
    }
  })

  it('is nothing while its tip is unknown, and what it had told before while a new one is', () => {
    const known = chain.point(idOf(1, 9)) as PeerTip
    const one = newPeer(session({ id: idOf(5, 50), height: 50, work: 50n }), 0)
    assert.ok(!servedBy(one, chain, 0)({ id: idOf(1, 1), height: 1 }))
    one.session.facts.tip = known
    assert.ok(servedBy(one, chain, 0)({ id: idOf(1, 9), height: 9 }))
    one.session.facts.tip = { id: idOf(5, 50), height: 50, work: 50n }
    assert.ok(servedBy(one, chain, 0)({ id: idOf(1, 9), height: 9 }))
    assert.ok(!servedBy(one, chain, 0)({ id: idOf(1, 10), height: 10 }))
  })

  it('is without what it has pruned, and for a while without what it did not find', () => {
    const one = newPeer(session(chain.point(idOf(1, 20))), 0)
    one.prunedHeight = 5
    one.lacks.set(idOf(1, 8), 1_000)
    const has = (nowMs: number): number[] => [4, 5, 6, 8, 9].filter(height => servedBy(one, chain, nowMs)({ id: idOf(1, height), height }))
    assert.deepEqual(has(999), [6, 9])
    assert.deepEqual(has(1_000), [6, 8, 9])
  })

  it('is no promise of headers when its tip is known, whatever it claims that to be worth', () => {
    assert.ok(!promises(newPeer(session({ id: idOf(1, 9), height: 9_999, work: 9_999n }), 0), chain, 21n))
    assert.ok(promises(newPeer(session({ id: idOf(2, 99), height: 99, work: 99n }), 0), chain, 21n))
    assert.ok(!promises(newPeer(session({ id: idOf(2, 99), height: 99, work: 99n }), 0), chain, 99n))
    assert.ok(!promises(newPeer(session(), 0), chain, 0n))
  })
})

describe('Announcer', () => {
  it('tells at once, then not more than once an interval, and always of the last', async () => {
    const clock = new VirtualClock()
    const chain = new TinyChain()
    const told: Array<[number, number]> = []
    let full = false
    const one = session(undefined, payload => {
      if (!full) {
        told.push([clock.monotonic(), new DataView(payload.buffer, payload.byteOffset).getUint32(32, true)])
      }
      return !full
    })
    const announcer = new Announcer(chain, clock, () => [one])
    for (const block of branch(30)) {
      chain.extend([block])
      announcer.changed(1_000)
      await clock.advance(100)
    }
    await clock.advance(5_000)
    assert.deepEqual(told, [[0, 1], [1_000, 10], [2_000, 20], [3_000, 30]])
    full = true
    announcer.changed(1_000)
    chain.extend(branch(1, { from: 30, parentBranch: 1 }))
    await clock.advance(3_500)
    full = false
    await clock.advance(3_000)
    assert.deepEqual(told.slice(4).map(([, height]) => height), [31])
    announcer.changed(1_000)
    announcer.stop()
    assert.equal(clock.pending, 0)
  })

  it('tells nobody what it heard from there', async () => {
    const clock = new VirtualClock()
    const chain = new TinyChain(branch(3))
    let sent = 0
    const one = session(chain.tip(), () => ++sent > 0)
    const announcer = new Announcer(chain, clock, () => [one])
    announcer.changed(1_000)
    await clock.advance(2_000)
    assert.equal(sent, 0)
    announcer.answer(one)
    assert.equal(sent, 1)
  })
})
