import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { presets } from '@peerwright/chain-spec'
import { NetAddress, OperationError } from '@peerwright/core'
import type { PortClaim } from '@peerwright/interface'
import { comparePorts, heldPorts, heldText, type PeerwrightNode, portManifest, portsOf, renderFirewall } from '@peerwright/node'
import { needs } from '@peerwright/testing'
import { checkBound } from '../../src/port-manifest.ts'
import { chainOf, freePort, local, TestNodes, until } from '../support/network.ts'
import { KNOWS_SOCKETS } from '../support/sockets.ts'

const LOOPBACK = '127.0.0.1'

/** Less than libp2p's own 10 s by far */
const HANDSHAKE_MS = 400
const METRICS: PortClaim = { owner: 'metrics', transport: 'tcp', bind: LOOPBACK, port: 9_100, core: false }

const isOperation = (code: string) => (error: unknown): boolean => error instanceof OperationError && error.code === code

/** What a stranger is answered until the connection is closed. */
async function strangerSays (port: number, bytes: Uint8Array | string): Promise<string> {
  const socket: Socket = connect(port, LOOPBACK)
  let answer = ''
  socket.on('data', (chunk: Buffer) => { answer += chunk.toString('latin1') })
  socket.on('error', () => {})
  socket.write(bytes)
  await new Promise(resolve => { socket.once('close', resolve) })
  return answer
}

