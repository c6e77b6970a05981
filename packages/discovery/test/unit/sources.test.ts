import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerDiscoveryEvents, PeerInfo } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { seededRandom, systemClock } from '@peerwright/core'
import { TypedEventEmitter } from 'main-event'
import { BootstrapNodes } from '../../src/bootstrap.ts'
import { systemResolvers } from '../../src/dns-transport.ts'
import { DnsClient, Libp2pSource } from '../../src/index.ts'
import { a, type FaultyDnsServer, reply, startFaultyDnsServer } from '../support/faulty-dns-server.ts'

const PEER_ID = '12D3KooWNvSZnPi3RrhrTwEY4LuuBeB6K6facKUCJcyWG1aoDd2p'

describe('BootstrapNodes', () => {
  let dns: FaultyDnsServer

  beforeEach(async () => {
    dns = await startFaultyDnsServer(asked => asked.name === 'gone.test'
      ? [reply(asked, [], { flags: 3 })]
      : [reply(asked, asked.type === 'A' ? [a(asked.name, '11.0.0.1'), a(asked.name, '10.0.0.1')] : [{ type: 'AAAA', class: 'IN', name: asked.name, ttl: 60, data: '2600::1' }])])
  })

  afterEach(async () => {
    await dns.close()
  })

  const find = async (nodes: readonly string[]): Promise<string[]> => {
    const client = new DnsClient({ resolvers: [dns.tcp], udp: 'forbidden', timeoutMs: 5_000, clock: systemClock, random: seededRandom(1) })
    const found = await new BootstrapNodes(nodes, client, 'public').find(new AbortController().signal)
    return found.map(({ address, peerId }) => `${address.toString()}${peerId === undefined ? '' : ` ${peerId}`}`)
  }

  it('QC-06 + takes addresses as they are, and looks names up with our own client', async () => {
    assert.deepEqual(await find([`/ip4/11.0.0.9/tcp/1/p2p/${PEER_ID}`, '/ip6/2600::9/tcp/2']), [`11.0.0.9:1 ${PEER_ID}`, '[2600::9]:2'])
    assert.equal(dns.asked.length, 0)
    assert.deepEqual(await find([`/dns4/node.test/tcp/3/p2p/${PEER_ID}`]), [`11.0.0.1:3 ${PEER_ID}`])
    assert.deepEqual(await find(['/dns6/node.test/tcp/3']), ['[2600::1]:3'])
    assert.deepEqual(await find(['/dns/node.test/tcp/3']), ['11.0.0.1:3', '[2600::1]:3'])
  })

  it('QC-06 - says why when nobody is known because no name could be looked up', async () => {
    await assert.rejects(find(['/dns4/gone.test/tcp/1', '/dns/gone.test/tcp/1']), { code: 'nxdomain' })
  })

  it('QC-06 - a name that is gone and an address out of scope spoil no other', async () => {
    assert.deepEqual(await find(['/dns4/gone.test/tcp/1', '/ip4/127.0.0.1/tcp/1', '/ip4/11.0.0.9/tcp/1']), ['11.0.0.9:1'])
  })
})

describe('Libp2pSource', () => {
  class Discovered extends TypedEventEmitter<PeerDiscoveryEvents> {
    tell (...multiaddrs: string[]): void {
      const detail: PeerInfo = { id: peerIdFromString(PEER_ID), multiaddrs: multiaddrs.map(text => multiaddr(text)) }
      this.safeDispatchEvent('peer', { detail })
    }
  }

  it('gives what a libp2p discovery has named since it was last asked, with the id', async () => {
    const discovered = new Discovered()
    const source = new Libp2pSource('bootstrap module', discovered)
    discovered.tell(`/ip4/11.0.0.1/tcp/1/p2p/${PEER_ID}`, '/ip4/11.0.0.1/tcp/1', '/ip4/11.0.0.2/udp/1/quic-v1', '/dns4/a.test/tcp/1')
    const found = await source.find()
    assert.deepEqual([...new Set(found.map(({ address, peerId }) => `${address.toString()} ${peerId ?? ''}`))], [`11.0.0.1:1 ${PEER_ID}`])
    assert.deepEqual(await source.find(), [])
  })

  it('holds at most 1000', async () => {
    const discovered = new Discovered()
    const source = new Libp2pSource('flood', discovered)
    for (let at = 0; at < 1_200; at++) {
      discovered.tell(`/ip4/11.0.${at >> 8}.${at & 255}/tcp/1`)
    }
    assert.equal((await source.find()).length, 1_000)
  })
})

describe('systemResolvers', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerwright-dns-'))
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('takes the first three servers of resolv.conf that are addresses, in order', async () => {
    const file = join(folder, 'resolv.conf')
    await writeFile(file, '# nameserver 127.0.0.9\nsearch a.test\nnameserver 127.0.0.53\n\tnameserver ::1\nnameserver fe80::1%eth0\nnameserver not.an.address\nnameserver 127.0.0.2\nnameserver 127.0.0.3\n')
    assert.deepEqual(systemResolvers('tcp', file), ['127.0.0.53', '::1', '127.0.0.2'].map(ip => ({ transport: 'tcp', ip, port: 53 })))
  })

  it('is none where there is no such file', () => {
    assert.deepEqual(systemResolvers('udp', join(folder, 'nothing')), [])
  })
})
