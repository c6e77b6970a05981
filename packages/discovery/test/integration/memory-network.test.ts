import assert from 'node:assert/strict'
import { seededRandom } from '@peerwright/core'
import { MemoryHub, type MemoryNetwork, VirtualClock } from '@peerwright/testing'
import { type DnsServer, startDnsServer } from '../../src/dns-server.ts'
import { createDiscovery, type Discovery, type DiscoveryInit } from '../../src/index.ts'
import { DiscoveryLog } from '../support/log.ts'
import { freePort, loopbackIp } from '../support/loopback.ts'
import { address } from '../support/source.ts'

const ORIGIN = 'quantumcoin.network'
const SEEDS = [1, 2, 3, 4].map(number => ({ name: `seed${number}.${ORIGIN}`, records: ['A'] as const, srvPrefix: '', txtPrefix: '' }))
const HOSTS = [1, 2, 3, 4].map(number => `127.0.0.${number}`)

describe('discovery over the in-memory network', () => {
  let clock: VirtualClock
  let hub: MemoryHub
  let fresh: MemoryNetwork
  let dns: DnsServer
  let discovery: Discovery
  let log: DiscoveryLog

  beforeEach(async () => {
    clock = new VirtualClock()
    hub = new MemoryHub({ clock })
    fresh = hub.node({ address: address('127.0.0.100:8333'), peerId: 'fresh' })
    const ip = loopbackIp()
    const records = SEEDS.map(({ name }, at) => ({ name, type: 'A', ttl: 3_600, data: HOSTS[at]! }) as const)
    dns = await startDnsServer({ ip, port: await freePort(ip), origin: ORIGIN, records })
  })

  afterEach(async () => {
    const stopped = discovery.stop()
    await clock.advance(0)
    await stopped
    await dns.close()
    assert.equal(clock.pending, 0, 'no timer is left after stop')
  })

  const start = (init: Partial<DiscoveryInit> = {}): void => {
    discovery = createDiscovery({
      network: fresh, defaultPort: 8333, seeds: SEEDS, resolvers: [{ transport: 'tcp', ip: dns.ip, port: dns.port }], udp: 'forbidden',
      addressScope: 'loopback', targetOutbound: 4, clock, random: seededRandom(3), ...init
    })
    log = new DiscoveryLog(discovery)
    discovery.start()
  }
  /** Waits for answers over real sockets, and lets the dials that follow from them run. */
  const found = async (rounds: number): Promise<void> => {
    await log.seen('found', rounds)
    await clock.advance(1_000)
  }
  const peers = (): string[] => fresh.sessions().map(({ peerId }) => peerId).sort()

  it('QC-01 + four seed names and nothing else give a fresh node its four peers', async () => {
    HOSTS.forEach(host => hub.node({ address: address(`${host}:8333`), peerId: host }))
    start()
    await found(4)
    assert.deepEqual(peers(), HOSTS)
    assert.deepEqual(dns.queries, { udp: 0, tcp: 4 })
  })

  it('QC-01 - seeds that name only ourselves and a stranger of another network leave a node alone', async () => {
    hub.node({ address: address('127.0.0.2:8333'), peerId: 'stranger', networkId: 'other' })
    dns.setRecords(SEEDS.map(({ name }, at) => ({ name, type: 'A', ttl: 60, data: at < 2 ? '127.0.0.100' : '127.0.0.2' })))
    start()
    await found(4)
    assert.deepEqual(peers(), [])
    assert.deepEqual(log.lines.filter(line => line.startsWith('dial-failed')).sort(),
      ['dial-failed 127.0.0.100:8333 self', 'dial-failed 127.0.0.2:8333 wrong-network'])
  })

  it('QC-06 + seeds whose nodes are dead or full make it ask the bootstrap nodes', async () => {
    hub.node({ address: address('127.0.0.1:8333'), peerId: 'full', full: true })
    hub.node({ address: address('127.0.0.9:8333'), peerId: 'bootstrap' })
    start({ bootstrap: ['/ip4/127.0.0.9/tcp/8333'] })
    await found(4)
    assert.deepEqual(peers(), [])
    await clock.advance(5_000)
    await log.seen('fallback none-connects')
    await clock.advance(100)
    assert.deepEqual(peers(), ['bootstrap'])
  })

  it('rests with enough sessions, and comes back to a peer that was lost once it is there again', async () => {
    HOSTS.slice(0, 2).forEach(host => hub.node({ address: address(`${host}:8333`), peerId: host }))
    start({ targetOutbound: 2 })
    await found(4)
    assert.deepEqual(peers(), HOSTS.slice(0, 2))
    const before = log.count('dialled')
    await clock.advance(200_000)
    assert.equal(log.count('dialled'), before, 'nobody is dialled while there are enough')
    hub.cut(hub.at(address('127.0.0.1:8333'))!)
    await clock.advance(10_000)
    assert.deepEqual(peers(), ['127.0.0.2'])
    hub.node({ address: address('127.0.0.1:8333'), peerId: '127.0.0.1' })
    await clock.advance(60_000)
    assert.deepEqual(peers(), HOSTS.slice(0, 2))
  })
})
