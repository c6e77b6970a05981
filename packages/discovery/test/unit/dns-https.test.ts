import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { seededRandom, systemClock } from '@peerwright/core'
import { needs } from '@peerwright/testing'
import { decode, encode } from 'dns-packet'
import { startDnsServer } from '../../src/dns-server.ts'
import { DnsClient, DnsError, type DnsOutcome, type HttpsResolver, type Resolver } from '../../src/index.ts'
import { CERTIFICATE, type DohAnswer, type DohServer, startDohServer } from '../support/doh-server.ts'
import { freePort, loopbackIp } from '../support/loopback.ts'
import { canListSockets, ownUdpSockets } from '../support/own-udp-sockets.ts'

const NAME = 'seed.example.test'

/** A well-formed answer to a query. */
function answerTo (query: Uint8Array, change: { id?: number } = {}): Uint8Array {
  const { id = 0, questions } = decode(Buffer.from(query))
  return encode({ type: 'response', id: change.id ?? id, questions, answers: [{ type: 'A', class: 'IN', name: NAME, ttl: 300, data: '127.9.9.9' }] })
}

describe('DNS over HTTPS', () => {
  const servers: DohServer[] = []
  afterEach(async () => { await Promise.all(servers.splice(0).map(async server => { await server.close() })) })

  const serve = async (answer: (query: Uint8Array) => Promise<DohAnswer | undefined> | DohAnswer | undefined, ip?: string): Promise<HttpsResolver> => {
    const server = await startDohServer(answer, ip)
    servers.push(server)
    return { transport: 'https', ip: server.ip, port: server.port, serverName: 'doh.test', ca: [CERTIFICATE] }
  }
  const client = (resolvers: readonly Resolver[], timeoutMs = 5_000): DnsClient =>
    new DnsClient({ resolvers, udp: 'forbidden', timeoutMs, clock: systemClock, random: seededRandom(1) })
  const outcomeOf = async (resolver: Resolver, timeoutMs?: number): Promise<DnsOutcome | undefined> => {
    const error: unknown = await client([resolver], timeoutMs).query(NAME, 'A').then(() => undefined, (reason: unknown) => reason)
    assert.ok(error instanceof DnsError, String(error))
    return error.attempts[0]?.outcome
  }

  it('QC-03 + resolves by POST over HTTP/2, checked against a pinned certificate, without a UDP socket', async function () {
    needs(this, canListSockets, 'no /proc to read sockets from')
    const before = ownUdpSockets()
    let during = 0
    const resolver = await serve(query => {
      during = Math.max(during, ownUdpSockets())
      return { body: answerTo(query) }
    })
    const { records } = await client([resolver]).query(NAME, 'A')
    assert.deepEqual(records, [{ type: 'A', ip: '127.9.9.9' }])
    assert.deepEqual(servers[0]?.requests, ['POST /dns-query application/dns-message'])
    assert.equal(during, before)
  })

  it('gives what the same server gives over TCP', async () => {
    const ip = loopbackIp()
    const port = await freePort(ip)
    const dns = await startDnsServer({
      ip, port, origin: 'example.test', records: Array.from({ length: 90 }, (_, at) => ({ name: NAME, type: 'A' as const, ttl: 60, data: `127.1.1.${at + 1}` }))
    })
    const relay = async (query: Uint8Array): Promise<DohAnswer> => await new Promise(resolve => {
      const socket = connect(port, ip)
      const chunks: Buffer[] = []
      socket.on('data', chunk => {
        chunks.push(chunk)
        const whole = Buffer.concat(chunks)
        if (whole.length >= 2 && whole.length >= 2 + whole.readUInt16BE(0)) {
          socket.destroy()
          resolve({ body: whole.subarray(2) })
        }
      })
      socket.write(Buffer.concat([Uint8Array.of(query.length >> 8, query.length & 0xff), query]))
    })
    try {
      const over = async (resolver: Resolver): Promise<unknown> => (await client([resolver]).query(NAME, 'A')).records
      assert.deepEqual(await over(await serve(relay)), await over({ transport: 'tcp', ip, port }))
    } finally {
      await dns.close()
    }
  })

  it('takes the media type in any case and with parameters (RFC 9110, 8.3.1)', async () => {
    for (const type of ['Application/DNS-Message', 'application/dns-message; charset=utf-8']) {
      const resolver = await serve(query => ({ type, body: answerTo(query) }))
      assert.equal((await client([resolver]).query(NAME, 'A')).records.length, 1, type)
    }
    const other = await serve(query => ({ type: 'application/dns-messages', body: answerTo(query) }))
    assert.equal(await outcomeOf(other), 'malformed')
  })

  it('takes a certificate of the IP address when no name is given', async () => {
    const { ip, port, ca = [] } = await serve(query => ({ body: answerTo(query) }), '127.0.0.1')
    assert.equal((await client([{ transport: 'https', ip, port, ca }]).query(NAME, 'A')).records.length, 1)
  })

  it('QC-03 - has a name for each way a server fails, and asks the next one', async () => {
    const good = await serve(query => ({ body: answerTo(query) }))
    const cases: ReadonlyArray<readonly [DnsOutcome, Resolver]> = [
      ['untrusted', { ...await serve(query => ({ body: answerTo(query) })), serverName: 'other.test' }],
      ['untrusted', { ...good, ca: [] }],
      ['unreachable', { ...good, port: await freePort(good.ip) }],
      ['http-status', await serve(() => ({ status: 503, body: new Uint8Array(0) }))],
      ['malformed', await serve(query => ({ type: 'text/html', body: answerTo(query) }))],
      ['malformed', await serve(() => ({ body: new Uint8Array(70_000) }))],
      ['malformed', await serve(query => ({ body: query.slice(0, 12) }))],
      ['mismatch', await serve(query => ({ body: answerTo(query, { id: 1 }) }))]
    ]
    for (const [expected, resolver] of cases) {
      assert.equal(await outcomeOf(resolver), expected, `${expected} ${JSON.stringify({ ...resolver, ca: undefined })}`)
      assert.equal((await client([resolver, good]).query(NAME, 'A')).records.length, 1)
    }
    assert.equal(await outcomeOf(await serve(() => undefined), 100), 'timeout')
  })

  it('gives up on its signal and leaves no connection behind', async () => {
    const asked = Promise.withResolvers<undefined>()
    const resolver = await serve(() => {
      asked.resolve(undefined)
      return undefined
    })
    const controller = new AbortController()
    const query = client([resolver]).query(NAME, 'A', controller.signal)
    await asked.promise
    controller.abort()
    await assert.rejects(query, (error: unknown) => error instanceof DnsError && error.code === 'aborted')
  })
})
