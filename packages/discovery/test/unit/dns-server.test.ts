import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { seededRandom, systemClock } from '@peerwright/core'
import { needs, VirtualClock } from '@peerwright/testing'
import { decode, encode, type Packet } from 'dns-packet'
import { type DnsServer, startDnsServer, type ZoneRecord } from '../../src/dns-server.ts'
import { DnsClient } from '../../src/index.ts'
import { freePort, loopbackIp } from '../support/loopback.ts'

/** Not of npm: the test that needs it says so where it is missing. */
const DIG: string = process.env['DIG'] ?? 'dig'

const ORIGIN = 'quantumcoin.network'
const NAME = `seed1.${ORIGIN}`
const LONG = Array.from({ length: 40 }, (_, at) => `11.0.0.${at}:8333`).join(',')
const MANY = Array.from({ length: 100 }, (_, at) => `11.0.2.${at + 1}`)

const RECORDS: readonly ZoneRecord[] = [
  { name: NAME, type: 'A', ttl: 120, data: '127.0.0.5' },
  { name: NAME, type: 'AAAA', ttl: 120, data: '2600::5' },
  { name: `_quantumcoin._tcp.${NAME}`, type: 'SRV', ttl: 60, data: { target: NAME, port: 8334 } },
  { name: `qtc-peers.${NAME}`, type: 'TXT', ttl: 60, data: LONG },
  ...MANY.map((data): ZoneRecord => ({ name: `many.${ORIGIN}`, type: 'A', ttl: 60, data })),
  { name: `a.b.${ORIGIN}`, type: 'A', ttl: 60, data: '127.0.0.6' }
]

