import assert from 'node:assert/strict'
import { presets } from '@peerwright/chain-spec'
import { NetAddress } from '@peerwright/core'
import { encodePing, messageType } from '@peerwright/protocol-messages'
import { chainOf, freePort, local, TestNodes, until } from '../support/network.ts'
import { SlowLink } from '../support/slow-link.ts'

const LOOPBACK = '127.0.0.1'

/** What may be outstanding at any peer (session, MIN_CREDIT_BYTES): 131 ms of 20 Mbit/s, which NA-01's 150 ms are made of. */
const LEAST_CREDIT_BYTES = 327_680

/** Headers of frames, of the muxer and of the channel, beside the bytes that the credit counts. Measured: 2 %. */
const WITH_OVERHEAD = 1.05

const addressOf = (port: number): NetAddress => NetAddress.from(LOOPBACK, port) ?? assert.fail('no address')

describe('over a slow link', function () {
  this.timeout(30_000)
  const nodes = new TestNodes()
  const links: SlowLink[] = []
  afterEach(async () => {
    await nodes.stop()
    await Promise.all(links.splice(0).map(async link => { await link.close() }))
  })

  it('QC-26 + measures a round trip of 50 ms as one', async () => {
    const [port, middle, other] = [await freePort(), await freePort(), await freePort()]
    links.push(await SlowLink.open(middle, port, { delayMs: 25 }))
    await nodes.start({ spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port }], { seeds: [] }), chain: await chainOf(0) })
    const hasty = { timings: { pingIntervalMs: 1_000 }, admission: { budgets: { controlPerMinute: 150 } } }
    const b = await nodes.start({ spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port: other }], { seeds: [], ...hasty }), chain: await chainOf(0) })
    const session = await b.network.connect({ address: addressOf(middle) }, { class: 'full' })
    // The first one is slowed down by all that is still being compiled
    await until(() => session.facts.rttMs !== undefined && Math.abs(session.facts.rttMs - 50) <= 15)
    assert.ok(Math.abs((session.facts.minRttMs ?? 0) - 50) <= 15, `${session.facts.minRttMs ?? 0} ms`)
  })

  it('QC-26 - takes no pong with another nonce for an answer', async () => {
    const [port, other] = [await freePort(), await freePort()]
    const a = await nodes.start({ spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port }], { seeds: [] }), chain: await chainOf(0) })
    const b = await nodes.start({ spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port: other }], { seeds: [] }), chain: await chainOf(0) })
    const session = await b.network.connect({ address: addressOf(port) }, { class: 'full' })
    await until(() => a.network.sessions()[0]?.facts.rttMs !== undefined)
    const before = { ...a.network.sessions()[0]?.facts }
    for (let nonce = 1n; nonce <= 20n; nonce++) {
      session.send(messageType('pong'), encodePing(nonce))
    }
    await until(() => (a.network.sessions()[0]?.facts.bytesIn ?? 0) >= (before.bytesIn ?? 0) + 200)
    assert.deepEqual([a.network.sessions()[0]?.facts.rttMs, a.network.sessions()[0]?.open], [before.rttMs, true])
  })

  it('NA-01 + between a live question and its answer passes no more of a saturating download than its credit (p95)', async () => {
    const [port, middle, other] = [await freePort(), await freePort(), await freePort()]
    const chain = await chainOf(600, { min: 20_000, max: 20_000 })
    const link = await SlowLink.open(middle, port, { delayMs: 25, bytesPerSecond: 2_500_000 })
    links.push(link)
    await nodes.start({ spec: local(presets.nano, [{ ip: LOOPBACK, port }]), chain })
    const fresh = await chainOf(0)
    const b = await nodes.start({ spec: local(presets.nano, [{ ip: LOOPBACK, port: other }]), chain: fresh, peers: [{ address: addressOf(middle) }] })
    await until(() => fresh.tip().height >= 60)
    const session = b.network.sessions()[0] ?? assert.fail('no session')
    const credit = (): number => Math.max(LEAST_CREDIT_BYTES, 2 * (session.facts.bulkBytesPerSecond ?? 0) * (session.facts.minRttMs ?? 0) / 1_000)
    // The live stream's own question and answer, again and again while the download goes on: what passes meanwhile, by the credit
    const shares: number[] = []
    while (fresh.tip().height < 540) {
      const [{ bytesBack }, before, { tip }] = [link, credit(), session.facts]
      session.send(messageType('get-tip'), new Uint8Array(0))
      await until(() => session.facts.tip !== tip)
      shares.push((link.bytesBack - bytesBack) / Math.max(before, credit()))
    }
    const p95 = shares.sort((x, y) => x - y)[Math.floor(shares.length * 0.95)] ?? 0
    assert.ok(shares.length > 10, `${shares.length} round trips`)
    assert.ok(p95 <= WITH_OVERHEAD, `${p95.toFixed(2)} of the credit (p95 of ${shares.length} round trips)`)
  })

  it('NA-01 - a live message does not travel on the bulk stream, nor a bulk answer on the live one', async () => {
    const [port, other] = [await freePort(), await freePort()]
    const a = await nodes.start({ spec: local(presets.nano, [{ ip: LOOPBACK, port }]), chain: await chainOf(0) })
    const b = await nodes.start({ spec: local(presets.nano, [{ ip: LOOPBACK, port: other }]), chain: await chainOf(0) })
    const session = await b.network.connect({ address: addressOf(port) }, { class: 'full' })
    const ends: string[] = []
    a.network.observe({ closed: (_, end) => ends.push(end.code) })
    session.send(messageType('block'), new Uint8Array(100))
    await until(() => ends.length === 1)
    assert.deepEqual(ends, ['fault'])
  })
})
