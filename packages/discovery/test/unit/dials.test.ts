import assert from 'node:assert/strict'
import { VirtualClock } from '@peerwright/testing'
import { BOOTSTRAP, everybody, hosts, nobody, Scene, SEEDS } from '../support/scene.ts'
import { address, ListSource } from '../support/source.ts'

describe('dials of Discovery', () => {
  let scene = new Scene()
  beforeEach(() => { scene = new Scene() })
  afterEach(async () => { await scene.stop() })

  it('keeps 8 outbound sessions, at most 8 dials at a time, and replaces one that is lost', async () => {
    scene.start(everybody, { sources: [new ListSource('a', hosts(0, 30))] })
    await scene.clock.advance(0)
    assert.equal(scene.outbound(), 8)
    const [lost] = scene.network.sessions()
    scene.network.end(lost!.peerId, { code: 'lost', remote: true })
    await scene.clock.advance(0)
    assert.equal(scene.outbound(), 8)
    assert.equal(scene.network.dials.length, 9)
    assert.notEqual(scene.network.dials.at(-1), lost!.peerId, 'by somebody else')
  })

  it('never dials again a peer that it has a session with, though two addresses lead to it', async () => {
    scene.start(() => ({ peerId: 'the only one' }), { sources: [new ListSource('a', hosts(0, 5))] })
    await scene.clock.advance(200_000)
    assert.equal(scene.outbound(), 1)
    assert.deepEqual([...scene.network.dials].sort(), hosts(0, 5))
  })

  it('does not dial an address that names a peer there is a session with', async () => {
    const peers = [{ address: address('11.0.0.1:1') }]
    scene.start(() => ({ peerId: 'same' }), { peers, sources: [{ name: 'late', find: async () => {
      await new Promise<void>(resolve => { scene.clock.schedule(1_000, resolve) })
      return [{ address: address('11.0.0.2:1'), peerId: 'same' }]
    } }] })
    await scene.clock.advance(100_000)
    assert.deepEqual(scene.network.dials, ['11.0.0.1:1'])
  })

  it('leaves a peer alone as long as its goodbye asks, but an hour at most', async () => {
    const source = new ListSource('a', hosts(0, 1))
    scene.start(everybody, { sources: [source], targetOutbound: 1 })
    await scene.clock.advance(0)
    scene.network.end('11.0.0.1:8333', { code: 'busy', remote: true, retryAfterSeconds: 600 })
    await scene.clock.advance(599_999)
    assert.equal(scene.network.dials.length, 1)
    await scene.clock.advance(2_000)
    assert.equal(scene.network.dials.length, 2)
    scene.network.end('11.0.0.1:8333', { code: 'busy', remote: true, retryAfterSeconds: 1e9 })
    await scene.clock.advance(3_602_000)
    assert.equal(scene.network.dials.length, 3)
  })

  it('gives up a dial after 20 s, and all of them at stop', async () => {
    const { discovery, log } = scene.start(() => 'hang', { sources: [new ListSource('a', hosts(0, 1))] })
    await scene.clock.advance(20_000)
    assert.equal(log.count('dial-failed 11.0.0.1:8333 timeout'), 1)
    await scene.clock.advance(5_000)
    assert.equal(scene.network.dials.length, 2)
    await discovery.stop()
  })

  it('stop gives up a look-up under way, and start begins anew at once', async () => {
    const { ip, port, server } = await scene.dnsServer([])
    await server.close()
    scene.servers.pop()
    const source = new ListSource('a', hosts(0, 1))
    const { discovery } = scene.start(everybody, { seeds: SEEDS, resolvers: [{ transport: 'tcp', ip, port }], sources: [source] })
    await discovery.stop()
    await discovery.stop()
    const before = source.asked
    discovery.start()
    discovery.start()
    await scene.clock.advance(0)
    assert.equal(source.asked, before + 1)
  })

  it('dials configured peers whatever the seeds say', async () => {
    scene.start(everybody, { peers: [{ address: address('11.5.0.1:9') }] })
    await scene.clock.advance(0)
    assert.deepEqual(scene.network.dials, ['11.5.0.1:9'])
  })

  it('QC-04 - no seed can push a configured peer out, end its time or give it another identity', async () => {
    const own = { address: address('11.5.0.1:9'), peerId: 'right' }
    const flood = new ListSource('flood', Array.from({ length: 1_000 }, (_, at) => `11.1.${at >> 8}.${at & 255}:1`))
    const liar = { name: 'liar', find: async () => await Promise.resolve([{ address: own.address, peerId: 'wrong', validForSeconds: 30 }]) }
    const { discovery } = scene.start(nobody, { peers: [own], sources: [liar, flood] })
    await scene.clock.advance(31_000)
    assert.deepEqual(discovery.candidates().filter(target => target.address.equals(own.address)), [own])
    await scene.clock.advance(60_000)
    assert.ok(discovery.candidates().includes(own))
  })

  it('never dials what is excluded, whoever names it', async () => {
    const exclude = [address('11.0.0.1:8333'), address('11.5.0.1:9'), address('11.9.0.1:8333')]
    scene.start(nobody, { exclude, peers: [{ address: address('11.5.0.1:9') }], sources: [new ListSource('a', hosts(0, 2))], bootstrap: BOOTSTRAP })
    await scene.clock.advance(600_000)
    assert.deepEqual([...new Set(scene.network.dials)].sort(), ['11.0.0.2:8333', '11.9.0.2:8333'])
  })

  it('tells a bootstrap list that could not be looked up by its code', async () => {
    const { log } = scene.start(nobody, { bootstrap: ['/dns4/node.test/tcp/1'] })
    await scene.clock.advance(0)
    assert.ok(log.lines.includes('source-failed bootstrap no-resolver'))
  })

  it('reports what was dropped and how the servers did', async () => {
    const { ip, port } = await scene.dnsServer([{ name: SEEDS[0]!.name, type: 'A', ttl: 60, data: '10.0.0.1' }])
    const { discovery, log } = scene.start(everybody, { seeds: [{ ...SEEDS[0]!, records: ['A'] }], resolvers: [{ transport: 'udp', ip, port }] })
    await log.seen('found')
    assert.equal(discovery.report().dropped[`dns:${SEEDS[0]!.name}`]?.private, 1)
    assert.deepEqual([...discovery.report().resolvers], [[`udp ${ip}:${port}`, { asked: 1, answered: 1, failed: {} }]])
  })

  it('the same seed makes the same dials', async () => {
    const runs: string[][] = []
    for (let run = 0; run < 2; run++) {
      scene.clock = new VirtualClock()
      const { discovery } = scene.start(address => address.endsWith('7:8333') ? { code: 'unreachable' } : { peerId: address }, { sources: [new ListSource('a', hosts(0, 30))] })
      await scene.clock.advance(100_000)
      await discovery.stop()
      runs.push(scene.network.dials)
    }
    assert.deepEqual(runs[0], runs[1])
  })
})
