import assert from 'node:assert/strict'
import { type AddressScope, seededRandom } from '@peerwright/core'
import type { Candidate } from '@peerwright/interface'
import { VirtualClock } from '@peerwright/testing'
import { type DnsServer, startDnsServer, type ZoneRecord } from '../../src/dns-server.ts'
import { DnsClient, DnsSeed, type RecordType } from '../../src/index.ts'
import { a, type Fault, type FaultyDnsServer, manyAddresses, reply, startFaultyDnsServer } from '../support/faulty-dns-server.ts'
import { freePort, loopbackIp } from '../support/loopback.ts'

const ORIGIN = 'quantumcoin.network'
const NAME = `seed1.${ORIGIN}`
const PEER_ID = '12D3KooWNvSZnPi3RrhrTwEY4LuuBeB6K6facKUCJcyWG1aoDd2p'

describe('DnsSeed', () => {
  const closing: Array<DnsServer | FaultyDnsServer> = []

  afterEach(async () => {
    await Promise.all(closing.splice(0).map(async server => { await server.close() }))
  })

  const seedAt = (ip: string, port: number, records: readonly RecordType[], scope: AddressScope = 'public', transport: 'udp' | 'tcp' = 'udp'): DnsSeed => {
    const client = new DnsClient({ resolvers: [{ transport, ip, port }], udp: 'allowed', timeoutMs: 5_000, clock: new VirtualClock(), random: seededRandom(7) })
    return new DnsSeed({ name: NAME, records, srvPrefix: '_quantumcoin._tcp.', txtPrefix: 'qtc-peers.' }, client, { defaultPort: 8333, addressScope: scope, addressesPerSeed: 32 })
  }
  const zone = async (records: readonly ZoneRecord[], asked: readonly RecordType[], scope?: AddressScope): Promise<DnsSeed> => {
    const ip = loopbackIp()
    const port = await freePort(ip)
    closing.push(await startDnsServer({ ip, port, origin: ORIGIN, records }))
    return seedAt(ip, port, asked, scope)
  }
  const faulty = async (fault: Fault, asked: readonly RecordType[], transport: 'udp' | 'tcp' = 'udp'): Promise<DnsSeed> => {
    const server = await startFaultyDnsServer(fault)
    closing.push(server)
    return seedAt(server.udp.ip, server.udp.port, asked, 'public', transport)
  }
  const find = async (seed: DnsSeed): Promise<readonly Candidate[]> => await seed.find(new AbortController().signal)
  const texts = (found: readonly Candidate[]): string[] => found.map(({ address }) => address.toString()).sort()
  const txt = (data: string): ZoneRecord => ({ name: `qtc-peers.${NAME}`, type: 'TXT', ttl: 60, data })

  it('QC-02 + A alone is enough: the address with the default port, for its TTL', async () => {
    const found = await find(await zone([{ name: NAME, type: 'A', ttl: 120, data: '11.0.0.1' }], ['A']))
    assert.deepEqual(texts(found), ['11.0.0.1:8333'])
    assert.equal(found[0]?.validForSeconds, 120)
  })

  it('QC-02 + AAAA alone is enough', async () => {
    assert.deepEqual(texts(await find(await zone([{ name: NAME, type: 'AAAA', ttl: 60, data: '2600::1' }], ['AAAA']))), ['[2600::1]:8333'])
  })

  it('QC-02 + SRV alone is enough: its port, and the addresses of its targets that came along', async () => {
    const found = await find(await zone([
      { name: `_quantumcoin._tcp.${NAME}`, type: 'SRV', ttl: 60, data: { target: `node.${ORIGIN}`, port: 9999 } },
      { name: `node.${ORIGIN}`, type: 'A', ttl: 60, data: '11.0.0.2' },
      { name: `node.${ORIGIN}`, type: 'AAAA', ttl: 60, data: '2600::2' }
    ], ['SRV']))
    assert.deepEqual(texts(found), ['11.0.0.2:9999', '[2600::2]:9999'])
  })

  it('QC-02 + SRV targets that did not come along are asked for, at most 8 of them', async () => {
    const asked: string[] = []
    const seed = await faulty(question => {
      asked.push(`${question.type} ${question.name}`)
      return question.type === 'SRV'
        ? [reply(question, Array.from({ length: 20 }, (_, at) => ({ type: 'SRV', class: 'IN', name: question.name, ttl: 60, data: { target: `n${at}.test`, port: 1000 + at, priority: at } })))]
        : [reply(question, question.type === 'A' ? [a(question.name, '11.0.0.3')] : [])]
    }, ['SRV'])
    const found = await find(seed)
    assert.deepEqual(texts(found), [0, 1, 2, 3, 4, 5, 6, 7].map(at => `11.0.0.3:${1000 + at}`))
    assert.equal(asked.length, 1 + 2 * 8)
    assert.equal(seed.dropped['over-limit'], 12)
  })

  it('QC-02 + TXT alone is enough: lists, dnsaddr, and records longer than 255 bytes', async () => {
    const many = Array.from({ length: 20 }, (_, at) => `11.0.1.${at}:7000`)
    assert.ok(many.join(',').length > 255)
    const found = await find(await zone([
      txt('11.0.0.4:1234, [2600::4]:1235'), txt(`dnsaddr=/ip4/11.0.0.5/tcp/1236/p2p/${PEER_ID}`), txt(many.join(','))
    ], ['TXT']))
    assert.deepEqual(texts(found), [...many, '11.0.0.4:1234', '11.0.0.5:1236', '[2600::4]:1235'].sort())
    assert.equal(found.find(({ address }) => address.port === 1236)?.peerId, PEER_ID)
  })

  it('QC-02 - one bad entry of a TXT record spoils no other, and is counted', async () => {
    const seed = await zone([
      txt('11.0.0.4:0,11.0.0.4,garbage,,11.0.0.5:70000,11.0.0.6:1'), txt('dnsaddr=/ip4/11.0.0.7/udp/1/quic'), txt('dnsaddr=nonsense'), txt('dnsaddr=/ip4/11.0.0.8/tcp/2')
    ], ['TXT'])
    assert.deepEqual(texts(await find(seed)), ['11.0.0.6:1', '11.0.0.8:2'])
    assert.equal(seed.dropped.malformed, 7)
  })

  it('QC-02 - an SRV record with port 0 or a target without address gives nobody', async () => {
    const seed = await zone([
      { name: `_quantumcoin._tcp.${NAME}`, type: 'SRV', ttl: 60, data: { target: `node.${ORIGIN}`, port: 0 } },
      { name: `_quantumcoin._tcp.${NAME}`, type: 'SRV', ttl: 60, data: { target: `gone.${ORIGIN}`, port: 1 } },
      { name: `node.${ORIGIN}`, type: 'A', ttl: 60, data: '11.0.0.2' }
    ], ['SRV'])
    assert.deepEqual(await find(seed), [])
    assert.equal(seed.dropped.malformed, 1)
  })

  it('QC-02 - one record type that fails spoils no other; when all fail, the seed says why', async () => {
    const half = await faulty(asked => [asked.type === 'A' ? reply(asked, [a(NAME, '11.0.0.1')]) : reply(asked, [], { flags: 2 })], ['A', 'AAAA', 'SRV', 'TXT'])
    assert.deepEqual(texts(await find(half)), ['11.0.0.1:8333'])
    const none = await faulty(asked => [reply(asked, [], { flags: 2 })], ['A', 'AAAA', 'SRV', 'TXT'])
    await assert.rejects(find(none), { code: 'servfail' })
  })

  const poison = [
    ['loopback', '127.0.0.1'], ['private', '10.0.0.1'], ['private', '192.168.1.1'], ['private', '172.16.0.1'], ['private', '100.64.0.1'],
    ['reserved', '224.0.0.1'], ['reserved', '255.255.255.255'], ['reserved', '0.0.0.0'], ['reserved', '169.254.0.1'], ['reserved', '192.0.2.1'],
    ['reserved', '198.51.100.1'], ['reserved', '203.0.113.1'], ['loopback', '::1'], ['reserved', '::'], ['private', 'fd00::1'], ['reserved', 'fe80::1'],
    ['reserved', 'ff02::1'], ['reserved', '2001:db8::1'], ['loopback', '::ffff:127.0.0.1'], ['private', '::ffff:10.0.0.1'], ['reserved', '64:ff9b::a00:1']
  ] as const
  for (const [kind, ip] of poison) {
    it(`QC-04 - refuses ${ip} as ${kind}`, async () => {
      const type = ip.includes(':') ? 'AAAA' : 'A'
      const seed = await faulty(asked => [reply(asked, [{ type, class: 'IN', name: NAME, ttl: 60, data: ip }])], [type])
      assert.deepEqual(await find(seed), [])
      assert.equal(seed.dropped[kind], 1)
    })
  }

  it('QC-04 + keeps the public addresses among poisoned ones', async () => {
    const seed = await faulty(asked => [reply(asked, ['10.0.0.1', '11.0.0.1', '127.0.0.1', '12.0.0.1'].map(ip => a(NAME, ip)))], ['A'])
    assert.deepEqual(texts(await find(seed)), ['11.0.0.1:8333', '12.0.0.1:8333'])
    assert.deepEqual({ ...seed.dropped }, { malformed: 0, 'over-limit': 0, public: 0, private: 1, loopback: 1, reserved: 0 })
  })

  it('QC-04 + takes loopback where the profile is for loopback, and then nothing else', async () => {
    const seed = await zone(['127.0.0.5', '11.0.0.1'].map(data => ({ name: NAME, type: 'A', ttl: 60, data })), ['A'], 'loopback')
    assert.deepEqual(texts(await find(seed)), ['127.0.0.5:8333'])
    assert.equal(seed.dropped.public, 1)
  })

  it('QC-04 - of a seed that answers with 10,000 addresses takes 32, and counts the rest', async () => {
    // No DNS message holds more than 4,094 A records: the rest comes as AAAA and TXT
    const seed = await faulty(asked => asked.type === 'TXT'
      ? [reply(asked, Array.from({ length: 20 }, (_, at) => ({ type: 'TXT', class: 'IN', name: asked.name, ttl: 60, data: Array.from({ length: 100 }, (_, item) => `11.1.${at}.${item}:8333,`) })))]
      : [manyAddresses(asked, asked.type === 'A' ? 4_000 : 3_900)], ['A', 'AAAA', 'TXT'], 'tcp')
    assert.equal((await find(seed)).length, 32)
    assert.ok(seed.dropped['over-limit'] > 7_000, String(seed.dropped['over-limit']))
  })

  it('QC-04 - the same address over and over is one', async () => {
    const seed = await faulty(asked => [reply(asked, Array.from({ length: 30 }, () => a(NAME, '11.0.0.1')))], ['A'], 'tcp')
    assert.equal((await find(seed)).length, 1)
  })

  it('QC-04 - names a loop of aliases', async () => {
    const seed = await faulty(asked => [reply(asked, [{ type: 'CNAME', class: 'IN', name: NAME, ttl: 1, data: NAME }])], ['A'])
    await assert.rejects(find(seed), { code: 'cname-loop' })
  })
})
