import assert from 'node:assert/strict'
import { DEFAULT_ADMISSION, NANO_ADMISSION } from '@peerwright/chain-spec'
import { IpAddress, IpRange, OperationError, seededRandom } from '@peerwright/core'
import { PeerScoring } from '@peerwright/peer-scoring'
import { BanList, banTargetText, parseBanTarget, PeerAdmission } from '@peerwright/security'
import { Discouraged } from '../../src/discouraged.ts'
import { at, Door } from '../support/admission.ts'

const SEED = Number(process.env['PEERWRIGHT_SEED'] ?? Date.now() % 1_000_000)
const PEER = '12D3KooWGRYZDHBembyGJQqQ6WgLqJWYNjnECJwGBnCg8vbCeo8F'
const target = (text: string): NonNullable<ReturnType<typeof parseBanTarget>> => parseBanTarget(text) ?? assert.fail(text)
const addressOf = (bytes: Uint8Array): IpAddress => IpAddress.fromBytes(bytes) ?? assert.fail()
const HOUR = 3_600_000

describe('the ban list', () => {
  it('bans peer ids, addresses, ranges and autonomous systems', () => {
    const list = new BanList(100, ip => ip.byteAt(12) === 9 ? 64_496 : undefined)
    for (const text of [PEER, '192.0.2.7', '10.0.0.0/8', '2001:db8::/32', 'as 64496']) {
      list.add(target(text), { rule: 'operator', reason: 'test' }, 0)
    }
    assert.equal(list.ofPeer(PEER, 0)?.rule, 'operator')
    const banned = (ip: string): string | undefined => {
      const ban = list.ofIp(at(ip).ip, 0)
      return ban && banTargetText(ban.target)
    }
    assert.deepEqual(['192.0.2.7', '::ffff:192.0.2.7', '10.200.1.1', '2001:db8:9::1', '9.1.1.1'].map(banned),
      ['192.0.2.7', '192.0.2.7', '10.0.0.0/8', '2001:db8::/32', 'as 64496'])
    assert.deepEqual(['192.0.2.8', '11.0.0.1', '2001:db9::1', '8.1.1.1'].map(banned), [undefined, undefined, undefined, undefined])
    assert.equal(list.remove(target('10.0.0.0/8'), 0), true)
    assert.equal(banned('10.200.1.1'), undefined)
  })

  it('bans by every bit of a prefix and by no other, in IPv6 too', () => {
    const random = seededRandom(SEED)
    for (let turn = 0; turn < 2_000; turn++) {
      const [bytes, bits, bit] = [random.bytes(16), random.below(129), random.below(128)]
      const list = new BanList(1)
      list.add({ type: 'range', range: IpRange.of(addressOf(bytes), bits) }, { rule: 'rule', reason: '' }, 0)
      assert.ok(list.ofIp(addressOf(bytes), 0))
      const other = bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ 0x80 >> (bit & 7))
      assert.equal(list.ofIp(addressOf(other), 0) === undefined, bit < bits, `${banTargetText({ type: 'range', range: IpRange.of(addressOf(bytes), bits) })}, bit ${bit}`)
    }
  })

  it('asks for the system of an address while one is banned and not otherwise, and bans none that nobody could tell', () => {
    let asked = 0
    const list = new BanList(100, ip => {
      asked++
      return ip.byteAt(12)
    })
    const banned = (nowMs: number): boolean => list.ofIp(at('9.1.1.1').ip, nowMs) !== undefined
    assert.deepEqual([banned(0), asked], [false, 0])
    list.add(target('as 9'), { rule: 'operator', reason: '', durationMs: HOUR }, 0)
    list.add(target('as 9'), { rule: 'operator', reason: '', durationMs: HOUR }, 0)
    assert.deepEqual([banned(0), asked], [true, 1])
    assert.deepEqual([banned(HOUR), banned(HOUR), asked], [false, false, 2])
    list.add(target('as 9'), { rule: 'operator', reason: '' }, 0)
    assert.deepEqual([banned(HOUR), list.remove(target('as 9'), 0), banned(HOUR), asked], [true, true, false, 3])
    list.add(target('as 9'), { rule: 'operator', reason: '' }, 0)
    list.clear()
    assert.deepEqual([banned(0), asked], [false, 3])
    assert.throws(() => new BanList(100).add(target('as 9'), { rule: 'operator', reason: '' }, 0), { name: 'OperationError', code: 'not-supported' })
  })

  it('has one spelling of each target and takes nothing else for one', () => {
    for (const text of [`peer ${PEER}`, `peer ${'1'.repeat(229)}`, '192.0.2.7', '10.0.0.0/8', '2001:db8::/32', 'as 1']) {
      assert.equal(banTargetText(target(text)), text)
    }
    for (const text of ['', 'as 0', 'as 4294967296', '10.0.0.0/64', 'peer 0OIl', 'x'.repeat(257)]) {
      assert.equal(parseBanTarget(text), undefined, text)
    }
  })

  it('S31 100,000 fresh bans leave it at its bound, flush no permanent ban, and not the longest others', () => {
    const list = new BanList(10_000)
    const permanent = Array.from({ length: 100 }, (_, index) => target(`198.51.${index}.1`))
    for (const each of permanent) {
      list.add(each, { rule: 'operator', reason: 'for good' }, 0)
    }
    const long = target('203.0.113.1')
    list.add(long, { rule: 'rule', reason: '', durationMs: 24 * HOUR }, 0)
    for (let index = 0; index < 100_000; index++) {
      list.add({ type: 'peer', peerId: `id ${index}` }, { rule: 'rule', reason: '', durationMs: HOUR }, 1)
      assert.ok(list.size <= 10_100)
    }
    assert.ok(list.list(2).length >= 10_000)
    for (const each of [...permanent, long]) {
      assert.ok(each.type === 'range' && list.ofIp(each.range.prefix, 2) !== undefined)
    }
  })

  it('a full table of permanent bans takes no operator for a fool, and a rule gets a long ban instead', () => {
    const list = new BanList(10)
    for (let index = 0; index < 10_000; index++) {
      list.add({ type: 'peer', peerId: `id ${index}` }, { rule: 'operator', reason: '' }, 0)
    }
    assert.throws(() => list.add({ type: 'peer', peerId: 'one more' }, { rule: 'operator', reason: '' }, 0), (error: unknown) => error instanceof OperationError && error.code === 'full')
    assert.equal(list.add({ type: 'peer', peerId: 'one more' }, { rule: 'rule', reason: '' }, 0).expiresMs, 30 * 24 * HOUR)
  })

  it('a rule never shortens a ban, an operator may', () => {
    const list = new BanList(10)
    list.add(target(PEER), { rule: 'rule', reason: '', durationMs: 10 * HOUR }, 0)
    assert.equal(list.add(target(PEER), { rule: 'rule', reason: '', durationMs: HOUR }, 0).expiresMs, 10 * HOUR)
    assert.equal(list.add(target(PEER), { rule: 'operator', reason: '', durationMs: HOUR }, 0).expiresMs, HOUR)
    assert.equal(list.ofPeer(PEER, HOUR), undefined)
    assert.equal(list.size, 0)
  })

  it(`agrees with a naive list after any history (seed ${SEED})`, () => {
    const random = seededRandom(SEED)
    const list = new BanList(1_000, address => address.byteAt(14))
    const naive = new Map<string, number>()
    const ip = (): string => `10.0.${random.below(3)}.${random.below(20)}`
    let nowMs = 0
    for (let turn = 0; turn < 5_000; turn++) {
      nowMs += random.below(1_000)
      const text = [`10.0.${random.below(3)}.0/${24 + random.below(3)}`, `as ${1 + random.below(2)}`, ip()][random.below(3)] ?? ''
      const key = banTargetText(target(text))
      if (random.below(4) === 0) {
        assert.equal(list.remove(target(text), nowMs), (naive.get(key) ?? -1) > nowMs)
        naive.delete(key)
      } else if (random.below(3) === 0) {
        const durationMs = 1 + random.below(20_000)
        list.add(target(text), { rule: 'rule', reason: '', durationMs }, nowMs)
        naive.set(key, Math.max(naive.get(key) ?? 0, nowMs + durationMs))
      }
      for (const [held, untilMs] of naive) {
        if (untilMs <= nowMs) {
          naive.delete(held)
          list.ofIp(at(held.startsWith('as ') ? `10.0.${held.slice(3)}.250` : held.split('/')[0] ?? '').ip, nowMs)
        }
      }
      const probe = ip()
      const held = [...naive.keys()].some(range => {
        if (range.startsWith('as ')) {
          return range === `as ${probe.split('.')[2] ?? ''}`
        }
        const [net = '', bits = '32'] = range.split('/')
        const [a, b] = [net, probe].map(address => Number(address.split('.')[3]) >> (32 - Number(bits)))
        return net.split('.')[2] === probe.split('.')[2] && a === b
      })
      assert.equal(list.ofIp(at(probe).ip, nowMs) !== undefined, held, `${probe} at ${nowMs}`)
      assert.equal(list.list(nowMs).length, naive.size)
    }
  })
})

