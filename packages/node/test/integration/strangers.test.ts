import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { presets, type ProfilePatch } from '@peerwright/chain-spec'
import type { ChainStore } from '@peerwright/chain-store'
import { NetAddress, PeerFault, seededRandom } from '@peerwright/core'
import type { PeerwrightNode } from '@peerwright/node'
import { encodeGetHeaders, encodeInventory, encodeTip, messageType } from '@peerwright/protocol-messages'
import { MUXER_STREAM_OPTIONS } from '@peerwright/transport'
import { chainOf, freePort, strict, TestNodes, until } from '../support/network.ts'
import { frame, Strangers, VERACK, versionFrame } from '../support/stranger.ts'

const PROTOCOL = presets.quantumcoin.network.id

const GETHEADERS = encodeGetHeaders({ protocolVersion: 70_015, locator: [] })

/** What random bytes and bent frames may be found to be: a goodbye, too, with whatever reason. */
const FAULTS = ['oversized', 'empty-frame', 'bad-varint', 'truncated', 'trailing-bytes', 'wrong-stream', 'goodbye', 'not-canonical']

/** A muxer's window is what the node may send to somebody who reads nothing; what is unsent is on top of it. */
const WINDOW_BYTES = MUXER_STREAM_OPTIONS.maxStreamWindowSize

/** Short, and yet enough for a loaded machine to open a stream on a channel that stands. */
const HANDSHAKE_MS = 1_000

/** What a session gives to a stream at a time. */
const TURN_BYTES = 65_536

/** The payload of a `getdata` for every block of a chain. */
function allBlocks (chain: ChainStore): Uint8Array {
  return encodeInventory(Array.from({ length: chain.tip().height }, (_, at) => {
    const id = chain.ancestor(chain.tip().id, at + 1) ?? assert.fail()
    return { type: 2, id: chain.codec.idToBytes(id) }
  }))
}

/**
 * Memory that a stranger may leave behind: its host, its id and what they did, in books that are bounded. Measured: 8 to 18 KB; 64 KB where
 * the conversation of each is kept.
 */
const KEPT_BYTES = 32_768

