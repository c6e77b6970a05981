import assert from 'node:assert/strict'
import { DEFAULT_ADMISSION, NANO_ADMISSION, QUANTUMCOIN_ADMISSION } from '@peerwright/chain-spec'
import { type NetAddress, seededRandom } from '@peerwright/core'
import { limitByFiles, parseSoftLimit } from '@peerwright/security'
import { ConnectionBook } from '../../src/connection-book.ts'
import { FRESH_SUBNET_MS } from '../../src/constants.ts'
import { at, Door } from '../support/admission.ts'

const SEED = Number(process.env['PEERWRIGHT_SEED'] ?? Date.now() % 1_000_000)

describe('connections', () => {
  it('QC-12 + accepts three of one IP, ten of one /24, and eleven of eleven subnets', () => {
    assert.deepEqual(new Door().manyInbound(['198.51.100.1', '198.51.100.1', '198.51.100.1'], 0), [])
    assert.deepEqual(new Door().manyInbound(Array.from({ length: 10 }, (_, host) => `198.51.100.${host + 1}`), 0), [])
    assert.deepEqual(new Door().manyInbound(Array.from({ length: 11 }, (_, net) => `198.51.${net}.1`), 0), [])
    assert.deepEqual(new Door().manyInbound(Array.from({ length: 11 }, (_, net) => `2001:db8:0:${net}::1`), 0), [])
  })

  it('QC-12 - refuses the fourth of one IP and the eleventh of one subnet, and ::ffff: is no way around', () => {
    const ip = '198.51.100.1'
    assert.deepEqual(new Door().manyInbound([ip, `::ffff:${ip}`, '::ffff:c633:6401', ip, `::ffff:${ip}`], 0), [`${ip} host-limit`, `::ffff:${ip} host-limit`])
    assert.deepEqual(new Door().manyInbound(Array.from({ length: 11 }, (_, host) => `198.51.100.${host + 1}`), 0), ['198.51.100.11 subnet-limit'])
    assert.deepEqual(new Door().manyInbound(Array.from({ length: 11 }, (_, host) => `2001:db8::${host + 1}`), 0), ['2001:db8::11 subnet-limit'])
  })

  it('both directions count, and a place that becomes free is given away', () => {
    const { admission } = new Door()
    const [a, b, c, d] = [at('198.51.100.1'), at('198.51.100.1'), at('198.51.100.1'), at('198.51.100.1')]
    assert.equal(admission.accept(a, 'outbound', 0).allow && admission.accept(b, 'inbound', 0).allow && admission.accept(c, 'inbound', 0).allow, true)
    assert.deepEqual(admission.mayDial(d, 0), { allow: false, reason: 'host-limit' })
    admission.closed(b, 'inbound', 1_000)
    assert.deepEqual(admission.mayDial(d, 1_000), { allow: true })
    assert.equal(admission.accept(d, 'inbound', 1_000).allow, true)
  })

  it('QC-12 + whoever knocks while there is no time takes no place, QC-12 - and is held to the pace, and counted under a reason', () => {
    const door = new Door()
    const ip = '198.51.100.1'
    assert.equal(door.admission.knock(at(ip), 0).allow, true)
    assert.equal(door.admission.connections.size, 0)
    const reasons = Array.from({ length: 200 }, () => door.admission.knock(at(ip), 0)).flatMap(decision => decision.allow ? [] : [decision.reason])
    assert.ok(reasons.length > 100)
    assert.deepEqual(reasons, door.events.filter(event => event.type === 'refused').map(({ reason }) => reason))
    assert.equal(door.admission.connections.size, 0)
  })

  it('QC-12 + who knocked is judged once, QC-12 - and whoever follows in another\'s place is judged himself', () => {
    const { acceptsPerSecondPerHost } = DEFAULT_ADMISSION.connections
    const door = new Door({ policy: DEFAULT_ADMISSION })
    const ip = '198.51.100.1'
    const comes = (): boolean => {
      const address = at(ip)
      const taken = door.admission.knock(at(ip), 0).allow && door.admission.accept(address, 'inbound', 0).allow
      door.admission.closed(address, 'inbound', 0)
      return taken
    }
    // Judged twice, half of these would be over the pace
    assert.deepEqual(Array.from({ length: acceptsPerSecondPerHost + 1 }, comes), [...Array<boolean>(acceptsPerSecondPerHost).fill(true), false])
    assert.deepEqual(door.admission.counters().refused, { 'pace-of-host': 1 })
    assert.equal(door.inbound(at(ip), 0), 'pace-of-host')
    // A knock is good for one connection, of its own address, in its own direction
    assert.equal(door.admission.knock(at('198.51.101.1'), 0).allow, true)
    assert.equal(door.inbound(at(ip), 0), 'pace-of-host')
  })

  it('QC-12 + a connection that ends for a lack of ours is no broken attempt, QC-12 - one that ends by itself is', () => {
    const { failedAttempts } = QUANTUMCOIN_ADMISSION.connections
    const bannedAfter = (excused: boolean): boolean => {
      const door = new Door({ policy: QUANTUMCOIN_ADMISSION })
      for (let attempt = 0; attempt < failedAttempts; attempt++) {
        const address = at('198.51.100.1')
        assert.equal(door.inbound(address, attempt * 1_000), undefined)
        if (excused) {
          door.admission.connections.excuse(address)
        }
        door.admission.closed(address, 'inbound', attempt * 1_000)
      }
      assert.deepEqual([door.admission.connections.size, door.admission.connections.pending], [0, 0])
      return door.types('banned').length > 0
    }
    assert.deepEqual([bannedAfter(true), bannedAfter(false)], [false, true])
  })

  it('the groups are those of the profile: Nano has four of a /48 and sixteen of a /32', () => {
    const door = new Door({ policy: NANO_ADMISSION })
    assert.deepEqual(door.manyInbound(Array.from({ length: 5 }, (_, net) => `2001:db8:1:${net}::1`), 0), ['2001:db8:1:4::1 host-limit'])
    assert.deepEqual(door.manyInbound(Array.from({ length: 13 }, (_, net) => `2001:db8:${net + 2}::1`), 10_000), ['2001:db8:14::1 subnet-limit'])
  })

  it('S21 a flood from one IP is taken at the pace of one host, one from a thousand at that of all', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION, maxConnections: 1_000 })
    let taken = 0
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const address = at('198.51.100.1')
      taken += door.inbound(address, attempt) === undefined ? 1 : 0
      door.admission.closed(address, 'inbound', attempt)
    }
    assert.ok(taken >= 50 && taken <= 56, `${taken} in ten seconds`)
    const { refused } = door.admission.counters()
    assert.equal(refused['pace-of-host'], 10_000 - taken)
    const many = new Door({ policy: DEFAULT_ADMISSION, maxConnections: 100_000 })
    let together = 0
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const address = at(`10.${attempt % 1_000 >> 8}.${attempt % 250}.1`)
      together += many.inbound(address, attempt) === undefined ? 1 : 0
      many.admission.closed(address, 'inbound', attempt)
    }
    // In the first second all of them are subnets that nobody came from before, which have an allowance of their own
    assert.ok(together >= 990 && together <= 1_310, `${together} in ten seconds`)
    assert.deepEqual(many.admission.counters().accepted, together)
  })

  it('S21 while known subnets use up the pace, who comes from one that nobody came from for a while is taken', () => {
    const book = new ConnectionBook(DEFAULT_ADMISSION.connections, 1_000)
    const flood = (fromMs: number, toMs: number): void => {
      for (let nowMs = fromMs; nowMs < toMs; nowMs++) {
        book.refusal(at(`10.1.${nowMs % 200}.1`), 'inbound', false, nowMs)
      }
    }
    flood(0, 15_000)
    assert.equal(book.refusal(at('192.0.2.1'), 'inbound', false, 15_000), undefined)
    flood(15_001, 16_000)
    assert.equal(book.refusal(at('192.0.2.2'), 'inbound', false, 16_000), 'pace', 'its subnet came a second ago')
    flood(16_001, 27_000)
    assert.equal(book.refusal(at('192.0.2.9'), 'inbound', false, 27_000), undefined)
    flood(27_001, 27_000 + FRESH_SUBNET_MS)
    assert.equal(book.refusal(at('192.0.2.8'), 'inbound', false, 27_000 + FRESH_SUBNET_MS), undefined, 'to the millisecond')
  })

  it('S21 where all the places of those who have not said who they are are taken, the subnet that has most of them gives one', () => {
    const { connections } = DEFAULT_ADMISSION
    const door = new Door({ policy: { ...DEFAULT_ADMISSION, connections: { ...connections, pending: 6 } } })
    const silent = ['10.1.1.1', '10.1.1.2', '10.1.1.3', '10.2.1.1', '10.2.1.2', '10.3.1.1'].map(ip => at(ip))
    for (const address of silent) {
      assert.deepEqual(door.admission.accept(address, 'inbound', 0), { allow: true })
    }
    assert.deepEqual(door.admission.accept(at('192.0.2.1'), 'inbound', 1), { allow: true, instead: silent[0] })
    door.admission.closed(silent[0] as NetAddress, 'inbound', 3_000)
    assert.deepEqual(door.admission.counters().refused, { 'crowded-out': 1 })
    assert.deepEqual(door.admission.counters().attacks, {}, 'to be cut for another is nothing that one did')
    // 2, 2, 1, 1: nobody has more than the newcomer would have
    for (const ip of ['10.2.1.9', '10.3.1.9']) {
      assert.deepEqual(door.admission.accept(at(ip), 'inbound', 3_001), { allow: false, reason: 'pending' })
    }
    assert.equal(door.admission.connections.pending, 6)
  })

  it('S21 - many hosts of one subnet are taken at the pace of a subnet', () => {
    const door = new Door({ policy: { ...DEFAULT_ADMISSION, connections: { ...DEFAULT_ADMISSION.connections, perSubnet: 1_000 } }, maxConnections: 1_000 })
    const refused = Array.from({ length: 60 }, (_, host) => door.inbound(at(`198.51.100.${host + 1}`), 0))
    assert.deepEqual([refused.filter(reason => reason === undefined).length, refused.at(-1)], [20, 'pace-of-subnet'])
    assert.equal(door.inbound(at('203.0.113.1'), 0), undefined)
  })

  it('inbound connections leave those we dial their share', () => {
    const book = new ConnectionBook(DEFAULT_ADMISSION.connections, 10, 4)
    for (let held = 0; held < 6; held++) {
      const address = at(`10.${held}.0.1`)
      assert.equal(book.refusal(address, 'inbound', true, 0), undefined)
      book.open(address, 'inbound', 0)
    }
    assert.deepEqual([book.refusal(at('10.9.0.1'), 'inbound', true, 0), book.refusal(at('10.9.0.1'), 'outbound', true, 0)], ['total', undefined])
  })

  it('no host holds all the places of those who have not said who they are', () => {
    const door = new Door({ policy: DEFAULT_ADMISSION })
    const addresses = Array.from({ length: 6 }, () => at('198.51.100.1'))
    assert.deepEqual(addresses.map((address, second) => door.inbound(address, 1_000 * second)), [...new Array(5).fill(undefined), 'pending-of-host'])
    door.admission.identified('peer', addresses[0] ?? assert.fail(), 'inbound', 6_000)
    assert.equal(door.inbound(at('198.51.100.1'), 6_000), undefined)
  })

  it('loopback is free of limits only where the profile says so, and the bound on all holds even there', () => {
    const loopback = Array.from({ length: 20 }, () => '127.0.0.1')
    assert.equal(new Door().manyInbound(loopback, 0).length, 17)
    assert.deepEqual(new Door({ limitLoopback: false }).manyInbound(loopback, 0), [])
    assert.deepEqual(new Door({ limitLoopback: false, maxConnections: 19 }).manyInbound(loopback, 0), ['127.0.0.1 total'])
  })

  it(`agrees with a naive count after any history (seed ${SEED})`, () => {
    const random = seededRandom(SEED)
    const book = new ConnectionBook({ ...DEFAULT_ADMISSION.connections, perHost: 2, perSubnet: 4, pendingPerHost: 2, acceptsPerSecond: 100_000, acceptsPerSecondPerHost: 100_000 }, 30)
    const held: Array<{ address: ReturnType<typeof at>, direction: 'inbound' | 'outbound', pending: boolean }> = []
    for (let turn = 0; turn < 5_000; turn++) {
      const pick = random.below(3)
      if (pick > 0 || held.length === 0) {
        const address = at(`10.0.${random.below(8)}.${random.below(4)}`)
        const direction = random.below(2) === 0 ? 'inbound' : 'outbound'
        const of = (prefix: number): typeof held => held.filter(other => other.address.host.split('.').slice(0, prefix).join('.') === address.host.split('.').slice(0, prefix).join('.'))
        const full = held.length >= 30 ? 'total' : of(4).length >= 2 ? 'host-limit' : of(3).length >= 4 ? 'subnet-limit' : undefined
        assert.equal(book.refusal(address, direction, false, turn), full)
        if (full === undefined) {
          book.open(address, direction, turn)
          held.push({ address, direction, pending: direction === 'inbound' })
        }
      } else {
        const [gone] = held.splice(random.below(held.length), 1)
        if (gone !== undefined) {
          book.close(gone.address, gone.direction, turn)
        }
      }
      assert.deepEqual([book.size, book.pending], [held.length, held.filter(({ pending }) => pending).length])
    }
  })
})

describe('the limit of open files', () => {
  const LIMITS = 'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            64                   4096                 files     \n'

  it('QC-35 + leaves a profile as it is where there is room', () => {
    assert.deepEqual(limitByFiles(157, 1_024), { connections: 157, lowered: false })
    assert.deepEqual(limitByFiles(157, undefined), { connections: 157, lowered: false })
    assert.equal(parseSoftLimit(LIMITS), 64)
    assert.equal(parseSoftLimit(LIMITS.replace('64 ', 'unlimited ')), undefined)
  })

  it('QC-35 - lowers it where there is not, and refuses to start with next to nothing', () => {
    assert.deepEqual(limitByFiles(157, 128), { connections: 80, lowered: true })
    assert.throws(() => limitByFiles(157, 40), /ulimit -n/)
  })
})
