import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ProfilePatch } from '@peerwright/chain-spec'
import { NetAddress, OperationError } from '@peerwright/core'
import type { AsLookup, PeerSession } from '@peerwright/interface'
import type { NodeOptions, PeerwrightNode } from '@peerwright/node'
import { messageType } from '@peerwright/protocol-messages'
import { needs } from '@peerwright/testing'
import { chainOf, freePort, strict, TestNodes, until } from '../support/network.ts'

const addressOf = (port: number, ip = '127.0.0.1'): NetAddress => NetAddress.from(ip, port) ?? assert.fail('no address')

describe('admission of a node, on real sockets', () => {
  const nodes = new TestNodes()
  const sockets: Socket[] = []
  afterEach(async () => {
    for (const socket of sockets.splice(0)) {
      socket.destroy()
    }
    await nodes.stop()
  })

  const listener = async (policy: ProfilePatch['policy'] = {}, more: Pick<NodeOptions, 'asOf' | 'dataDir' | 'openFilesLimit' | 'log'> = {}): Promise<{ node: PeerwrightNode, port: number }> => {
    const port = await freePort()
    return { node: await nodes.start({ spec: strict(port, policy), chain: await chainOf(1), ...more }), port }
  }
  const dialler = async (from: string): Promise<PeerwrightNode> => await nodes.start({ spec: strict(await freePort()), chain: await chainOf(0), dialFrom: from })
  const dial = async (from: PeerwrightNode, port: number): Promise<PeerSession> => await from.network.connect({ address: addressOf(port) }, { class: 'full' })
  const outcome = async (from: PeerwrightNode, port: number): Promise<string> => await dial(from, port).then(() => 'in', (error: unknown) => error instanceof OperationError ? error.code : 'failed')

  /** A raw connection from an address of this machine. @returns whether it was closed at once */
  const raw = async (port: number, from: string): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from })
    sockets.push(socket.on('error', () => {}))
    await new Promise<void>(resolve => { socket.once('connect', () => { resolve() }).once('close', () => { resolve() }) })
    return socket
  }

  it('QC-12 + three of one IP are let in, and more from other IPs and subnets', async () => {
    const { node, port } = await listener()
    for (const from of ['127.0.1.1', '127.0.1.1', '127.0.1.1', '127.0.1.2', '127.0.2.1']) {
      assert.equal(await outcome(await dialler(from), port), 'in')
    }
    await until(() => node.network.sessions().length === 5)
    assert.deepEqual(node.admission.counters().refused, {})
    assert.equal(node.admission.list().length, 5)
  })

  it('QC-12 - the fourth of one IP is refused, until one of the three has gone', async () => {
    const { node, port } = await listener()
    const peers = await Promise.all(['127.0.1.1', '127.0.1.1', '127.0.1.1', '127.0.1.1'].map(dialler))
    const outcomes: string[] = []
    for (const peer of peers) {
      outcomes.push(await outcome(peer, port))
    }
    assert.deepEqual(outcomes, ['in', 'in', 'in', 'unreachable'])
    assert.equal(node.admission.counters().refused['host-limit'], 1)
    const { admission_accepted_total: accepted, 'admission_refused_total{reason="host-limit"}': refused, admission_connections: open } = node.admission.metrics()
    assert.deepEqual([accepted, refused, open], [3, 1, 3])
    await peers[0]?.stop()
    await until(() => node.libp2p.getConnections().length === 2)
    assert.equal(await outcome(peers[3] ?? assert.fail(), port), 'in')
  })

  it('S21 a flood of a thousand connections of one IP is refused by reason, and an honest peer gets in meanwhile', async () => {
    const { node, port } = await listener()
    const flood = Promise.all(Array.from({ length: 1_000 }, async () => { await raw(port, '127.0.9.9') }))
    const honest = await dialler('127.0.1.1')
    assert.equal(await outcome(honest, port), 'in')
    await flood
    await until(() => node.admission.counters().attacks['connection-flood'] === 1)
    const { refused, accepted } = node.admission.counters()
    assert.ok(accepted <= 1 + 3, `${accepted}`)
    assert.deepEqual(Object.keys(refused).filter(reason => !['host-limit', 'pending-of-host', 'pace-of-host', 'banned', 'gone'].includes(reason)), [])
    assert.ok(Object.values(refused).reduce((sum, count) => sum + count, 0) > 100)
    await until(() => node.network.sessions().length === 1)
  })

  it('S21 a connection that is reset before anybody looks at it is counted, too', async () => {
    const { node, port } = await listener()
    const attempts = 50
    await Promise.all(Array.from({ length: attempts }, async () => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.9.9' }).on('error', () => {})
      // The kernel of the dialler knows that it is connected before the listener is woken
      await new Promise<void>(resolve => { socket.once('connect', () => { socket.resetAndDestroy() }).once('close', () => { resolve() }) })
    }))
    const counted = (): number => Object.values(node.admission.counters().refused).reduce((sum, count) => sum + count, node.admission.counters().accepted)
    await until(() => counted() >= attempts)
    assert.equal(counted(), attempts)
    assert.ok((node.admission.counters().refused['gone'] ?? 0) > 0)
  })

  it('S15 a full house evicts for a newcomer, who goes is told, and a redial is refused without a handshake', async () => {
    const { node, port } = await listener({ slots: { maxInbound: 30, maxOutbound: 8, minOutbound: 0 }, channels: { handshakes: { perGroupPerSecond: 1_000 } }, admission: { connections: { perHost: 100, perSubnet: 200, acceptsPerSecondPerHost: 1_000, acceptsPerSecond: 1_000 } } })
    const peers: PeerwrightNode[] = []
    for (let count = 0; count < 34; count++) {
      const peer = await dialler(`127.0.1.${count + 1}`)
      peers.push(peer)
      assert.equal(await outcome(peer, port), 'in')
    }
    await until(() => node.network.sessions().length === 30)
    const kept = new Set(node.network.sessions().map(({ peerId }) => peerId))
    const evicted = peers.findIndex(({ network }) => !kept.has(network.localPeer))
    const back = peers[evicted] ?? assert.fail()
    await until(() => back.network.sessions().length === 0)
    const before = node.libp2p.getConnections().length
    assert.equal(await outcome(back, port), 'unreachable')
    assert.deepEqual([node.admission.counters().refused['cool-down'], node.libp2p.getConnections().length], [1, before])
  }).timeout(60_000)

  it('S32 an operator bans and lifts, sessions end with the reason, and a ban is there after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerwright-node-'))
    const lines: string[] = []
    const { node, port } = await listener({}, { dataDir: join(folder, 'new'), log: line => lines.push(line) })
    const peer = await dialler('127.0.1.1')
    const events: string[] = []
    node.observeAdmission(({ type }) => events.push(type))
    const codes: string[] = []
    peer.network.observe({ closed: (_, { code }) => codes.push(code) })
    await dial(peer, port)
    await until(() => node.network.sessions().length === 1)
    const ban = node.admission.ban(peer.network.localPeer, { reason: 'a test', durationMs: 3_600_000 })
    assert.deepEqual([ban.target, ban.reason], [`peer ${peer.network.localPeer}`, 'a test'])
    await until(() => codes.length === 1)
    assert.deepEqual(codes, ['banned'])
    assert.notEqual(await outcome(peer, port), 'in')
    assert.deepEqual(node.admission.explain(peer.network.localPeer).ban?.rule, 'operator')
    await node.stop()
    assert.match(await readFile(join(folder, 'new', 'bans.json'), 'utf8'), /a test/)

    await node.start()
    assert.deepEqual(node.admission.bans().map(({ target, reason }) => [target, reason]), [[`peer ${peer.network.localPeer}`, 'a test']])
    assert.notEqual(await outcome(peer, port), 'in')
    assert.equal(node.admission.unban(peer.network.localPeer), true)
    assert.equal(await outcome(peer, port), 'in')
    assert.throws(() => node.admission.ban('nonsense'), { code: 'invalid-target' })
    assert.deepEqual([...new Set(events)], ['banned', 'refused', 'unbanned'])
    assert.ok(lines.some(line => line.includes('is banned for 3600 s: operator, a test')))
    await node.stop()
    await rm(folder, { recursive: true })
  })

  it('an autonomous system is banned where the embedder says which addresses are its own, and only these', async () => {
    const asOf: AsLookup = ip => ip.byteAt(13) === 0 && ip.byteAt(14) === 9 ? 64_496 : 64_497
    const folder = await mkdtemp(join(tmpdir(), 'peerwright-node-'))
    const { node, port } = await listener({}, { asOf, dataDir: folder })
    const [inside, outside] = [await dialler('127.0.9.1'), await dialler('127.0.1.1')]
    const codes: string[] = []
    inside.network.observe({ closed: (_, { code }) => codes.push(code) })
    assert.deepEqual([await outcome(inside, port), await outcome(outside, port)], ['in', 'in'])
    node.admission.ban('as 64496', { reason: 'hijacked' })
    await until(() => codes.length === 1 && node.network.sessions().length === 1)
    assert.deepEqual([codes, node.network.sessions()[0]?.peerId], [['banned'], outside.network.localPeer])
    const refused = node.admission.counters().refused['banned'] ?? 0
    assert.deepEqual([await outcome(inside, port), await outcome(await dialler('127.0.9.2'), port), await outcome(await dialler('127.0.1.2'), port)], ['unreachable', 'unreachable', 'in'])
    assert.equal(node.admission.counters().refused['banned'], refused + 2)
    assert.deepEqual([node.admission.explainAddress('127.0.9.7')?.reason, node.admission.explainAddress('127.0.1.7')], ['hijacked', undefined])

    await node.stop()
    await node.start()
    assert.equal(await outcome(inside, port), 'unreachable')
    assert.equal(node.admission.unban('as 64496'), true)
    assert.equal(await outcome(inside, port), 'in')
    assert.throws(() => outside.admission.ban('as 64496'), { code: 'not-supported' })
    await node.stop()
    await rm(folder, { recursive: true })
  })

  it('QC-13 - a peer above its budget is throttled on the wire: its requests are answered busy, its pings go on', async () => {
    const { node, port } = await listener()
    const peer = await dialler('127.0.1.1')
    const session = await dial(peer, port)
    await until(() => node.network.sessions().length === 1)
    for (let count = 0; count < 150; count++) {
      session.send(0xf0, new Uint8Array(10))
    }
    await until(() => (node.admission.counters().throttled['live-messages'] ?? 0) > 0)
    const answer = await session.request(messageType('getheaders'), new Uint8Array(50), { maxBytes: 200_000, expectedBytes: 100, idleTimeoutMs: 5_000, onFrame: () => {} })
    assert.equal(answer.end, 'busy')
    assert.ok((answer.retryAfterSeconds ?? 0) > 0 && (answer.retryAfterSeconds ?? 0) <= 60)
    assert.equal(node.admission.list()[0]?.violations, 1)
    assert.equal(session.open, true)
  })

  it('5.3 an answer to no request is a proven fault: the session ends and the ladder counts it', async () => {
    const { node, port } = await listener()
    const peer = await dialler('127.0.1.1')
    const session = await dial(peer, port)
    await until(() => node.network.sessions().length === 1)
    // On the live stream an answer has no place
    session.send(messageType('headers'), new Uint8Array(10))
    await until(() => node.admission.explain(peer.network.localPeer).score !== undefined)
    assert.deepEqual(node.admission.explain(peer.network.localPeer).score?.violations, [1])
    assert.deepEqual(node.network.sessions(), [])
  })

  it('QP-17 - HTTP, TLS and noise are counted under their own reason, and five of a host in a row are a scan', async () => {
    const { node, port } = await listener({ admission: { connections: { failedAttempts: 0, acceptsPerSecondPerHost: 100 } } })
    for (let count = 0; count < 5; count++) {
      const socket = await raw(port, '127.0.9.9')
      const closed = new Promise<void>(resolve => { socket.once('close', () => { resolve() }) })
      socket.write('GET / HTTP/1.1\r\nHost: example\r\n\r\n')
      await closed
    }
    assert.equal(node.foreignConnections().http, 5)
    await until(() => node.admission.attacks().length === 1)
    assert.deepEqual(node.admission.attacks().map(({ pattern, source, count }) => [pattern, source, count]), [['scan', '4.127.0.9.9', 5]])
  })

  it('QC-35 - the limit that is found is the one of the process', async function () {
    needs(this, process.platform !== 'win32', 'no limit of open files on Windows')
    const script = `import { openFilesLimit } from ${JSON.stringify(new URL('../../src/connection-room.ts', import.meta.url).href)}; console.info(openFilesLimit())`
    const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n 320; exec "$0" "$@"', process.execPath, '--conditions=source', '--input-type=module', '--eval', script])
    assert.equal(stdout.trim(), '320')
  })

  it('QC-35 + with room for all the limits are those of the profile, and nothing is said', async () => {
    const lines: string[] = []
    await listener({}, { openFilesLimit: 1_024, log: line => lines.push(line) })
    assert.deepEqual(lines, [])
  })

  it('QC-35 - with 64 open files the limits are lowered, which is told, and hold', async () => {
    const lines: string[] = []
    const { node, port } = await listener({ admission: { connections: { perHost: 100, perSubnet: 100, pendingPerHost: 100, acceptsPerSecondPerHost: 100 } } }, { openFilesLimit: 64, log: line => lines.push(line) })
    assert.match(lines[0] ?? '', /leaves 16 connections: \d+ inbound and 8 outbound/)
    await Promise.all(Array.from({ length: 40 }, async () => { await raw(port, '127.0.9.9') }))
    await until(() => (node.admission.counters().refused['total'] ?? 0) >= 32)
    assert.equal(node.admission.counters().accepted, 8)
  })
})