/** Bytes that are held once all is collected that can be. */
async function bytesHeld (): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // What finalizers let go is collected the next time
  for (let round = 0; round < 3; round++) {
    await new Promise<void>(resolve => { setImmediate(resolve) })
    collect()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

describe('strangers without manners, on real sockets', () => {
  const nodes = new TestNodes()
  const strangers = new Strangers()
  afterEach(async () => {
    await strangers.stop()
    await nodes.stop()
  })

  const listener = async (policy: ProfilePatch['policy'] = {}, chain?: ChainStore): Promise<{ node: PeerwrightNode, port: number, codes: string[], version: Uint8Array }> => {
    const port = await freePort()
    const node = await nodes.start({ spec: strict(port, policy), chain: chain ?? await chainOf(1) })
    const codes: string[] = []
    node.network.observe({ closed: (_, { fault, code, remote }) => { codes.push(fault instanceof PeerFault ? fault.code : remote ? 'goodbye' : fault === undefined ? code : `our failure: ${fault.message}`) } })
    return { node, port, codes, version: versionFrame(node.profile.networkId) }
  }
  const empty = async (node: PeerwrightNode): Promise<void> => {
    await until(() => node.libp2p.getConnections().length === 0 && node.admission.metrics()['admission_connections'] === 0)
  }

  it('S24 no version, half a version and half a frame header are dropped at the timeout of the handshake and not before', async () => {
    const { node, port } = await listener({ timings: { handshakeTimeoutMs: HANDSHAKE_MS } })
    // Each has a time of its own, from when the node has its channel
    const since = new Map<string, number>()
    const lasted: number[] = []
    node.libp2p.addEventListener('connection:open', ({ detail: { id } }) => { since.set(id, performance.now()) })
    node.libp2p.addEventListener('connection:close', ({ detail: { id } }) => { lasted.push(performance.now() - (since.get(id) ?? assert.fail())) })
    const silent = await strangers.dial('127.0.1.1', port)
    const half = await strangers.live('127.0.1.2', port, PROTOCOL)
    half.stream.send(versionFrame(node.profile.networkId).subarray(0, 40))
    const header = await strangers.live('127.0.2.1', port, PROTOCOL)
    header.stream.send(Uint8Array.of(0xfd))
    const mute = await strangers.live('127.0.2.2', port, PROTOCOL)
    await until(() => [silent, half.connection, header.connection, mute.connection].every(({ status }) => status !== 'open'))
    await until(() => lasted.length === 4)
    await empty(node)
    // A timer may fire a millisecond early
    assert.deepEqual(lasted.filter(ms => ms < HANDSHAKE_MS - 1), [])
    assert.deepEqual(node.network.sessions(), [])
  })

  it('S24 ten megabytes before version end at the length that announces them, and none of them is kept', async () => {
    const { node, port } = await listener()
    const { connection, stream } = await strangers.live('127.0.1.1', port, PROTOCOL)
    let received = 0
    const [held] = node.libp2p.getConnections()
    const version = frame(messageType('version'), new Uint8Array(10_000_000))
    for (let at = 0; at < version.length && stream.writeStatus === 'writable'; at += 65_536) {
      stream.send(version.subarray(at, at + 65_536))
      received = Math.max(received, held?.streams.reduce((sum, { readBufferLength }) => sum + readBufferLength, 0) ?? 0)
      await new Promise<void>(resolve => { setImmediate(resolve) })
    }
    await until(() => connection.status !== 'open')
    await empty(node)
    assert.ok(received < 1_048_576, `${received} bytes lay in the node`)
  })

  it('S24 verack first, 200 unknown messages and a second version are passed over, and the session opens', async () => {
    const { node, port, codes, version } = await listener()
    const { stream } = await strangers.live('127.0.1.1', port, PROTOCOL)
    stream.send(VERACK)
    for (let count = 0; count < 200; count++) {
      stream.send(frame(0xf0, new Uint8Array(3)))
    }
    stream.send(version)
    stream.send(version)
    stream.send(VERACK)
    await until(() => node.network.sessions().length === 1)
    stream.send(version)
    stream.send(frame(messageType('ping'), new Uint8Array(8)))
    await until(() => (node.network.sessions()[0]?.facts.bytesIn ?? 0) > 0)
    assert.deepEqual(codes, [])
    assert.equal(node.network.sessions()[0]?.open, true)
  })

  it('S28 random, bent and cut frames from 24 addresses end the sessions of those who sent them, and no honest one, and leave nothing behind', async () => {
    const { node, port, codes, version } = await listener({ channels: { handshakes: { perGroupPerSecond: 1_000 } } })
    const honest = await Promise.all(['127.0.1.1', '127.0.1.2', '127.0.2.1'].map(async ip =>
      await nodes.start({ spec: strict(await freePort()), chain: await chainOf(0), dialFrom: ip })))
    const address = NetAddress.from('127.0.0.1', port) ?? assert.fail()
    const sessions = await Promise.all(honest.map(async ({ network }) => await network.connect({ address }, { class: 'full' })))
    const random = seededRandom(28)
    const types = ['ping', 'tip', 'inv', 'headers', 'block', 'goodbye', 'version', 'peer-records', 'tx'] as const
    /** Ten frames of types that there are, each of them with a byte bent or its end cut off. */
    const broken = (): Uint8Array => Buffer.concat(Array.from({ length: 10 }, () => {
      const bytes = frame(messageType(types[random.below(types.length)] ?? 'ping'), random.bytes(random.below(80)))
      bytes[random.below(bytes.length)] = random.below(256)
      return random.below(2) === 0 ? bytes : bytes.subarray(0, random.below(bytes.length))
    }))
    let closed = 0
    const wave = async (): Promise<void> => {
      await Promise.all(Array.from({ length: 24 }, async (_, at) => {
        const { connection, stream } = await strangers.live(`127.0.${100 + at % 6}.${at + 1}`, port, PROTOCOL)
        // Every third says nothing valid; the others are sessions first
        if (at % 3 > 0) {
          stream.send(version)
          stream.send(VERACK)
        }
        // Whoever is not found out with one piece goes on until it is
        while (connection.status === 'open' && stream.writeStatus === 'writable') {
          stream.send(at % 3 === 1 ? broken() : random.bytes(200))
          await new Promise<void>(resolve => { setImmediate(resolve) })
        }
        await until(() => connection.status !== 'open')
        closed++
      }))
      await strangers.stop()
      await until(() => node.network.sessions().length === 3 && node.libp2p.getConnections().length === 3)
    }
    // What is made once, whatever comes
    await wave()
    const before = await bytesHeld()
    for (let count = 0; count < 4; count++) {
      await wave()
    }
    const grownBytes = await bytesHeld() - before
    assert.ok(grownBytes <= 4 * 24 * KEPT_BYTES, `${grownBytes} bytes more after four waves`)
    assert.equal(closed, 5 * 24)
    // Each of the sixteen that were sessions ended by a rule that was broken, not by a timeout or a failure of ours
    assert.equal(codes.length, 5 * 16)
    assert.deepEqual(codes.filter(code => !FAULTS.includes(code)), [])
    for (const session of sessions) {
      assert.equal(session.open, true)
      assert.equal((await session.request(messageType('getheaders'), GETHEADERS, { maxBytes: 10_000, expectedBytes: 100, idleTimeoutMs: 2_000, onFrame: () => {} })).end, 'complete')
    }
  })

  it('5.3 what we asked for on the live stream is outside the budget, and the same unasked is not', async () => {
    const { node, port, version } = await listener()
    const { stream } = await strangers.live('127.0.1.1', port, PROTOCOL)
    stream.send(version)
    stream.send(VERACK)
    await until(() => node.network.sessions().length === 1)
    const throttled = (): number => Object.values(node.admission.counters().throttled).reduce((sum, count) => sum + count, 0)
    const tip = (height: number): Uint8Array => frame(messageType('tip'), encodeTip({ id: new Uint8Array(32).fill(7), height, work: 1n }))
    for (let count = 0; count < 150; count++) {
      stream.send(frame(0xf0, new Uint8Array(10)))
    }
    await until(() => throttled() === 50)
    // Its tip was asked for when the session opened, and it said none yet
    stream.send(tip(7))
    stream.send(tip(8))
    await until(() => throttled() === 51)
    assert.equal(node.network.sessions()[0]?.facts.tip?.height, 7)
  })

  it('S34 peers that ask for 16 blocks at a time and never read get a bounded number of bytes, then none, and then lose their sessions', async () => {
    const chain = await chainOf(16, { min: 900_000, max: 1_000_000 })
    const { node, port, codes, version } = await listener({ timings: { pingIntervalMs: 1_000, pingTimeoutMs: 1_000 }, admission: { budgets: { controlPerMinute: 150 } } }, chain)
    const request = allBlocks(chain)
    const rssBefore = process.memoryUsage.rss()
    for (let at = 0; at < 6; at++) {
      const { connection, stream } = await strangers.live(`127.0.${1 + at % 3}.${1 + at}`, port, PROTOCOL)
      stream.send(version)
      stream.send(VERACK)
      await until(() => node.network.sessions().length === at + 1)
      const bulk = await connection.newStream(`/${PROTOCOL}/bulk/1`)
      bulk.pause()
      bulk.send(frame(messageType('getdata'), request, 1))
      bulk.send(frame(messageType('getdata'), request, 2))
    }
    const sessions = node.network.sessions()
    let unsent = 0
    let rss = 0
    await until(() => {
      for (const { streams } of node.libp2p.getConnections()) {
        unsent = Math.max(unsent, ...streams.map(({ writeBufferLength }) => writeBufferLength))
      }
      rss = Math.max(rss, process.memoryUsage.rss())
      return codes.length === 6
    })
    assert.deepEqual(codes, Array.from({ length: 6 }, () => 'timeout'))
    // Each asked for 30 MB. The window is full, one turn of bulk waits behind it, and nothing else was made
    assert.ok(unsent > 0 && unsent <= 2 * TURN_BYTES, `${unsent} bytes were unsent`)
    const sent = sessions.map(({ facts }) => facts.bytesOut)
    assert.ok(Math.max(...sent) <= WINDOW_BYTES + 2 * TURN_BYTES, `${sent.join(', ')} bytes went out`)
    // Both ends are in this process: six windows at each of them; 180 MB were asked for
    assert.ok(rss - rssBefore <= 12 * WINDOW_BYTES + 32 * 1_048_576, `${rss - rssBefore} bytes more than before`)
    await empty(node)
  })

  it('S34 the third request that waits for its answer ends the session at once', async () => {
    const chain = await chainOf(3, { min: 900_000, max: 1_000_000 })
    const { node, port, codes, version } = await listener({}, chain)
    const { connection, stream } = await strangers.live('127.0.1.1', port, PROTOCOL)
    stream.send(version)
    stream.send(VERACK)
    await until(() => node.network.sessions().length === 1)
    const bulk = await connection.newStream(`/${PROTOCOL}/bulk/1`)
    bulk.pause()
    for (let id = 1; id <= 3; id++) {
      bulk.send(frame(messageType('getdata'), allBlocks(chain), id))
    }
    await until(() => codes.length === 1)
    assert.deepEqual(codes, ['too-many-requests'])
    await empty(node)
  })
})