describe('startDnsServer', () => {
  let server: DnsServer
  let ip: string
  let port: number

  beforeEach(async () => {
    ip = loopbackIp()
    port = await freePort(ip)
    server = await startDnsServer({ ip, port, origin: ORIGIN, records: RECORDS })
  })

  afterEach(async () => {
    await server.close()
  })

  const client = (transport: 'udp' | 'tcp'): DnsClient =>
    new DnsClient({ resolvers: [{ transport, ip, port }], udp: 'allowed', timeoutMs: 5_000, clock: systemClock, random: seededRandom(2) })

  /** Sends bytes by UDP and gives the answer. */
  const ask = async (query: Packet | Uint8Array): Promise<Packet & { rcode: string, flag_tc: boolean }> => {
    const socket = createSocket('udp4')
    socket.send(query instanceof Uint8Array ? query : encode({ type: 'query', id: 7, ...query }), port, ip)
    const [bytes] = await once(socket, 'message') as [Buffer]
    socket.close()
    return decode(bytes) as unknown as Packet & { rcode: string, flag_tc: boolean }
  }

  for (const transport of ['udp', 'tcp'] as const) {
    it(`QC-02 + answers A, AAAA, SRV with its addresses, and TXT by ${transport}`, async () => {
      const dns = client(transport)
      assert.deepEqual((await dns.query(NAME, 'A')).records, [{ type: 'A', ip: '127.0.0.5' }])
      assert.deepEqual((await dns.query(NAME.toUpperCase(), 'AAAA')).records, [{ type: 'AAAA', ip: '2600::5' }])
      const srv = await dns.query(`_quantumcoin._tcp.${NAME}`, 'SRV')
      assert.deepEqual(srv.records, [{ type: 'SRV', target: NAME, port: 8334, priority: 0, weight: 0 }])
      assert.deepEqual(srv.additional.get(NAME), ['127.0.0.5', '2600::5'])
      assert.deepEqual((await dns.query(`qtc-peers.${NAME}`, 'TXT')).records, [{ type: 'TXT', text: LONG }])
      assert.equal(server.queries[transport], 4)
    })
  }

  it('QC-02 + what does not fit a datagram is truncated and comes by TCP', async () => {
    const { records } = await client('udp').query(`many.${ORIGIN}`, 'A')
    assert.equal(records.length, 100)
    assert.deepEqual(server.queries, { udp: 1, tcp: 1 })
    const cut = await ask({ questions: [{ type: 'TXT', name: `qtc-peers.${NAME}` }] })
    assert.ok(cut.flag_tc, 'without EDNS a client takes 512 bytes')
  })

  it('QC-02 - a name that is not there is NXDOMAIN, a type that is not there is an empty answer, each with the SOA', async () => {
    await assert.rejects(client('udp').query(`nobody.${ORIGIN}`, 'A'), { code: 'nxdomain' })
    assert.deepEqual((await client('udp').query(NAME, 'TXT')).records, [])
    assert.deepEqual((await client('udp').query(`b.${ORIGIN}`, 'A')).records, [], 'a name between two others is there')
    const { authorities } = await ask({ questions: [{ type: 'A', name: `nobody.${ORIGIN}` }] })
    assert.equal(authorities?.[0]?.type, 'SOA')
  })

  it('QC-03 - refuses names of others, and operations that it does not know', async () => {
    await assert.rejects(client('tcp').query('example.test', 'A'), { code: 'refused' })
    assert.equal((await ask({ flags: 5 << 11, questions: [{ type: 'SOA', name: ORIGIN }] })).rcode, 'NOTIMP')
    assert.equal((await ask({ questions: [] })).rcode, 'FORMERR')
  })

  it('answers for its own name', async () => {
    assert.equal((await ask({ questions: [{ type: 'SOA', name: ORIGIN }] })).answers?.[0]?.type, 'SOA')
    assert.equal((await ask({ questions: [{ type: 'NS', name: ORIGIN }] })).answers?.[0]?.type, 'NS')
  })

  it('survives garbage, answers to it, and queries that are too long, by UDP and TCP', async () => {
    const socket = createSocket('udp4')
    for (const bytes of [Uint8Array.of(1), Buffer.alloc(12), Buffer.alloc(2_000, 0xc0), encode({ type: 'response', id: 1, questions: [{ type: 'A', name: NAME }] })]) {
      socket.send(bytes, port, ip)
    }
    const tcp = connect(port, ip)
    tcp.on('error', () => {})
    tcp.write(Uint8Array.of(0xff, 0xff, ...Buffer.alloc(2_000)))
    await once(tcp, 'close')
    assert.equal((await client('udp').query(NAME, 'A')).records.length, 1)
    socket.close()
  })

  it('closes a connection by TCP that says nothing for five seconds, and one that says a little each four only then', async () => {
    const clock = new VirtualClock()
    const patient = await startDnsServer({ ip, port: await freePort(ip), origin: ORIGIN, records: RECORDS, clock })
    const [silent, slow] = [connect(patient.port, ip), connect(patient.port, ip)]
    const over = { silent: false, slow: false }
    silent.on('close', () => { over.silent = true })
    slow.on('close', () => { over.slow = true })
    const query = encode({ type: 'query', id: 7, questions: [{ name: NAME, type: 'A' }] })
    const framed = Buffer.concat([Uint8Array.of(0, query.length), query])
    const answered = async (): Promise<void> => {
      slow.write(framed)
      await once(slow, 'data')
    }
    silent.write(framed)
    await Promise.all([once(silent, 'data'), answered()])
    await clock.advance(4_000)
    await answered()
    assert.deepEqual(over, { silent: false, slow: false })
    await Promise.all([once(silent, 'close'), clock.advance(1_000)])
    assert.deepEqual(over, { silent: true, slow: false })
    await Promise.all([once(slow, 'close'), clock.advance(4_000)])
    assert.equal(clock.pending, 0)
    await patient.close()
  })

  it('changes its zone', async () => {
    server.setRecords([{ name: NAME.toUpperCase(), type: 'A', ttl: 60, data: '127.0.0.7' }])
    assert.deepEqual((await client('udp').query(NAME, 'A')).records, [{ type: 'A', ip: '127.0.0.7' }])
  })

  for (const other of ['0.0.0.0', '::', '192.168.0.1', '11.0.0.1', 'localhost', '']) {
    it(`refuses to listen on ${other === '' ? 'nothing' : other}`, async () => {
      await assert.rejects(startDnsServer({ ip: other, port, origin: ORIGIN, records: [] }), { code: 'invalid-option' })
    })
  }

  it('says where it listens', async () => {
    assert.equal(`${server.ip}:${server.port}`, `${ip}:${port}`)
  })

  it('says that a port is taken', async () => {
    await assert.rejects(startDnsServer({ ip, port, origin: ORIGIN, records: [] }), { code: 'address-in-use' })
  })

  it('QC-02 + dig agrees', async function () {
    needs(this, spawnSync(DIG, ['-v']).error === undefined, 'no dig: apt-get install bind9-dnsutils')
    const dig = async (...args: string[]): Promise<string> => (await promisify(execFile)(DIG, [`@${ip}`, '-p', String(port), '+norecurse', '+tries=1', '+time=5', ...args])).stdout.trim()
    assert.equal(await dig('+short', 'A', NAME), '127.0.0.5')
    assert.equal(await dig('+short', 'AAAA', NAME), '2600::5')
    assert.equal(await dig('+short', 'SRV', `_quantumcoin._tcp.${NAME}`), `0 0 8334 ${NAME}.`)
    assert.equal((await dig('+short', 'TXT', `qtc-peers.${NAME}`)).replaceAll(/" "|"/g, ''), LONG)
    assert.deepEqual((await dig('+short', 'A', `many.${ORIGIN}`)).split('\n').sort(), [...MANY].sort())
    assert.match(await dig('A', `nobody.${ORIGIN}`), /status: NXDOMAIN[\s\S]*flags: qr aa[\s\S]*SOA/)
    assert.match(await dig('A', 'example.test'), /status: REFUSED/)
    assert.match(await dig('+ignore', 'A', `many.${ORIGIN}`), /flags: qr aa tc/)
    assert.doesNotMatch(await dig('A', NAME), /WARNING|Warning/)
  })
})