describe('ports', () => {
  const nodes = new TestNodes()
  afterEach(async () => { await nodes.stop() })

  for (const name of ['quantumpay', 'quantumcoin', 'qnet', 'nano'] as const) {
    it(`QP-02 + what a node of ${name} holds is what its manifest says, and nothing else`, async function () {
      needs(this, KNOWS_SOCKETS, 'no /proc to read sockets from')
      const before = new Set((await heldPorts()).map(heldText))
      const port = await freePort()
      const node = await nodes.start({ spec: local(presets[name], [{ ip: LOOPBACK, port }], { seeds: [], bootstrap: [] }), chain: await chainOf(0) })
      const held = (await heldPorts()).filter(own => !before.has(heldText(own)))
      assert.deepEqual(comparePorts(held, node.describePorts()), { unclaimed: [], missing: [] })
      assert.deepEqual(held.map(heldText), [`tcp ${LOOPBACK} port ${port}`])
    })
  }

  it('QP-02 - a port that nobody claimed is found, and one that is claimed and not held as well', async function () {
    needs(this, KNOWS_SOCKETS, 'no /proc to read sockets from')
    const server = createServer()
    const port = await freePort()
    await new Promise<void>(resolve => { server.listen(port, LOOPBACK, resolve) })
    const { unclaimed, missing } = comparePorts(await heldPorts(), [METRICS])
    await new Promise(resolve => { server.close(resolve) })
    assert.ok(unclaimed.some(held => held.port === port && held.bind === LOOPBACK))
    assert.deepEqual(missing, [METRICS])
    assert.throws(() => { checkBound([multiaddr('/ip4/127.0.0.1/tcp/7002')], portsOf(presets.quantumpay)) }, isOperation('unclaimed-port'))
    assert.throws(() => { checkBound([multiaddr('/ip4/127.0.0.1/udp/7001/quic-v1')], portsOf(presets.quantumpay)) }, isOperation('unclaimed-port'))
    checkBound([multiaddr('/ip4/10.1.2.3/tcp/7001')], portsOf(presets.quantumpay))
  })

  it('QP-02 - two parts that want one port are told apart by name', () => {
    const claims = [...portsOf(presets.quantumpay), { ...METRICS, port: 7_001 }]
    assert.throws(() => portManifest(claims, { udp: 'allowed' }), (error: unknown) => isOperation('port-conflict')(error) && /metrics and p2p/.test(String(error)))
  })

  it('QP-02 - a port that is wanted twice is found behind one of another address', () => {
    const claims: PortClaim[] = [METRICS, { ...METRICS, owner: 'rpc', bind: '127.0.0.2' }, { ...METRICS, owner: 'health' }]
    assert.throws(() => portManifest(claims, { udp: 'allowed' }), (error: unknown) => isOperation('port-conflict')(error) && /health and metrics/.test(String(error)))
  })

  it('QP-02 - a port that is held at one address only is missing where all were claimed', () => {
    const held = { transport: 'tcp', bind: LOOPBACK, port: 7_001 } as const
    assert.deepEqual(comparePorts([held], portsOf(presets.quantumpay)), { unclaimed: [], missing: portsOf(presets.quantumpay) })
    assert.deepEqual(comparePorts([{ ...held, bind: '0.0.0.0' }], [{ ...METRICS, port: 7_001 }]), { unclaimed: [{ ...held, bind: '0.0.0.0' }], missing: [] })
  })

  it('QP-02 + an address of IPv6 is the same however it is written', async () => {
    const port = await freePort()
    const node = await nodes.start({ spec: local(presets.quantumpay, [{ ip: '0:0:0:0:0:0:0:1', port }]), chain: await chainOf(0) })
    assert.deepEqual(node.describePorts().map(({ bind }) => bind), ['::1'])
  })

  it('QP-03 - each part that wants UDP is refused by name where UDP is forbidden', () => {
    for (const owner of ['quic', 'mdns', 'upnp', 'stun']) {
      const claims: PortClaim[] = [...portsOf(presets.quantumpay), { owner, transport: 'udp', bind: LOOPBACK, port: 5_000, core: false }]
      assert.throws(() => portManifest(claims, presets.quantumpay.policy), (error: unknown) => isOperation('udp-forbidden')(error) && String(error).includes(owner))
      assert.equal(portManifest(claims, presets.quantumcoin.policy).length, 2)
    }
  })

  it('QP-05 + servers beside the core bind to loopback or a Unix socket, and raw HTTP on the core port gets no answer', async () => {
    const own: PortClaim[] = [METRICS, { ...METRICS, owner: 'rpc', bind: '::1', port: 9_101 }, { owner: 'control', transport: 'unix', bind: '/run/peerwright.sock', core: false }]
    assert.deepEqual(portManifest(own, { udp: 'forbidden' }), own)
    const port = await freePort()
    const node = await nodes.start({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port }]), chain: await chainOf(0) })
    assert.equal(await strangerSays(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), '')
    assert.deepEqual(node.foreignConnections(), { http: 1 })
  })

  it('QP-05 - no other server binds where others reach it, be it by a name', () => {
    for (const bind of ['0.0.0.0', '::', '192.168.1.5', '10.0.0.1', '203.0.113.9', 'localhost', 'example.test']) {
      assert.throws(() => portManifest([{ ...METRICS, bind }], { udp: 'allowed' }), isOperation('public-port'), bind)
    }
  })

  it('QP-12 + add-ons stand in the manifest as such', () => {
    const manifest = portManifest([...portsOf(presets.quantumpay), METRICS], presets.quantumpay.policy)
    assert.deepEqual(manifest.map(({ owner, core }) => [owner, core]), [['p2p', true], ['metrics', false]])
  })

  it('QP-12 - an add-on never opens the firewall', () => {
    const manifest = portManifest([...portsOf(presets.quantumpay), METRICS], presets.quantumpay.policy)
    for (const kind of ['nft', 'iptables', 'ufw'] as const) {
      const rules = renderFirewall(manifest, kind)
      assert.ok(rules.includes('7001') && !rules.includes('9100'), rules)
    }
  })

  it('QP-13 + the rules let in the core port and answers, and nothing else', () => {
    const manifest = portsOf(presets.quantumpay)
    assert.equal(renderFirewall(manifest, 'nft'), [
      'table inet peerwright',
      'delete table inet peerwright',
      'table inet peerwright {',
      '  chain input {',
      '    type filter hook input priority filter; policy drop;',
      '    iif lo accept',
      '    ct state established,related accept',
      '    meta l4proto ipv6-icmp accept',
      '    meta nfproto ipv4 tcp dport 7001 accept comment "peerwright p2p"',
      '  }',
      '  chain output {',
      '    type filter hook output priority filter; policy accept;',
      '  }',
      '}',
      ''
    ].join('\n'))
    assert.deepEqual(renderFirewall(manifest, 'iptables').trim().split('\n').filter(line => line.includes('dport')), ['iptables -A INPUT -p tcp --dport 7001 -j ACCEPT'])
    assert.deepEqual(renderFirewall(manifest, 'ufw').trim().split('\n'), ['ufw default deny incoming', 'ufw default allow outgoing', 'ufw allow in proto tcp to 0.0.0.0/0 port 7001', 'ufw enable'])
  })

  it('QP-13 + each firewall opens a port to the families and the address that it is bound to', () => {
    const opened = (ip: string): string[] => (['nft', 'iptables', 'ufw'] as const).flatMap(kind =>
      renderFirewall(portsOf(local(presets.quantumpay, [{ ip, port: 7_001 }])), kind).split('\n').filter(line => line.includes('7001')).map(line => line.trim()))
    assert.deepEqual(opened('::'), [
      'tcp dport 7001 accept comment "peerwright p2p"',
      'iptables -A INPUT -p tcp --dport 7001 -j ACCEPT',
      'ip6tables -A INPUT -p tcp --dport 7001 -j ACCEPT',
      'ufw allow in 7001/tcp'
    ])
    assert.deepEqual(opened('2001:DB8:0::5'), [
      'ip6 daddr 2001:db8::5 tcp dport 7001 accept comment "peerwright p2p"',
      'ip6tables -A INPUT -p tcp -d 2001:db8::5 --dport 7001 -j ACCEPT',
      'ufw allow in proto tcp to 2001:db8::5 port 7001'
    ])
    assert.deepEqual(opened('192.0.2.5'), [
      'ip daddr 192.0.2.5 tcp dport 7001 accept comment "peerwright p2p"',
      'iptables -A INPUT -p tcp -d 192.0.2.5 --dport 7001 -j ACCEPT',
      'ufw allow in proto tcp to 192.0.2.5 port 7001'
    ])
  })

  it('QP-13 - a manifest without a core port opens nothing', () => {
    for (const kind of ['nft', 'iptables', 'ufw'] as const) {
      assert.doesNotMatch(renderFirewall([METRICS], kind), /dport|allow in/)
    }
  })

  it('QP-13 - a core port on loopback opens nothing', () => {
    for (const kind of ['nft', 'iptables', 'ufw'] as const) {
      for (const ip of ['::1', '127.0.0.1', '127.7.7.7']) {
        assert.doesNotMatch(renderFirewall(portsOf(local(presets.nano, [{ ip, port: 7_075 }])), kind), /7075/)
      }
    }
  })

  describe('and strangers', () => {
    let node: PeerwrightNode
    let port = 0
    beforeEach(async () => {
      port = await freePort()
      const timings = { ...presets.quantumcoin.policy.timings, handshakeTimeoutMs: HANDSHAKE_MS }
      node = await nodes.start({ spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port }], { seeds: [], timings }), chain: await chainOf(0) })
    })

    it('QC-34 + a node of Bitcoin that calls at its port is turned away and counted, time after time', async () => {
      const version = Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9, ...new TextEncoder().encode('version\0\0\0\0\0'), 100, 0, 0, 0, 1, 2, 3, 4, ...new Uint8Array(100))
      for (let count = 1; count <= 20; count++) {
        assert.equal(await strangerSays(port, version), '')
        assert.deepEqual(node.foreignConnections(), { bitcoin: count })
      }
    })

    it('QC-34 - peers of ours get in all the while, from the same address', async () => {
      const other = await nodes.start({ spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port: await freePort() }], { seeds: [] }), chain: await chainOf(0) })
      await strangerSays(port, Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9, ...new TextEncoder().encode('version\0\0\0\0\0')))
      const session = await other.network.connect({ address: NetAddress.from(LOOPBACK, port) ?? assert.fail() }, { class: 'full' })
      assert.ok(session.open)
      assert.deepEqual(node.foreignConnections(), { bitcoin: 1 })
    })

    it('QP-17 + HTTP, TLS and random bytes are each counted under their own name, and who leaves without a word as silent', async () => {
      await strangerSays(port, 'POST /rpc HTTP/1.1\r\n\r\n')
      await strangerSays(port, Uint8Array.of(0x16, 0x03, 0x01, 0x00, 0xff))
      await strangerSays(port, Uint8Array.from({ length: 64 }, (_, at) => (at * 37 + 200) & 0xff))
      const socket = connect(port, LOOPBACK, () => { socket.destroy() })
      await until(() => Object.keys(node.foreignConnections()).length === 4)
      assert.deepEqual(node.foreignConnections(), { http: 1, tls: 1, other: 1, silent: 1 })
    })

    it('QP-17 + who keeps silent, or says less than it takes to know who is there, is closed at the time for a handshake', async () => {
      const before = performance.now()
      await Promise.all([strangerSays(port, ''), strangerSays(port, '\u0013/multi')])
      const tookMs = performance.now() - before
      assert.ok(tookMs >= HANDSHAKE_MS - 20 && tookMs < 5 * HANDSHAKE_MS, `${Math.round(tookMs)} ms`)
      assert.deepEqual(node.foreignConnections(), { silent: 2 })
    })

    it('QP-17 - one of ours is never taken for a stranger, though its first bytes come one by one', async () => {
      const socket = connect(port, LOOPBACK)
      let answer = ''
      socket.on('data', (chunk: Buffer) => { answer += chunk.toString('latin1') })
      for (const byte of new TextEncoder().encode('\u0013/multistream/1.0.0\n')) {
        socket.write(Uint8Array.of(byte))
        await new Promise(resolve => { setImmediate(resolve) })
      }
      await until(() => answer.includes('/multistream/1.0.0'))
      socket.destroy()
      assert.deepEqual(node.foreignConnections(), {})
    })
  })
})
