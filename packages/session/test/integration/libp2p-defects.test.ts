import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { createServer, type Server } from 'node:net'
import type { Connection, ConnectionGater, Stream, StreamMiddleware } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { dns, RecordType } from '@multiformats/dns'
import type { DNSResolver } from '@multiformats/dns/resolvers'
import { multiaddr } from '@multiformats/multiaddr'
import { MUXER_STREAM_OPTIONS, peerTcp } from '@peerwright/transport'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { until } from '../support/node.ts'

// What is wrong in the versions of libp2p that we use, as it is: what we built around it may go when one of these fails. Numbers
// and proofs: LIBP2P.md, "Defects".

const PROTOCOL = '/defect/1'
const MEGABYTE = 1_000_000

const nodes: Libp2p[] = []
const servers: Server[] = []

async function node (options: Libp2pOptions = {}): Promise<Libp2p> {
  const made = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [peerTcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    ...options
  })
  nodes.push(made)
  return made
}

/** A stream from one node to another, as both see it. */
async function streams (options: Libp2pOptions = {}): Promise<{ ours: Stream, theirs: Stream }> {
  const [a, b] = [await node(options), await node(options)]
  const arrived = Promise.withResolvers<Stream>()
  await b.handle(PROTOCOL, stream => { arrived.resolve(stream) })
  const ours = await a.dialProtocol(b.getMultiaddrs(), PROTOCOL)
  return { ours, theirs: await arrived.promise }
}

/** A few rounds of the event loop. */
async function turns (count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>(resolve => { setImmediate(resolve) })
  }
}

/** Sends until the stream says that it needs to drain. */
function saturate (stream: Stream): void {
  while (stream.send(new Uint8Array(65_536))) {
    // Until it is full
  }
}

