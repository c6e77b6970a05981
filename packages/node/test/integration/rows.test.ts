import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { extendProfile, parseChainSpec, presets } from '@peerwright/chain-spec'
import { NetAddress, OperationError } from '@peerwright/core'
import { startDnsServer } from '@peerwright/discovery/dns-server'
import { createNode } from '@peerwright/node'
import { needs } from '@peerwright/testing'
import { chainOf, freePort, local, TestNodes, until } from '../support/network.ts'
import { KNOWS_SOCKETS, listeningPorts, udpSockets } from '../support/sockets.ts'

const LOOPBACK = '127.0.0.1'

const addressOf = (port: number, ip = LOOPBACK): NetAddress => NetAddress.from(ip, port) ?? assert.fail('no address')

describe('a node', () => {
  const nodes = new TestNodes()
  afterEach(async () => { await nodes.stop() })

  it('QP-01 + quantumpay listens on TCP 7001 and nothing else, and others connect', async function () {
    needs(this, KNOWS_SOCKETS, 'no /proc to read sockets from')
    assert.deepEqual(presets.quantumpay.policy.listen, [{ ip: '0.0.0.0', port: 7001 }])
    const before = listeningPorts()
    // The port of the preset itself may be taken on this machine: the same profile on another port shows the rest
    const port = await freePort()
    const a = await nodes.start({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port }], { defaultPort: port }), chain: await chainOf(3) })
    assert.deepEqual(listeningPorts().filter(own => !before.includes(own)), [port])
    assert.deepEqual(a.describePorts(), [{ owner: 'p2p', transport: 'tcp', bind: LOOPBACK, port, core: true }])
    const other = await freePort()
    const b = await nodes.start({
      spec: local(presets.quantumpay, [{ ip: LOOPBACK, port: other }]), chain: await chainOf(0), peers: [{ address: addressOf(port) }]
    })
    await b.sync.synced()
    assert.equal(b.chain.tip().height, 3)
  })

  it('QP-01 - a node of another network does not get in', async () => {
    const [port, other] = [await freePort(), await freePort()]
    const a = await nodes.start({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port }]), chain: await chainOf(3) })
    const b = await nodes.start({ spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port: other }], { seeds: [] }), chain: await chainOf(0) })
    await assert.rejects(b.network.connect({ address: addressOf(port) }, { class: 'full' }), OperationError)
    assert.deepEqual([a.network.sessions().length, b.network.sessions().length], [0, 0])
  })

  it('QP-03 + a full sync of quantumpay with DNS seeds opens no UDP socket', async function () {
    needs(this, KNOWS_SOCKETS, 'no /proc to read sockets from')
    const [port, other, dnsPort] = [await freePort(), await freePort(), await freePort('127.0.0.53')]
    const dns = await startDnsServer({
      ip: '127.0.0.53', port: dnsPort, origin: 'pay.test', records: [{ name: 'peers.pay.test', type: 'TXT', ttl: 60, data: `${LOOPBACK}:${port}` }]
    })
    const own = udpSockets()
    let most = 0
    try {
      await nodes.start({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port }]), chain: await chainOf(40) })
      const b = await nodes.start({
        spec: local(presets.quantumpay, [{ ip: LOOPBACK, port: other }], {
          resolvers: [{ transport: 'tcp', ip: '127.0.0.53', port: dnsPort }],
          seeds: [{ name: 'pay.test', records: ['TXT'], srvPrefix: '', txtPrefix: 'peers.' }]
        }),
        chain: await chainOf(0)
      })
      await until(() => {
        most = Math.max(most, udpSockets())
        return b.chain.tip().height === 40
      })
      assert.equal(dns.queries.udp, 0)
      assert.ok(dns.queries.tcp > 0)
      assert.equal(most, own)
    } finally {
      await dns.close()
    }
  })

  it('QP-03 - a resolver over UDP is refused where UDP is forbidden', async () => {
    assert.throws(() => local(presets.quantumpay, [{ ip: LOOPBACK, port: 7001 }], { resolvers: [{ transport: 'udp', ip: LOOPBACK, port: 53 }] }), /udp is forbidden/)
    await Promise.resolve()
  })

  it('QP-04 + a hundred dials leave the listening ports as they were', async function () {
    needs(this, KNOWS_SOCKETS, 'no /proc to read sockets from')
    const [port, other] = [await freePort(), await freePort()]
    await nodes.start({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port }]), chain: await chainOf(0) })
    const b = await nodes.start({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port: other }]), chain: await chainOf(0) })
    const before = listeningPorts()
    let reached = 0
    for (let dial = 0; dial < 100; dial++) {
      try {
        const session = await b.network.connect({ address: addressOf(port) }, { class: 'full' })
        await session.close({ code: 'done' })
        reached++
      } catch (error) {
        // So many dials a second from one host may be too many for the listener
        assert.ok(error instanceof OperationError)
      }
    }
    assert.ok(reached >= 50, `${reached} dials arrived`)
    assert.deepEqual(listeningPorts(), before)
  })

  it('QP-04 - port 0 is refused', () => {
    assert.throws(() => local(presets.quantumpay, [{ ip: LOOPBACK, port: 0 }]), /port/)
  })

  it('QP-14 + three nodes on ports of their own sync', async () => {
    const ports = [await freePort(), await freePort(), await freePort()] as const
    const spec = (at: number): Parameters<typeof local>[1] => [{ ip: LOOPBACK, port: ports[at] ?? 0 }]
    await nodes.start({ spec: local(presets.quantumpay, spec(0)), chain: await chainOf(30) })
    const b = await nodes.start({ spec: local(presets.quantumpay, spec(1)), chain: await chainOf(0), peers: [{ address: addressOf(ports[0]) }] })
    const c = await nodes.start({ spec: local(presets.quantumpay, spec(2)), chain: await chainOf(0), peers: [{ address: addressOf(ports[1]) }] })
    await until(() => b.chain.tip().height === 30 && c.chain.tip().height === 30)
  })

  it('QP-14 - a port that another process or node holds is a typed error, never the next port', async () => {
    const port = await freePort()
    const holder = createServer()
    await new Promise<void>(resolve => { holder.listen(port, LOOPBACK, resolve) })
    const spec = local(presets.quantumpay, [{ ip: LOOPBACK, port }])
    const node = await createNode({ spec, chain: await chainOf(0) })
    await assert.rejects(node.start(), (error: unknown) => error instanceof OperationError && error.code === 'address-in-use' && error.message.includes(String(port)))
    await node.stop()
    await new Promise(resolve => { holder.close(resolve) })
    await nodes.start({ spec, chain: await chainOf(0) })
    const second = await createNode({ spec, chain: await chainOf(0) })
    await assert.rejects(second.start(), (error: unknown) => error instanceof OperationError && error.code === 'address-in-use')
    await second.stop()
    assert.throws(() => local(presets.quantumpay, [{ ip: LOOPBACK, port }, { ip: LOOPBACK, port }]), /no other entry/)
  })

  it('QP-18 + quantumpay is made of few parts', async () => {
    const node = await createNode({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port: 7001 }]), chain: await chainOf(0) })
    assert.deepEqual(Object.keys(node.libp2p.services).sort(), ['identify', 'session'])
    assert.equal(node.describePorts().length, 1)
    assert.deepEqual(presets.quantumpay.policy.seeds, [])
    await node.stop()
  })

  it('QP-18 - what is not there does not answer: no ping, no relay, no DHT of libp2p', async () => {
    const [port, other] = [await freePort(), await freePort()]
    const a = await nodes.start({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port }]), chain: await chainOf(0) })
    const b = await nodes.start({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port: other }]), chain: await chainOf(0) })
    await b.network.connect({ address: addressOf(port) }, { class: 'full' })
    assert.deepEqual(a.libp2p.getProtocols().sort(), ['/ipfs/id/1.0.0', '/quantumpay-77077/bulk/1', '/quantumpay-77077/live/1'])
    await assert.rejects(b.libp2p.getConnections()[0]?.newStream('/ipfs/ping/1.0.0') ?? Promise.resolve())
  })

  it('QC-01 + a fresh node that is told four seed names stands at the tip', async function () {
    this.timeout(30_000)
    const ips = ['127.7.7.2', '127.7.7.3', '127.7.7.4', '127.7.7.5']
    const port = await freePort(ips[0])
    const dnsPort = await freePort('127.7.7.1')
    const dns = await startDnsServer({
      ip: '127.7.7.1', port: dnsPort, origin: 'coin.test',
      records: ips.map((data, at) => ({ name: `seed${at + 1}.coin.test`, type: 'A', ttl: 60, data }))
    })
    try {
      for (const ip of ips) {
        await nodes.start({ spec: local(presets.quantumcoin, [{ ip, port }], { seeds: [] }), chain: await chainOf(60), dialFrom: ip })
      }
      const fresh = await nodes.start({
        spec: local(presets.quantumcoin, [{ ip: '127.7.7.6', port }], {
          defaultPort: port,
          resolvers: [{ transport: 'udp', ip: '127.7.7.1', port: dnsPort }],
          seeds: ips.map((_, at) => ({ name: `seed${at + 1}.coin.test`, records: ['A'] as const, srvPrefix: '', txtPrefix: '' }))
        }),
        chain: await chainOf(0),
        dialFrom: '127.7.7.6'
      })
      await until(() => fresh.chain.tip().height === 60)
      await until(() => fresh.network.sessions().length === 4)
    } finally {
      await dns.close()
    }
  })

  it('NA-02 + nano binds all adapters, dual stack: IPv4 and IPv6 clients connect', async () => {
    assert.deepEqual(presets.nano.policy.listen, [{ ip: '::', port: 7075 }])
    const port = await freePort('::')
    const a = await nodes.start({ spec: local(presets.nano, [{ ip: '::', port }]), chain: await chainOf(1) })
    for (const ip of ['127.0.0.1', '::1']) {
      const other = await freePort(ip)
      const b = await nodes.start({ spec: local(presets.nano, [{ ip, port: other }]), chain: await chainOf(0) })
      assert.ok((await b.network.connect({ address: addressOf(port, ip) }, { class: 'full' })).open)
    }
    await until(() => a.network.sessions().length === 2)
    // NA-09: an IPv4 peer of a dual-stack socket is the IPv4 address it is
    const kinds = a.network.sessions().map(({ address }) => address.isIPv4 ? address.host : `[${address.host}]`).sort()
    assert.deepEqual(kinds, ['127.0.0.1', '[::1]'])
  })

  it('NA-02 - a node that is told one address does not answer on others', async () => {
    const port = await freePort()
    await nodes.start({ spec: local(presets.nano, [{ ip: '127.0.0.1', port }]), chain: await chainOf(0) })
    const other = await freePort('::1')
    const b = await nodes.start({ spec: local(presets.nano, [{ ip: '::1', port: other }]), chain: await chainOf(0) })
    await assert.rejects(b.network.connect({ address: addressOf(port, '::1') }, { class: 'full' }), OperationError)
  })

  it('NA-03 + node.peering_port in a file moves the port', async () => {
    const port = await freePort()
    const spec = parseChainSpec(`extends = "nano"\n[node]\npeering_port = ${port}\n`)
    assert.deepEqual(spec.policy.listen, [{ ip: '::', port }])
    const a = await nodes.start({ spec: extendProfile(spec, { policy: { addressScope: 'loopback' } }), chain: await chainOf(0) })
    assert.equal(a.describePorts()[0]?.port, port)
    const other = await freePort()
    const b = await nodes.start({ spec: local(presets.nano, [{ ip: LOOPBACK, port: other }]), chain: await chainOf(0) })
    assert.ok((await b.network.connect({ address: addressOf(port) }, { class: 'full' })).open)
  })

  it('stops and starts no more than it should: a stopped node holds no port', async function () {
    needs(this, KNOWS_SOCKETS, 'no /proc to read sockets from')
    const before = listeningPorts()
    const port = await freePort()
    await nodes.start({ spec: local(presets.quantumpay, [{ ip: LOOPBACK, port }]), chain: await chainOf(0) })
    await nodes.stop()
    assert.deepEqual(listeningPorts(), before)
  })
})
