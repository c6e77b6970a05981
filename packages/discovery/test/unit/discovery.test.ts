import assert from 'node:assert/strict'
import { OperationError } from '@peerwright/core'
import { BOOTSTRAP, everybody, hosts, nobody, Scene, SEEDS } from '../support/scene.ts'
import { ListSource } from '../support/source.ts'

describe('Discovery', () => {
  let scene = new Scene()
  beforeEach(() => { scene = new Scene() })
  afterEach(async () => { await scene.stop() })

  for (const transport of ['udp', 'tcp'] as const) {
    it(`QC-01 + a fresh node finds four peers from four seed names alone, by ${transport}`, async () => {
      const { ip, port } = await scene.dnsServer(SEEDS.map(({ name }, at) => ({ name, type: 'A', ttl: 60, data: `127.0.0.${at + 1}` })))
      const { log } = scene.start(everybody, { seeds: SEEDS, resolvers: [{ transport, ip, port }], addressScope: 'loopback', udp: transport === 'tcp' ? 'forbidden' : 'allowed' })
      await log.seen('connected', 4)
      assert.deepEqual(scene.network.sessions().map(({ peerId }) => peerId).sort(), [1, 2, 3, 4].map(at => `127.0.0.${at}:8333`))
    })
  }

  it('QC-01 - seeds that know nobody leave a node without peers: it says so, and asks again', async () => {
    const { ip, port, server } = await scene.dnsServer([])
    const { log } = scene.start(everybody, { seeds: SEEDS, resolvers: [{ transport: 'udp', ip, port }], addressScope: 'loopback' })
    await log.seen('source-failed', 4)
    assert.deepEqual(scene.network.dials, [])
    assert.ok(log.lines.every(line => line.endsWith('nxdomain')))
    server.setRecords([{ name: SEEDS[2]!.name, type: 'A', ttl: 60, data: '127.0.0.9' }])
    await scene.clock.advance(5_000)
    await log.seen('connected')
  })

  it('QC-05 + asks at the start and then every 300 s, and hears of changes', async () => {
    const source = new ListSource('seed', hosts(0, 1))
    const { discovery } = scene.start(everybody, { sources: [source], targetOutbound: 1 })
    await scene.clock.advance(0)
    assert.equal(source.asked, 1)
    source.list = hosts(1, 2)
    await scene.clock.advance(299_999)
    assert.equal(source.asked, 1)
    await scene.clock.advance(1)
    assert.equal(source.asked, 2)
    assert.equal(discovery.candidates().length, 3)
    await scene.clock.advance(3_000_000)
    assert.equal(source.asked, 12)
  })

  it('QC-05 - forgets an address whose TTL is over and that is named no more', async () => {
    const source = new ListSource('seed', hosts(0, 2), 60)
    const { discovery } = scene.start(everybody, { sources: [source], targetOutbound: 1 })
    await scene.clock.advance(0)
    source.list = []
    assert.equal(discovery.candidates().length, 2)
    await scene.clock.advance(60_000)
    assert.equal(discovery.candidates().length, 0)
  })

  it('QC-05 - keeps 1000 addresses, however many are named', async () => {
    const source = new ListSource('seed', Array.from({ length: 1_001 }, (_, at) => `11.1.${at >> 8}.${at & 255}:1`))
    const { discovery } = scene.start(nobody, { sources: [source], targetOutbound: 1 })
    await scene.clock.advance(0)
    assert.equal(discovery.candidates().length, 1_000)
    assert.equal(discovery.report().candidates, 1_000)
  })

  it('QC-04 - a source that names private addresses names nobody', async () => {
    const { discovery } = scene.start(everybody, { sources: [new ListSource('seed', ['10.0.0.1:1', '127.0.0.1:1', '[fd00::1]:1', '11.0.0.1:1'])] })
    await scene.clock.advance(0)
    assert.deepEqual(discovery.candidates().map(({ address }) => address.toString()), ['11.0.0.1:1'])
  })

  it('QC-06 + asks the bootstrap nodes when every seed is dead', async () => {
    const { log } = scene.start(everybody, { sources: [new ListSource('a', new OperationError('timeout', '')), new ListSource('b', new OperationError('servfail', ''))], bootstrap: BOOTSTRAP })
    await scene.clock.advance(0)
    assert.deepEqual(log.lines.slice(0, 3), ['source-failed a timeout', 'source-failed b servfail', 'fallback none-found'])
    assert.equal(scene.outbound(), 2)
  })

  it('QC-06 + asks the bootstrap nodes when the seeds name nobody', async () => {
    const { log } = scene.start(everybody, { sources: [new ListSource('a', [])], bootstrap: BOOTSTRAP })
    await scene.clock.advance(0)
    assert.equal(log.count('fallback none-found'), 1)
    assert.equal(scene.outbound(), 2)
  })

  it('QC-06 + asks the bootstrap nodes when those whom the seeds name refuse', async () => {
    const { log } = scene.start(address => address.startsWith('11.9.') ? { peerId: address } : { code: 'unreachable' }, { sources: [new ListSource('a', hosts(0, 20))], bootstrap: BOOTSTRAP })
    await scene.clock.advance(20_000)
    assert.equal(log.count('fallback none-connects'), 1)
    assert.equal(scene.outbound(), 2)
    assert.ok(hosts(0, 20).every(host => scene.network.dials.includes(host)), 'all were tried before')
  })

  it('QC-06 + asks the bootstrap nodes within 60 s when those whom the seeds name are silent', async () => {
    const { log } = scene.start(address => address.startsWith('11.9.') ? { peerId: address } : 'hang', { sources: [new ListSource('a', hosts(0, 32))], bootstrap: BOOTSTRAP })
    await scene.clock.advance(59_999)
    assert.equal(log.count('fallback'), 0)
    await scene.clock.advance(30_000)
    assert.equal(log.count('fallback none-connects'), 1)
    assert.equal(scene.outbound(), 2)
  })

  it('QC-06 - leaves the bootstrap nodes alone while a seed gives a peer who connects', async () => {
    const { log } = scene.start(address => address === '11.0.0.7:8333' ? { peerId: 'seven' } : { code: 'unreachable' }, { sources: [new ListSource('a', hosts(0, 20))], bootstrap: BOOTSTRAP })
    await scene.clock.advance(3_600_000)
    assert.equal(log.count('fallback'), 0)
    assert.ok(scene.network.dials.every(dial => !dial.startsWith('11.9.')))
  })

  it('QC-06 - with nobody anywhere does not hammer: seeds at most 20 times in an hour, each address under 30 times', async () => {
    const source = new ListSource('a', hosts(0, 1))
    scene.start(nobody, { sources: [source], bootstrap: BOOTSTRAP })
    await scene.clock.advance(3_600_000)
    assert.ok(source.asked >= 12 && source.asked <= 20, `asked ${source.asked} times`)
    for (const dialled of new Set(scene.network.dials)) {
      const times = scene.network.dials.filter(dial => dial === dialled).length
      assert.ok(times < 30, `${dialled} dialled ${times} times`)
    }
  })

  it('QC-07 + a node with enough peers asks one seed a round: 400 rounds ask each of four 100 times', async () => {
    const sources = [1, 2, 3, 4].map(number => new ListSource(`seed${number}`, hosts(number, 2)))
    scene.start(everybody, { sources, targetOutbound: 4 })
    await scene.clock.advance(0)
    assert.deepEqual(sources.map(({ asked }) => asked), [1, 1, 1, 1], 'a fresh node asks them all')
    await scene.clock.advance(400 * 300_000)
    assert.deepEqual(sources.map(({ asked }) => asked), [101, 101, 101, 101])
  })

  it('QC-07 - a seed that is down does not keep the others from their turn', async () => {
    const sources = [new ListSource('seed1', new OperationError('timeout', '')), new ListSource('seed2', hosts(2, 1)), new ListSource('seed3', hosts(3, 1))]
    scene.start(everybody, { sources, targetOutbound: 2 })
    await scene.clock.advance(3 * 300_000)
    assert.deepEqual(sources.map(({ asked }) => asked), [2, 2, 2])
  })

  it('asks at most three sources at once', async () => {
    let now = 0
    let most = 0
    const release: Array<() => void> = []
    const sources = Array.from({ length: 10 }, (_, at) => ({
      name: `s${at}`,
      find: async () => {
        most = Math.max(most, ++now)
        await new Promise<void>(resolve => { release.push(resolve) })
        now--
        return []
      }
    }))
    scene.start(nobody, { sources })
    for (let turn = 0; turn < 10; turn++) {
      await scene.clock.advance(0)
      release.shift()?.()
    }
    await scene.clock.advance(0)
    assert.equal(most, 3)
    assert.equal(now, 0)
  })
})