describe('bans by conduct', () => {
  const fault = (door: Door, peerId: string, ip: string, nowMs: number): void => {
    door.admission.observe({ peerId, address: at(ip), rule: 'bad-proof', offence: 'provable', evidence: 'header 7' }, nowMs)
  }
  const comes = (door: Door, peerId: string, ip: string, nowMs: number): string | undefined => {
    const address = at(ip)
    const accepted = door.inbound(address, nowMs)
    const decision = accepted === undefined ? door.admission.identified(peerId, address, 'inbound', nowMs) : undefined
    door.admission.closed(address, 'inbound', nowMs)
    return accepted ?? (decision?.allow === false ? decision.reason : undefined)
  }

  it('S33 the ban of an id follows the id; the IP is banned with the fifth banned id on it and not before', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION })
    fault(door, 'a', '198.51.100.1', 0)
    assert.deepEqual([comes(door, 'a', '198.51.100.1', 1_000), comes(door, 'a', '203.0.113.9', 2_000), comes(door, 'b', '198.51.100.1', 3_000)], ['banned', 'banned', undefined])
    for (const [index, id] of ['b', 'c', 'd'].entries()) {
      fault(door, id, '198.51.100.1', 10_000 + index)
    }
    fault(door, 'd', '198.51.100.1', 10_010)
    assert.equal(comes(door, 'z', '198.51.100.1', 11_000), undefined)
    fault(door, 'e', '198.51.100.1', 12_000)
    assert.deepEqual([comes(door, 'z', '198.51.100.1', 13_000), comes(door, 'z', '198.51.100.2', 14_000)], ['banned', undefined])
    assert.deepEqual(door.drops.map(({ peerId, goodbye }) => `${peerId} ${goodbye.code}`), ['a banned', 'b banned', 'c banned', 'd banned', 'd banned', 'e banned'])
    assert.equal(door.admission.enforcer.bans.ofPeer('a', 0)?.evidence, 'header 7')
  })

  it('NA-18 + the first bad signature of a host costs the session and nothing else', () => {
    const door = new Door({ policy: NANO_ADMISSION })
    fault(door, 'a', '198.51.100.1', 0)
    assert.deepEqual(door.drops, [{ peerId: 'a', goodbye: { code: 'fault', text: 'bad-proof' } }])
    assert.deepEqual([comes(door, 'a', '198.51.100.1', 1), comes(door, 'b', '198.51.100.1', 1_000)], [undefined, undefined])
  })

  it('NA-18 - the second keeps the host out for an hour, the third for six', () => {
    const door = new Door({ policy: NANO_ADMISSION })
    fault(door, 'a', '198.51.100.1', 0)
    fault(door, 'a', '198.51.100.1', 0)
    assert.deepEqual([1, HOUR - 1, HOUR].map(ms => comes(door, 'other', '198.51.100.1', ms)), ['banned', 'banned', undefined])
    fault(door, 'other', '198.51.100.1', HOUR)
    assert.deepEqual([HOUR + 1, 7 * HOUR - 1, 7 * HOUR].map(ms => comes(door, 'third', '198.51.100.1', ms)), ['banned', 'banned', undefined])
    assert.equal(comes(door, 'neighbour', '198.51.100.2', HOUR + 1), undefined)
  })

  it('a ban of the address that comes while the channel is made holds too', () => {
    const door = new Door({ policy: NANO_ADMISSION })
    const address = at('198.51.100.1')
    assert.equal(door.inbound(address, 0), undefined)
    fault(door, 'a', '198.51.100.1', 1)
    fault(door, 'a', '198.51.100.1', 2)
    assert.deepEqual(door.admission.identified('b', address, 'inbound', 3), { allow: false, reason: 'banned', retryAfterSeconds: 3_600 })
  })

  it('who is banned for good is told no time to wait, others are', () => {
    const { admission } = new Door()
    admission.enforcer.ban(target('192.0.2.7'), { rule: 'operator', reason: '' }, [], 0)
    admission.enforcer.ban(target('192.0.2.8'), { rule: 'operator', reason: '', durationMs: HOUR }, [], 0)
    assert.deepEqual(admission.accept(at('192.0.2.7'), 'inbound', 0), { allow: false, reason: 'banned' })
    assert.deepEqual(admission.accept(at('192.0.2.8'), 'inbound', 1), { allow: false, reason: 'banned', retryAfterSeconds: 3_600 })
  })

  it('a range that may not be banned is not', () => {
    const door = new Door({ policy: { ...DEFAULT_ADMISSION, permissions: [{ range: '198.51.100.0/24', grants: ['noban'] }] } })
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      fault(door, id, '198.51.100.1', 0)
    }
    assert.deepEqual([door.admission.enforcer.bans.size, door.drops.map(({ goodbye }) => goodbye.code)], [0, new Array(6).fill('fault')])
  })

  it('a pinned peer loses its session for a proven fault, and may come back at once, in and out', () => {
    const scoring = new PeerScoring({ policy: DEFAULT_ADMISSION.scoring, host: DEFAULT_ADMISSION.connections.host, population: () => ({ connected: 9, outbound: 8, useful: 8, isOutbound: true }) })
    const drops: string[] = []
    const admission = new PeerAdmission({
      policy: DEFAULT_ADMISSION, maxConnections: 100, limitLoopback: true, scores: scoring, exempt: peerId => peerId === 'genesis', onDrop: (_, { code }) => drops.push(code)
    }, 0)
    const address = at('198.51.100.1')
    admission.observe({ peerId: 'genesis', address, rule: 'bad-signature', offence: 'provable' }, 0)
    assert.deepEqual([drops, admission.mayDial(address, 1).allow, admission.identified('genesis', address, 'inbound', 1).allow, admission.enforcer.bans.size], [['fault'], true, true, 0])
    admission.observe({ peerId: 'other', address, rule: 'bad-signature', offence: 'provable' }, 2)
    assert.deepEqual([drops, admission.mayDial(address, 3).allow, admission.identified('other', address, 'inbound', 3).allow], [['fault', 'banned'], false, false])
  })

  it('QC-14 - an operator lifts what ladders did, and one that bans ends the sessions it is about', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION })
    fault(door, 'a'.repeat(46), '198.51.100.1', 0)
    const id = { type: 'peer', peerId: 'a'.repeat(46) } as const
    assert.equal(door.admission.enforcer.unban(id, 1), true)
    assert.equal(door.admission.enforcer.unban(id, 1), false)
    assert.equal(comes(door, id.peerId, '198.51.100.1', 1), undefined)
    const sessions = [{ peerId: 'x', address: at('10.1.1.1') }, { peerId: 'y', address: at('11.1.1.1') }]
    door.admission.enforcer.ban(target('10.0.0.0/8'), { rule: 'operator', reason: 'enough' }, sessions, 2)
    assert.deepEqual(door.drops.slice(-1).map(({ peerId }) => peerId), ['x'])
    assert.deepEqual(door.types('banned').map(event => 'ban' in event ? (event.ban).rule : ''), ['bad-proof', 'operator'])
  })
})

describe('those discouraged', () => {
  it('are forgotten within two days, are bounded, and let in but not dialled', () => {
    const list = new Discouraged()
    for (let index = 0; index < 100_000; index++) {
      list.add(`host ${index}`, index)
    }
    assert.ok(list.size <= 50_000)
    assert.deepEqual([list.has('host 99999', 100_000), list.has('host 0', 100_000)], [true, false])
    list.has('', 30 * HOUR)
    list.has('', 60 * HOUR)
    assert.equal(list.has('host 99999', 60 * HOUR), false)
    const door = new Door({ policy: NANO_ADMISSION })
    const address = at('198.51.100.1')
    door.admission.observe({ peerId: 'a', address, rule: 'bad-proof', offence: 'provable' }, 0)
    assert.deepEqual([door.admission.mayDial(address, 1), door.admission.accept(address, 'inbound', 1)], [{ allow: false, reason: 'discouraged' }, { allow: true }])
  })
})
