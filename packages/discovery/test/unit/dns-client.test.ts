import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OperationError, seededRandom, systemClock } from '@peerwright/core'
import { needs, VirtualClock } from '@peerwright/testing'
import type { Answer } from 'dns-packet'
import { DnsClient, type DnsClientOptions, DnsError, type Resolver } from '../../src/index.ts'
import { a, type Fault, type FaultyDnsServer, FLAGS, manyAddresses, reply, startFaultyDnsServer } from '../support/faulty-dns-server.ts'
import { freePort, loopbackIp } from '../support/loopback.ts'
import { canListSockets, ownUdpSockets } from '../support/own-udp-sockets.ts'

const NAME = 'seed1.example.test'

describe('DnsClient', () => {
  let servers: FaultyDnsServer[]

  beforeEach(() => {
    servers = []
  })

  afterEach(async () => {
    await Promise.all(servers.map(async server => { await server.close() }))
  })

  const start = async (fault: Fault): Promise<FaultyDnsServer> => {
    const server = await startFaultyDnsServer(fault)
    servers.push(server)
    return server
  }
  const clientOf = (resolvers: readonly Resolver[], options: Partial<DnsClientOptions> = {}): DnsClient =>
    new DnsClient({ resolvers, udp: 'allowed', timeoutMs: 5_000, clock: systemClock, random: seededRandom(1), ...options })
  const good: Fault = asked => [reply(asked, [a(asked.name, '11.0.0.1')])]
  const ips = (records: readonly object[]): unknown[] => records.map(record => 'ip' in record ? record.ip : undefined)

  /** Ways in which the first server may fail without our waiting for it. */
  const failures: ReadonlyArray<readonly [outcome: string, fault: Fault]> = [
    ['servfail', asked => [reply(asked, [], { flags: FLAGS.servfail })]],
    ['refused', asked => [reply(asked, [], { flags: FLAGS.refused })]],
    ['nxdomain', asked => [reply(asked, [], { flags: FLAGS.nxdomain })]],
    ['other-rcode', asked => [reply(asked, [], { flags: 4 })]],
    ['malformed', asked => [Uint8Array.of(asked.id >> 8, asked.id & 0xff, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 200)]],
    ['cname-loop', asked => [reply(asked, [alias(asked.name, 'b.example.test'), alias('b.example.test', asked.name)])]],
    ['cname-too-long', asked => [reply(asked, Array.from({ length: 10 }, (_, at) => alias(at === 0 ? asked.name : `a${at}.example.test`, `a${at + 1}.example.test`)))]]
  ]
  for (const transport of ['udp', 'tcp'] as const) {
    for (const [outcome, fault] of failures) {
      it(`QC-03 + asks the next server by ${transport} when the first one's answer is ${outcome}, and counts both`, async () => {
        const [bad, well] = [await start(fault), await start(good)]
        const client = clientOf([bad[transport], well[transport]])
        assert.deepEqual(ips((await client.query(NAME, 'A')).records), ['11.0.0.1'])
        assert.deepEqual([...client.counts.values()], [
          { asked: 1, answered: 0, failed: { [outcome]: 1 } }, { asked: 1, answered: 1, failed: {} }
        ])
      })
    }

    it(`QC-03 + asks the next server by ${transport} when nobody is there`, async () => {
      const ip = loopbackIp()
      const well = await start(good)
      const client = clientOf([{ transport, ip, port: await freePort(ip) }, well[transport]])
      assert.equal((await client.query(NAME, 'A')).records.length, 1)
      assert.deepEqual([...client.counts.values()][0]?.failed, { unreachable: 1 })
    })

    it(`QC-03 + asks the next server by ${transport} once a silent one has had its 5 seconds`, async () => {
      const clock = new VirtualClock()
      const [silent, well] = [await start(() => []), await start(good)]
      const client = clientOf([silent[transport], well[transport]], { clock })
      const answer = client.query(NAME, 'A')
      await silent.askedTimes(1)
      await clock.advance(4_999)
      assert.equal(well.asked.length, 0)
      await clock.advance(1)
      assert.equal((await answer).records.length, 1)
      assert.deepEqual([...client.counts.values()][0]?.failed, { timeout: 1 })
      assert.equal(clock.pending, 0, 'no timer is left')
    })
  }

  it('QC-03 - says what each server did when none answers', async () => {
    const [one, two] = [await start(failures[0]![1]), await start(failures[1]![1])]
    await assert.rejects(clientOf([one.udp, two.tcp]).query(NAME, 'A'), (error: unknown) => {
      assert.ok(error instanceof DnsError && error instanceof OperationError)
      assert.equal(error.code, 'refused')
      assert.deepEqual(error.attempts.map(({ outcome }) => outcome), ['servfail', 'refused'])
      return true
    })
  })

  it('QC-03 - a name that one server denies is denied, whatever the others do', async () => {
    const [one, two] = [await start(failures[2]![1]), await start(failures[0]![1])]
    await assert.rejects(clientOf([one.udp, two.udp]).query(NAME, 'A'), { code: 'nxdomain' })
  })

  it('QC-03 - gives up a name after its deadline, however many servers are left', async () => {
    const clock = new VirtualClock()
    const silent = [await start(() => []), await start(() => []), await start(() => []), await start(() => [])]
    const failed = assert.rejects(clientOf(silent.map(({ udp }) => udp), { clock, deadlineMs: 12_000 }).query(NAME, 'A'), { code: 'timeout' })
    for (const [index, server] of silent.slice(0, 3).entries()) {
      await server.askedTimes(1)
      await clock.advance(index === 2 ? 2_000 : 5_000)
    }
    await failed
    assert.equal(silent[3]!.asked.length, 0)
    assert.equal(clock.pending, 0)
  })

  it('QC-03 + a fifth server is asked after four silent ones', async () => {
    const clock = new VirtualClock()
    const silent = [await start(() => []), await start(() => []), await start(() => []), await start(() => [])]
    const well = await start(good)
    const answer = clientOf([...silent, well].map(({ udp }) => udp), { clock }).query(NAME, 'A')
    for (const server of silent) {
      await server.askedTimes(1)
      await clock.advance(5_000)
    }
    assert.deepEqual(ips((await answer).records), ['11.0.0.1'])
    assert.equal(clock.pending, 0)
  })

  it('QC-03 - a list of silent servers is waited out for a minute, no longer', async () => {
    const clock = new VirtualClock()
    const silent: FaultyDnsServer[] = []
    for (let number = 0; number < 13; number++) {
      silent.push(await start(() => []))
    }
    const failed = assert.rejects(clientOf(silent.map(({ udp }) => udp), { clock }).query(NAME, 'A'), { code: 'timeout' })
    for (const server of silent.slice(0, 12)) {
      await server.askedTimes(1)
      await clock.advance(5_000)
    }
    await failed
    assert.equal(clock.monotonic(), 60_000)
  })

  it('QC-03 + a refusal without the question is one, and the next server is asked at once', async () => {
    for (const [code, outcome] of [[1, 'other-rcode'], [2, 'servfail'], [4, 'other-rcode'], [5, 'refused']] as const) {
      const bare = await start(({ id }) => [Uint8Array.of(id >> 8, id & 0xff, 0x80, code, 0, 0, 0, 0, 0, 0, 0, 0)])
      const client = clientOf([bare.udp, (await start(good)).udp], { clock: new VirtualClock() })
      assert.equal((await client.query(NAME, 'A')).records.length, 1)
      assert.deepEqual([...client.counts.values()][0]?.failed, { [outcome]: 1 })
    }
  })

  it('QC-03 - nothing else counts without the question, neither an answer nor the denial of a name', async () => {
    for (const code of [0, 3]) {
      const bare = await start(({ id }) => [Uint8Array.of(id >> 8, id & 0xff, 0x80, code, 0, 0, 0, 0, 0, 0, 0, 0)])
      await assert.rejects(clientOf([bare.tcp]).query(NAME, 'A'), { code: 'mismatch' })
    }
  })

  it('an answer without records is an answer, and no other server is asked', async () => {
    const [empty, other] = [await start(asked => [reply(asked, [])]), await start(good)]
    assert.deepEqual((await clientOf([empty.udp, other.udp]).query(NAME, 'A')).records, [])
    assert.equal(other.asked.length, 0)
  })

  it('passes over datagrams with another id or question, and takes the answer that follows', async () => {
    const server = await start(asked => [
      reply({ ...asked, id: asked.id ^ 1 }, [a(NAME, '66.6.6.6')]),
      reply({ ...asked, name: 'other.test' }, [a('other.test', '66.6.6.6')]),
      Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
      ...good(asked)
    ].filter((bytes): bytes is Uint8Array => bytes.length > 0))
    assert.deepEqual(ips((await clientOf([server.udp]).query(NAME, 'A')).records), ['11.0.0.1'])
  })

  it('QC-04 - a server with nothing but wrong ids is a mismatch: over UDP when the time is up, over TCP at once', async () => {
    const clock = new VirtualClock()
    const server = await start(asked => [reply({ ...asked, id: asked.id ^ 1 }, [a(NAME, '66.6.6.6')])])
    const failed = assert.rejects(clientOf([server.udp], { clock }).query(NAME, 'A'), { code: 'mismatch' })
    await server.sentTimes(1)
    await clock.advance(5_000)
    await failed
    await assert.rejects(clientOf([server.tcp], { clock }).query(NAME, 'A'), { code: 'mismatch' })
  })

  it('QC-04 - gives up a server that floods it with what was not asked for', async () => {
    const server = await start(asked => Array.from({ length: 40 }, () => reply({ ...asked, id: asked.id ^ 1 }, [])))
    await assert.rejects(clientOf([server.udp], { clock: new VirtualClock() }).query(NAME, 'A'), { code: 'mismatch' })
  })

  it('asks by TCP what was truncated by UDP', async () => {
    const server = await start(asked => asked.transport === 'udp' ? [reply(asked, [], { flags: FLAGS.truncated })] : good(asked))
    assert.equal((await clientOf([server.udp]).query(NAME, 'A')).records.length, 1)
    assert.deepEqual(server.asked.map(({ transport }) => transport), ['udp', 'tcp'])
  })

  it('a truncated answer whose TCP half is silent ends in time', async () => {
    const clock = new VirtualClock()
    const server = await start(asked => asked.transport === 'udp' ? [reply(asked, [], { flags: FLAGS.truncated })] : [])
    const failed = assert.rejects(clientOf([server.udp], { clock }).query(NAME, 'A'), { code: 'timeout' })
    await server.askedTimes(2)
    await clock.advance(5_000)
    await failed
  })

  it('follows aliases, within an answer and over further questions', async () => {
    const server = await start(asked => asked.name === NAME
      ? [reply(asked, [alias(NAME, 'b.test'), alias('b.test', 'c.test', 40)])]
      : [reply(asked, [a('c.test', '11.0.0.3', 500)])])
    const { records, ttlSeconds } = await clientOf([server.udp]).query(NAME, 'A')
    assert.deepEqual(ips(records), ['11.0.0.3'])
    assert.equal(ttlSeconds, 40, 'the shortest on the way')
    assert.deepEqual(server.asked.map(({ name }) => name), [NAME, 'c.test'])
  })

  it('QC-04 - an alias that leads round over several questions is a loop, one that leads on for ever is too long', async () => {
    const round: Record<string, string> = { [NAME]: 'b.test', 'b.test': 'c.test', 'c.test': NAME }
    const loop = await start(asked => [reply(asked, [alias(asked.name, round[asked.name]!)])])
    await assert.rejects(clientOf([loop.udp]).query(NAME, 'A'), { code: 'cname-loop' })
    const endless = await start(asked => [reply(asked, [alias(asked.name, `x${asked.name}`)])])
    await assert.rejects(clientOf([endless.udp]).query(NAME, 'A'), { code: 'cname-too-long' })
    assert.ok(endless.asked.length <= 9)
  })

  it('QC-04 - passes over records of other names, types and classes', async () => {
    const server = await start(asked => [reply(asked, [
      a('evil.test', '66.6.6.6'), a(NAME.toUpperCase(), '11.0.0.1'), { ...a(NAME, '66.6.6.7'), class: 'CH' } as Answer,
      { type: 'AAAA', name: NAME, class: 'IN', ttl: 1, data: '2600::1' }
    ])])
    const { records, skipped } = await clientOf([server.udp]).query(NAME, 'A')
    assert.deepEqual(ips(records), ['11.0.0.1'])
    assert.equal(skipped, 3)
  })

  it('QC-04 - of an answer with 4,000 records decodes 100, and says how many it left', async () => {
    const server = await start(asked => [manyAddresses(asked, 4_000)])
    const { records, skipped } = await clientOf([server.tcp]).query(NAME, 'A')
    assert.equal(records.length, 100)
    assert.equal(skipped, 3_900)
  })

  it('QC-05 + believes an answer as long as its TTL says, but at least 30 s and at most a day', async () => {
    for (const [ttl, believed] of [[0, 30], [29, 30], [300, 300], [86_401, 86_400], [0x7fff_ffff, 86_400], [0xffff_ffff, 30]] as const) {
      const server = await start(asked => [reply(asked, [a(NAME, '11.0.0.1', ttl)])])
      assert.equal((await clientOf([server.udp]).query(NAME, 'A')).ttlSeconds, believed, `TTL ${ttl}`)
    }
  })

  it('QC-02 + joins the pieces of one TXT record', async () => {
    const text = Array.from({ length: 20 }, (_, at) => `11.0.0.${at}:8333`).join(',')
    const server = await start(asked => [reply(asked, [{ type: 'TXT', class: 'IN', name: NAME, ttl: 60, data: [text.slice(0, 100), text.slice(100, 255), text.slice(255)] }])])
    assert.deepEqual((await clientOf([server.udp]).query(NAME, 'TXT')).records, [{ type: 'TXT', text }])
  })

  it('ids and ports differ from question to question', async () => {
    const server = await start(good)
    const client = clientOf([server.udp])
    for (let round = 0; round < 8; round++) {
      await client.query(NAME, 'A')
    }
    assert.ok(new Set(server.asked.map(({ id }) => id)).size > 6)
  })

  it('ends at once, without counting against a server, when the caller gives up', async () => {
    const clock = new VirtualClock()
    const silent = await start(() => [])
    for (const resolver of [silent.udp, silent.tcp]) {
      const controller = new AbortController()
      const client = clientOf([resolver], { clock })
      const failed = assert.rejects(client.query(NAME, 'A', controller.signal), { code: 'aborted' })
      controller.abort()
      await failed
      await assert.rejects(client.query(NAME, 'A', controller.signal), { code: 'aborted' })
      assert.deepEqual([...client.counts.values()][0]?.failed, {})
    }
    assert.equal(clock.pending, 0)
  })

  it('refuses what is no DNS name without asking', async () => {
    const server = await start(good)
    for (const name of ['', 'a..b', `${'a'.repeat(64)}.test`, 'a b.test', `${'a.'.repeat(130)}test`]) {
      await assert.rejects(clientOf([server.udp]).query(name, 'A'), { code: 'bad-name' })
    }
    assert.equal(server.asked.length, 0)
  })

  it('says so when there is no server to ask', async () => {
    await assert.rejects(clientOf([]).query(NAME, 'A'), { code: 'no-resolver' })
  })

  it('QP-03 - refuses a server that is no IP address with a port: the system would look a name up over UDP', () => {
    for (const [ip, port] of [['localhost', 53], ['dns.example.test', 53], ['', 53], ['127.0.0.1', 0], ['127.0.0.1', 70_000], ['127.0.0.1', 53.5]] as const) {
      for (const transport of ['udp', 'tcp'] as const) {
        assert.throws(() => clientOf([{ transport, ip, port }]), { name: 'OperationError', code: 'invalid-option' })
      }
    }
  })

  it('QP-03 - refuses a UDP server where UDP is forbidden', () => {
    assert.throws(() => clientOf([{ transport: 'udp', ip: '127.0.0.1', port: 53 }], { udp: 'forbidden' }), { code: 'invalid-option' })
  })

  it('asks the servers that the operating system names now', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerwright-resolv-'))
    const resolvConf = join(folder, 'resolv.conf')
    const asked: string[] = []
    const exchange = async ({ ip }: { readonly ip: string }): Promise<Uint8Array> => {
      asked.push(ip)
      return await Promise.reject(new DnsError('unreachable', 'planted'))
    }
    await writeFile(resolvConf, 'nameserver 127.0.0.1\n')
    const client = new DnsClient({
      resolvers: 'system', udp: 'allowed', timeoutMs: 100, clock: systemClock, random: seededRandom(1), exchange: { udp: exchange, tcp: exchange }, resolvConf
    })
    await assert.rejects(client.query(NAME, 'A'), DnsError)
    await writeFile(resolvConf, 'nameserver 127.0.0.2\n')
    await assert.rejects(client.query(NAME, 'A'), DnsError)
    assert.deepEqual(asked, ['127.0.0.1', '127.0.0.2'])
    await rm(folder, { recursive: true })
  })

  it('QP-03 + opens no UDP socket where UDP is forbidden, not even for a truncated answer or the servers of the system', async () => {
    const used: string[] = []
    const exchange: NonNullable<DnsClientOptions['exchange']> = {
      udp: async () => await Promise.reject(new Error('a UDP socket')),
      tcp: async ({ transport }) => {
        used.push(transport)
        return await Promise.reject(new DnsError('unreachable', 'nobody there'))
      }
    }
    await assert.rejects(new DnsClient({ resolvers: 'system', udp: 'forbidden', timeoutMs: 100, clock: systemClock, random: seededRandom(1), exchange }).query(NAME, 'A'), DnsError)
    assert.ok(used.every(transport => transport === 'tcp'))
  })

  it('QP-03 + a real look-up by TCP opens no UDP socket, one by UDP does', async function () {
    needs(this, canListSockets, 'no /proc to read sockets from')
    let during = 0
    const server = await start(asked => {
      during = ownUdpSockets()
      return good(asked)
    })
    const before = ownUdpSockets()
    await clientOf([server.tcp], { udp: 'forbidden' }).query(NAME, 'A')
    assert.equal(during, before)
    await clientOf([server.udp]).query(NAME, 'A')
    assert.equal(during, before + 1)
  })
})

function alias (name: string, data: string, ttl = 300): Answer {
  return { type: 'CNAME', class: 'IN', name, ttl, data }
}
