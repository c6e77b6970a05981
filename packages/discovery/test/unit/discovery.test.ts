import assert from 'node:assert/strict'
import { OperationError, seededRandom } from '@peerwright/core'
import { VirtualClock } from '@peerwright/testing'
import { type DnsServer, startDnsServer, type ZoneRecord } from '../../src/dns-server.ts'
import { createDiscovery, type Discovery, DISCOVERY_DEFAULTS, type DiscoveryInit } from '../../src/index.ts'
import { type Answers, FakeNetwork } from '../support/fake-network.ts'
import { DiscoveryLog } from '../support/log.ts'
import { freePort, loopbackIp } from '../support/loopback.ts'
import { address, ListSource } from '../support/source.ts'

const ORIGIN = 'quantumcoin.network'
const SEEDS = [1, 2, 3, 4].map(number => ({
  name: `seed${number}.${ORIGIN}`, records: ['A', 'AAAA', 'SRV', 'TXT'] as const, srvPrefix: '_quantumcoin._tcp.', txtPrefix: 'qtc-peers.'
}))
const hosts = (start: number, count: number): string[] => Array.from({ length: count }, (_, at) => `11.0.${start}.${at + 1}:8333`)
const everybody: Answers = address => ({ peerId: address })
const nobody: Answers = () => ({ code: 'unreachable' })

