import assert from 'node:assert/strict'
import { seededRandom } from '@peerwright/core'
import { VirtualClock } from '@peerwright/testing'
import { type DnsServer, startDnsServer, type ZoneRecord } from '../../src/dns-server.ts'
import { createDiscovery, type Discovery, type DiscoveryInit } from '../../src/index.ts'
import { type Answers, FakeNetwork } from './fake-network.ts'
import { DiscoveryLog } from './log.ts'
import { freePort, loopbackIp } from './loopback.ts'

const ORIGIN = 'quantumcoin.network'

export const SEEDS = [1, 2, 3, 4].map(number => ({
  name: `seed${number}.${ORIGIN}`, records: ['A', 'AAAA', 'SRV', 'TXT'] as const, srvPrefix: '_quantumcoin._tcp.', txtPrefix: 'qtc-peers.'
}))

/** Two nodes that may be asked when nobody else is there. */
export const BOOTSTRAP: readonly string[] = ['/ip4/11.9.0.1/tcp/8333', '/ip4/11.9.0.2/tcp/8333']

/** Addresses, all of one netgroup. */
export const hosts = (start: number, count: number): string[] => Array.from({ length: count }, (_, at) => `11.0.${start}.${at + 1}:8333`)

/** Whoever is dialled is there, under its address as its id. */
export const everybody: Answers = address => ({ peerId: address })

export const nobody: Answers = () => ({ code: 'unreachable' })

/** A discovery on a clock that is turned by hand, with a network that answers as it is told, and real DNS servers. */
export class Scene {
  clock = new VirtualClock()
  network = new FakeNetwork(nobody)
  readonly servers: DnsServer[] = []
  readonly #running: Discovery[] = []

  start (answers: Answers, init: Partial<DiscoveryInit>): { discovery: Discovery, log: DiscoveryLog } {
    this.network = new FakeNetwork(answers)
    const discovery = createDiscovery({ network: this.network, defaultPort: 8333, clock: this.clock, random: seededRandom(5), resolvers: [], ...init })
    this.#running.push(discovery)
    const log = new DiscoveryLog(discovery)
    discovery.start()
    return { discovery, log }
  }

  async dnsServer (records: readonly ZoneRecord[]): Promise<{ ip: string, port: number, server: DnsServer }> {
    const ip = loopbackIp()
    const port = await freePort(ip)
    const server = await startDnsServer({ ip, port, origin: ORIGIN, records })
    this.servers.push(server)
    return { ip, port, server }
  }

  outbound (): number {
    return this.network.sessions().length
  }

  /** Stops everything; nothing of it may stay behind. */
  async stop (): Promise<void> {
    await Promise.all(this.#running.map(async discovery => { await discovery.stop() }))
    await Promise.all(this.servers.map(async server => { await server.close() }))
    assert.equal(this.clock.pending, 0, 'no timer is left after stop')
    assert.equal(this.network.observers, 0, 'no subscription is left after stop')
  }
}