describe('libp2p, as it is', function () {
  this.timeout(20_000)
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async made => { await made.stop() }))
    servers.splice(0).forEach(server => server.close())
  })

  it('D1: onDrain resolves at once from its second call on, whatever waits to be sent', async () => {
    const { ours, theirs } = await streams({ streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })] })
    theirs.addEventListener('message', () => {})
    saturate(ours)
    await ours.onDrain()
    theirs.pause()
    await turns(50)
    saturate(ours)
    let drained = false
    ours.addEventListener('drain', () => { drained = true }, { once: true })
    await ours.onDrain()
    assert.equal(drained, false)
    assert.ok(ours.writableNeedsDrain)
  })

  it('D2: pause inside the dispatch of resume leaves the sender unheld, and the stream breaks', async () => {
    const { ours, theirs } = await streams()
    let ended: Error | undefined
    theirs.addEventListener('close', ({ error }) => { ended = error })
    theirs.addEventListener('message', () => { theirs.pause() })
    saturate(ours)
    await until(() => theirs.readStatus === 'paused' && theirs.readBufferLength > 0)
    theirs.resume()
    assert.equal(theirs.readStatus, 'paused')
    while (ended === undefined && ours.writeStatus === 'writable') {
      saturate(ours)
      await turns(1)
    }
    await until(() => ended !== undefined)
    assert.equal(ended?.name, 'StreamBufferError')
  })

  it('D3: a slow reader by for await holds no sender', async () => {
    const { ours, theirs } = await streams()
    let read = 0
    const reader = (async () => {
      for await (const chunk of theirs) {
        read += chunk.byteLength
        await new Promise(() => {})
      }
    })()
    reader.catch(() => undefined)
    let sent = 0
    while (sent < 40 * MEGABYTE) {
      sent += 65_536
      if (!ours.send(new Uint8Array(65_536))) {
        await new Promise(resolve => { ours.addEventListener('drain', resolve, { once: true }) })
      }
    }
    assert.ok(read < MEGABYTE, `${read} bytes read, ${sent} accepted`)
  })

  it('D4: break out of for await loses what had arrived', async () => {
    const { ours, theirs } = await streams()
    ours.send(Uint8Array.of(1))
    for await (const chunk of theirs) {
      assert.deepEqual([...chunk.subarray()], [1])
      for (let value = 2; value <= 5; value++) {
        ours.send(Uint8Array.of(value))
      }
      await turns(100)
      break
    }
    const later: number[] = []
    theirs.addEventListener('message', ({ data }) => { later.push(...data.subarray()) })
    ours.send(Uint8Array.of(99))
    await until(() => later.includes(99))
    assert.deepEqual(later, [99])
  })

  it('D5: with middleware the handler runs once more for each further stream, and middleware given to handle is never run', async () => {
    const [a, b] = [await node(), await node()]
    let runs = 0
    let others = 0
    const passing: StreamMiddleware = (stream, connection, next) => { next(stream, connection) }
    b.use(PROTOCOL, [passing])
    await b.handle(PROTOCOL, () => { runs++ })
    const counting: StreamMiddleware = (stream, connection, next) => {
      others++
      next(stream, connection)
    }
    await b.handle('/defect/2', () => {}, { middleware: [counting] })
    const connection = await a.dial(b.getMultiaddrs())
    for (const expected of [1, 3, 6]) {
      await connection.newStream(PROTOCOL)
      await until(() => runs >= expected)
      await turns(10)
      assert.equal(runs, expected)
    }
    await connection.newStream('/defect/2')
    await turns(50)
    assert.equal(others, 0)
  })

  it('D7: filterMultiaddrForPeer is called without its gater', async () => {
    let self: unknown = 'not called'
    const gater: ConnectionGater = {
      filterMultiaddrForPeer (this: unknown) {
        // eslint-disable-next-line @typescript-eslint/no-this-alias
        self = this
        return true
      }
    }
    const [a, b] = [await node({ connectionGater: gater }), await node()]
    await a.peerStore.merge(b.peerId, { multiaddrs: b.getMultiaddrs() })
    assert.notEqual(self, gater)
    assert.notEqual(self, 'not called')
  })

  it('D9: the pruner reports connections as pruned that it left open', async () => {
    const manager = Promise.withResolvers<{ setMaxConnections(max: number): void }>()
    const a = await node({ services: { manager: (components: { connectionManager: { setMaxConnections(max: number): void } }) => { manager.resolve(components.connectionManager) } } })
    const reported: Connection[] = []
    a.addEventListener('connection:prune', ({ detail }) => { reported.push(...detail) })
    for (let count = 0; count < 4; count++) {
      const other = await node()
      await other.handle(PROTOCOL, () => {})
      await a.dialProtocol(other.getMultiaddrs(), PROTOCOL)
    }
    (await manager.promise).setMaxConnections(1)
    await until(() => reported.length > 0)
    await turns(50)
    assert.deepEqual([reported.length, a.getConnections().length], [3, 4])
  })

  it('D10: a node that is full of busy peers cannot dial: the new connection is pruned first', async () => {
    const a = await node({ connectionManager: { maxConnections: 1 } })
    const [b, c] = [await node(), await node()]
    await a.handle(PROTOCOL, () => {})
    await b.dialProtocol(a.getMultiaddrs(), PROTOCOL)
    await until(() => a.getConnections()[0]?.streams.length === 1)
    const opened: string[] = []
    a.addEventListener('connection:open', ({ detail }) => { opened.push(detail.remotePeer.toString()) })
    await a.dial(c.getMultiaddrs()).catch(() => undefined)
    await until(() => opened.includes(c.peerId.toString()) && a.getConnections(c.peerId).length === 0)
    assert.equal(a.getConnections(b.peerId).length, 1)
  })

  it('D11: of a TXT record each chunk is an answer, the cache never hits, and the time to live is made up', async () => {
    const { resolveTxt } = Resolver.prototype
    let asked = 0
    Resolver.prototype.resolveTxt = async () => {
      asked++
      return await Promise.resolve([['a'.repeat(255), 'b']])
    }
    try {
      const resolver = dns()
      const { Answer } = await resolver.query('example.test', { types: [RecordType.TXT] })
      assert.deepEqual(Answer.map(({ data }) => data.length), [255, 1])
      assert.ok(Answer.every(({ TTL }) => TTL === 60))
      await resolver.query('example.test', { types: [RecordType.TXT] })
      assert.equal(asked, 2)
    } finally {
      Resolver.prototype.resolveTxt = resolveTxt
    }
  })

  it('D12: one malformed dnsaddr record makes the whole dial fail', async () => {
    const b = await node()
    const good = b.getMultiaddrs()[0]?.toString() ?? ''
    const resolver = (records: readonly string[]): DNSResolver => async name => await Promise.resolve({
      Status: 0,
      TC: false,
      RD: false,
      RA: false,
      AD: false,
      CD: false,
      Question: [],
      Answer: records.map(data => ({ name, type: RecordType.TXT, TTL: 60, data: `dnsaddr=${data}` }))
    })
    const whole = await node({ dns: dns({ resolvers: { '.': resolver([good]) } }) })
    assert.equal((await whole.dial(multiaddr('/dnsaddr/example.test'))).status, 'open')
    const spoiled = await node({ dns: dns({ resolvers: { '.': resolver([good, 'garbage']) } }) })
    await assert.rejects(spoiled.dial(multiaddr('/dnsaddr/example.test')), { name: 'InvalidMultiaddrError' })
  })

  it('D13: isDialable ignores denyDialPeer, and a dial by address alone asks no hook for peers', async () => {
    const asked: string[] = []
    const gater: ConnectionGater = {
      denyDialPeer: () => {
        asked.push('denyDialPeer')
        return true
      },
      denyOutboundConnection: () => {
        asked.push('denyOutboundConnection')
        return true
      }
    }
    const [a, b] = [await node({ connectionGater: gater }), await node()]
    const [address] = b.getMultiaddrs()
    assert.ok(address !== undefined)
    assert.equal(await a.isDialable(address), true)
    const bare = multiaddr(address.toString().replace(/\/p2p\/.*/, ''))
    assert.equal((await a.dial(bare)).status, 'open')
    assert.deepEqual(asked, [])
  })

  it('D14: a full dial queue refuses at once', async () => {
    const a = await node({ connectionManager: { maxParallelDials: 1, maxDialQueueLength: 1 } })
    const silent = await Promise.all([0, 1, 2].map(async () => {
      const server = createServer(socket => socket.on('error', () => {}))
      servers.push(server)
      await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
      const address = server.address()
      return multiaddr(`/ip4/127.0.0.1/tcp/${typeof address === 'object' && address !== null ? address.port : 0}`)
    }))
    const controller = new AbortController()
    const dials = silent.map(async address => await a.dial(address, { signal: controller.signal }))
    const settled = Promise.allSettled(dials)
    await turns(20)
    controller.abort()
    const messages = (await settled).map(outcome => outcome.status === 'rejected' ? String(outcome.reason) : 'open')
    assert.ok(messages.some(message => message.includes('Dial queue is full')), messages.join('; '))
  })
})