describe('Discovery', () => {
  let clock: VirtualClock
  let network: FakeNetwork
  let running: Discovery[]
  let servers: DnsServer[]

  beforeEach(() => {
    clock = new VirtualClock()
    running = []
    servers = []
  })

  afterEach(async () => {
    await Promise.all(running.map(async discovery => { await discovery.stop() }))
    await Promise.all(servers.map(async server => { await server.close() }))
    assert.equal(clock.pending, 0, 'no timer is left after stop')
    assert.equal(network.observers, 0, 'no subscription is left after stop')
  })

  const start = (answers: Answers, init: Partial<DiscoveryInit>): { discovery: Discovery, log: DiscoveryLog } => {
    network = new FakeNetwork(answers)
    const discovery = createDiscovery({ network, defaultPort: 8333, clock, random: seededRandom(5), resolvers: [], ...init })
    running.push(discovery)
    const log = new DiscoveryLog(discovery)
    discovery.start()
    return { discovery, log }
  }
  const dnsServer = async (records: readonly ZoneRecord[]): Promise<{ ip: string, port: number, server: DnsServer }> => {
    const ip = loopbackIp()
    const port = await freePort(ip)
    const server = await startDnsServer({ ip, port, origin: ORIGIN, records })
    servers.push(server)
    return { ip, port, server }
  }
  const outbound = (): number => network.sessions().length

  for (const transport of ['udp', 'tcp'] as const) {
    it(`QC-01 + a fresh node finds four peers from four seed names alone, by ${transport}`, async () => {
      const { ip, port } = await dnsServer(SEEDS.map(({ name }, at) => ({ name, type: 'A', ttl: 60, data: `127.0.0.${at + 1}` })))
      const { log } = start(everybody, { seeds: SEEDS, resolvers: [{ transport, ip, port }], addressScope: 'loopback', udp: transport === 'tcp' ? 'forbidden' : 'allowed' })
      await log.seen('connected', 4)
      assert.deepEqual(network.sessions().map(({ peerId }) => peerId).sort(), [1, 2, 3, 4].map(at => `127.0.0.${at}:8333`))
    })
  }

  it('QC-01 - seeds that know nobody leave a node without peers: it says so, and asks again', async () => {
    const { ip, port, server } = await dnsServer([])
    const { log } = start(everybody, { seeds: SEEDS, resolvers: [{ transport: 'udp', ip, port }], addressScope: 'loopback' })
    await log.seen('source-failed', 4)
    assert.deepEqual(network.dials, [])
    assert.ok(log.lines.every(line => line.endsWith('nxdomain')))
    server.setRecords([{ name: SEEDS[2]!.name, type: 'A', ttl: 60, data: '127.0.0.9' }])
    await clock.advance(5_000)
    await log.seen('connected')
  })

  it('QC-05 + asks at the start and then every 300 s, and hears of changes', async () => {
    const source = new ListSource('seed', hosts(0, 1))
    const { discovery } = start(everybody, { sources: [source], targetOutbound: 1 })
    await clock.advance(0)
    assert.equal(source.asked, 1)
    source.list = hosts(1, 2)
    await clock.advance(299_999)
    assert.equal(source.asked, 1)
    await clock.advance(1)
    assert.equal(source.asked, 2)
    assert.equal(discovery.candidates().length, 3)
    await clock.advance(3_000_000)
    assert.equal(source.asked, 12)
  })

  it('QC-05 - forgets an address whose TTL is over and that is named no more', async () => {
    const source = new ListSource('seed', hosts(0, 2), 60)
    const { discovery } = start(everybody, { sources: [source], targetOutbound: 1 })
    await clock.advance(0)
    source.list = []
    assert.equal(discovery.candidates().length, 2)
    await clock.advance(60_000)
    assert.equal(discovery.candidates().length, 0)
  })

  it('QC-05 - keeps 1000 addresses, however many are named', async () => {
    const source = new ListSource('seed', Array.from({ length: 1_001 }, (_, at) => `11.1.${at >> 8}.${at & 255}:1`))
    const { discovery } = start(nobody, { sources: [source], targetOutbound: 1 })
    await clock.advance(0)
    assert.equal(discovery.candidates().length, 1_000)
    assert.equal(discovery.report().candidates, 1_000)
  })

  it('QC-04 - a source that names private addresses names nobody', async () => {
    const { discovery } = start(everybody, { sources: [new ListSource('seed', ['10.0.0.1:1', '127.0.0.1:1', '[fd00::1]:1', '11.0.0.1:1'])] })
    await clock.advance(0)
    assert.deepEqual(discovery.candidates().map(({ address }) => address.toString()), ['11.0.0.1:1'])
  })

  const bootstrap = ['/ip4/11.9.0.1/tcp/8333', '/ip4/11.9.0.2/tcp/8333']

  it('QC-06 + asks the bootstrap nodes when every seed is dead', async () => {
    const { log } = start(everybody, { sources: [new ListSource('a', new OperationError('timeout', '')), new ListSource('b', new OperationError('servfail', ''))], bootstrap })
    await clock.advance(0)
    assert.deepEqual(log.lines.slice(0, 3), ['source-failed a timeout', 'source-failed b servfail', 'fallback none-found'])
    assert.equal(outbound(), 2)
  })

  it('QC-06 + asks the bootstrap nodes when the seeds name nobody', async () => {
    const { log } = start(everybody, { sources: [new ListSource('a', [])], bootstrap })
    await clock.advance(0)
    assert.equal(log.count('fallback none-found'), 1)
    assert.equal(outbound(), 2)
  })

  it('QC-06 + asks the bootstrap nodes when those whom the seeds name refuse', async () => {
    const { log } = start(address => address.startsWith('11.9.') ? { peerId: address } : { code: 'unreachable' }, { sources: [new ListSource('a', hosts(0, 20))], bootstrap })
    await clock.advance(20_000)
    assert.equal(log.count('fallback none-connects'), 1)
    assert.equal(outbound(), 2)
    assert.ok(hosts(0, 20).every(host => network.dials.includes(host)), 'all were tried before')
  })

  it('QC-06 + asks the bootstrap nodes within 60 s when those whom the seeds name are silent', async () => {
    const { log } = start(address => address.startsWith('11.9.') ? { peerId: address } : 'hang', { sources: [new ListSource('a', hosts(0, 32))], bootstrap })
    await clock.advance(59_999)
    assert.equal(log.count('fallback'), 0)
    await clock.advance(30_000)
    assert.equal(log.count('fallback none-connects'), 1)
    assert.equal(outbound(), 2)
  })

  it('QC-06 - leaves the bootstrap nodes alone while a seed gives a peer who connects', async () => {
    const { log } = start(address => address === '11.0.0.7:8333' ? { peerId: 'seven' } : { code: 'unreachable' }, { sources: [new ListSource('a', hosts(0, 20))], bootstrap })
    await clock.advance(3_600_000)
    assert.equal(log.count('fallback'), 0)
    assert.ok(network.dials.every(dial => !dial.startsWith('11.9.')))
  })

  it('QC-06 - with nobody anywhere does not hammer: seeds at most 20 times in an hour, each address under 30 times', async () => {
    const source = new ListSource('a', hosts(0, 1))
    start(nobody, { sources: [source], bootstrap })
    await clock.advance(3_600_000)
    assert.ok(source.asked >= 12 && source.asked <= 20, `asked ${source.asked} times`)
    for (const dialled of new Set(network.dials)) {
      const times = network.dials.filter(dial => dial === dialled).length
      assert.ok(times < 30, `${dialled} dialled ${times} times`)
    }
  })

  it('QC-07 + a node with enough peers asks one seed a round: 400 rounds ask each of four 100 times', async () => {
    const sources = [1, 2, 3, 4].map(number => new ListSource(`seed${number}`, hosts(number, 2)))
    start(everybody, { sources, targetOutbound: 4 })
    await clock.advance(0)
    assert.deepEqual(sources.map(({ asked }) => asked), [1, 1, 1, 1], 'a fresh node asks them all')
    await clock.advance(400 * 300_000)
    assert.deepEqual(sources.map(({ asked }) => asked), [101, 101, 101, 101])
  })

  it('QC-07 - a seed that is down does not keep the others from their turn', async () => {
    const sources = [new ListSource('seed1', new OperationError('timeout', '')), new ListSource('seed2', hosts(2, 1)), new ListSource('seed3', hosts(3, 1))]
    start(everybody, { sources, targetOutbound: 2 })
    await clock.advance(3 * 300_000)
    assert.deepEqual(sources.map(({ asked }) => asked), [2, 2, 2])
  })

  it('asks at most three sources at once', async () => {
    let now = 0
    let most = 0
    const release: Array<() => void> = []
    const sources = Array.from({ length: 10 }, (_, at) => ({
      name: `s${at}`,
      find: async () => {
        most = Math.max(most, ++now)
        await new Promise<void>(resolve => { release.push(resolve) })
        now--
        return []
      }
    }))
    start(nobody, { sources })
    for (let turn = 0; turn < 10; turn++) {
      await clock.advance(0)
      release.shift()?.()
    }
    await clock.advance(0)
    assert.equal(most, 3)
    assert.equal(now, 0)
  })

  it('keeps 8 outbound sessions, at most 8 dials at a time, and replaces one that is lost', async () => {
    start(everybody, { sources: [new ListSource('a', hosts(0, 30))] })
    await clock.advance(0)
    assert.equal(outbound(), 8)
    const [lost] = network.sessions()
    network.end(lost!.peerId, { code: 'lost', remote: true })
    await clock.advance(0)
    assert.equal(outbound(), 8)
    assert.equal(network.dials.length, 9)
    assert.notEqual(network.dials.at(-1), lost!.peerId, 'by somebody else')
  })

  it('never dials again a peer that it has a session with, though two addresses lead to it', async () => {
    start(() => ({ peerId: 'the only one' }), { sources: [new ListSource('a', hosts(0, 5))] })
    await clock.advance(200_000)
    assert.equal(outbound(), 1)
    assert.deepEqual([...network.dials].sort(), hosts(0, 5))
  })

  it('does not dial an address that names a peer there is a session with', async () => {
    const peers = [{ address: address('11.0.0.1:1') }]
    start(() => ({ peerId: 'same' }), { peers, sources: [{ name: 'late', find: async () => {
      await new Promise<void>(resolve => { clock.schedule(1_000, resolve) })
      return [{ address: address('11.0.0.2:1'), peerId: 'same' }]
    } }] })
    await clock.advance(100_000)
    assert.deepEqual(network.dials, ['11.0.0.1:1'])
  })

  it('leaves a peer alone as long as its goodbye asks, but an hour at most', async () => {
    const source = new ListSource('a', hosts(0, 1))
    start(everybody, { sources: [source], targetOutbound: 1 })
    await clock.advance(0)
    network.end('11.0.0.1:8333', { code: 'busy', remote: true, retryAfterSeconds: 600 })
    await clock.advance(599_999)
    assert.equal(network.dials.length, 1)
    await clock.advance(2_000)
    assert.equal(network.dials.length, 2)
    network.end('11.0.0.1:8333', { code: 'busy', remote: true, retryAfterSeconds: 1e9 })
    await clock.advance(3_602_000)
    assert.equal(network.dials.length, 3)
  })

  it('gives up a dial after 20 s, and all of them at stop', async () => {
    const { discovery, log } = start(() => 'hang', { sources: [new ListSource('a', hosts(0, 1))] })
    await clock.advance(20_000)
    assert.equal(log.count('dial-failed 11.0.0.1:8333 timeout'), 1)
    await clock.advance(5_000)
    assert.equal(network.dials.length, 2)
    await discovery.stop()
  })

  it('stop gives up a look-up under way, and start begins anew at once', async () => {
    const { ip, port, server } = await dnsServer([])
    await server.close()
    servers.pop()
    const source = new ListSource('a', hosts(0, 1))
    const { discovery } = start(everybody, { seeds: SEEDS, resolvers: [{ transport: 'tcp', ip, port }], sources: [source] })
    await discovery.stop()
    await discovery.stop()
    const before = source.asked
    discovery.start()
    discovery.start()
    await clock.advance(0)
    assert.equal(source.asked, before + 1)
  })

  it('dials configured peers whatever the seeds say', async () => {
    start(everybody, { peers: [{ address: address('11.5.0.1:9') }] })
    await clock.advance(0)
    assert.deepEqual(network.dials, ['11.5.0.1:9'])
  })

  it('QC-04 - no seed can push a configured peer out, end its time or give it another identity', async () => {
    const own = { address: address('11.5.0.1:9'), peerId: 'right' }
    const flood = new ListSource('flood', Array.from({ length: 1_000 }, (_, at) => `11.1.${at >> 8}.${at & 255}:1`))
    const liar = { name: 'liar', find: async () => await Promise.resolve([{ address: own.address, peerId: 'wrong', validForSeconds: 30 }]) }
    const { discovery } = start(nobody, { peers: [own], sources: [liar, flood] })
    await clock.advance(31_000)
    assert.deepEqual(discovery.candidates().filter(target => target.address.equals(own.address)), [own])
    await clock.advance(60_000)
    assert.ok(discovery.candidates().includes(own))
  })

  it('never dials what is excluded, whoever names it', async () => {
    const exclude = [address('11.0.0.1:8333'), address('11.5.0.1:9'), address('11.9.0.1:8333')]
    start(nobody, { exclude, peers: [{ address: address('11.5.0.1:9') }], sources: [new ListSource('a', hosts(0, 2))], bootstrap })
    await clock.advance(600_000)
    assert.deepEqual([...new Set(network.dials)].sort(), ['11.0.0.2:8333', '11.9.0.2:8333'])
  })

  it('tells a bootstrap list that could not be looked up by its code', async () => {
    const { log } = start(nobody, { bootstrap: ['/dns4/node.test/tcp/1'] })
    await clock.advance(0)
    assert.ok(log.lines.includes('source-failed bootstrap no-resolver'))
  })

  it('reports what was dropped and how the servers did', async () => {
    const { ip, port } = await dnsServer([{ name: SEEDS[0]!.name, type: 'A', ttl: 60, data: '10.0.0.1' }])
    const { discovery, log } = start(everybody, { seeds: [{ ...SEEDS[0]!, records: ['A'] }], resolvers: [{ transport: 'udp', ip, port }] })
    await log.seen('found')
    assert.equal(discovery.report().dropped[`dns:${SEEDS[0]!.name}`]?.private, 1)
    assert.deepEqual([...discovery.report().resolvers], [[`udp ${ip}:${port}`, { asked: 1, answered: 1, failed: {} }]])
  })

  it('the same seed makes the same dials', async () => {
    const runs: string[][] = []
    for (let run = 0; run < 2; run++) {
      clock = new VirtualClock()
      const { discovery } = start(address => address.endsWith('7:8333') ? { code: 'unreachable' } : { peerId: address }, { sources: [new ListSource('a', hosts(0, 30))] })
      await clock.advance(100_000)
      await discovery.stop()
      runs.push(network.dials)
    }
    assert.deepEqual(runs[0], runs[1])
  })

  describe('options', () => {
    const wrong: ReadonlyArray<readonly [string, Partial<DiscoveryInit>]> = [
      ['defaultPort', { defaultPort: 0 }], ['targetOutbound', { targetOutbound: -1 }], ['maxDials', { maxDials: 101 }], ['dialTimeoutMs', { dialTimeoutMs: 99 }],
      ['dnsTimeoutMs', { dnsTimeoutMs: 0.5 }], ['refreshMs', { refreshMs: 999 }], ['cacheAddresses', { cacheAddresses: 0 }], ['addressesPerSeed', { addressesPerSeed: 257 }]
    ]
    for (const [name, init] of wrong) {
      it(`refuses a wrong ${name} by name`, () => {
        network = new FakeNetwork(nobody)
        assert.throws(() => createDiscovery({ network, defaultPort: 1, resolvers: [], ...init }), { code: 'invalid-option', message: new RegExp(name) })
      })
    }

    it('QP-03 - refuses a misspelt choice, and takes what is undefined as left out', () => {
      network = new FakeNetwork(nobody)
      const make = (options: object): Discovery => createDiscovery({ network, defaultPort: 1, resolvers: [], ...options })
      assert.throws(() => make({ udp: 'forbiden' }), { code: 'invalid-option', message: /udp/ })
      assert.throws(() => make({ addressScope: 'global' }), { code: 'invalid-option', message: /addressScope/ })
      assert.deepEqual(make(Object.fromEntries(Object.keys(DISCOVERY_DEFAULTS).filter(name => name !== 'resolvers').map(name => [name, undefined]))).candidates(), [])
    })

    it('QP-03 - refuses a UDP server where UDP is forbidden, and a bootstrap node that is none', () => {
      network = new FakeNetwork(nobody)
      assert.throws(() => createDiscovery({ network, defaultPort: 1, udp: 'forbidden', resolvers: [{ transport: 'udp', ip: '127.0.0.1', port: 53 }] }), { code: 'invalid-option' })
      assert.throws(() => createDiscovery({ network, defaultPort: 1, resolvers: [], bootstrap: ['/ip4/1.2.3.4/udp/1'] }), { code: 'invalid-option' })
    })

    it('has the defaults of its rows', () => {
      network = new FakeNetwork(nobody)
      const { refreshMs, cacheAddresses, addressesPerSeed, dnsTimeoutMs, targetOutbound } = DISCOVERY_DEFAULTS
      assert.deepEqual({ refreshMs, cacheAddresses, addressesPerSeed, dnsTimeoutMs, targetOutbound },
        { refreshMs: 300_000, cacheAddresses: 1_000, addressesPerSeed: 32, dnsTimeoutMs: 5_000, targetOutbound: 8 })
    })
  })
})
