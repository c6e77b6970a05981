import assert from 'node:assert/strict'
import { bootstrap } from '@libp2p/bootstrap'
import { type Logger, type PeerDiscovery, peerDiscoverySymbol, type PeerInfo, serviceDependencies } from '@libp2p/interface'
import suite from '@libp2p/interface-compliance-tests/peer-discovery'
import { systemClock } from '@peerwright/core'
import { VirtualClock } from '@peerwright/testing'
import { discovery, type DiscoveryService } from '../../src/index.ts'
import { FakeNetwork } from '../support/fake-network.ts'
import { DiscoveryLog } from '../support/log.ts'
import { address } from '../support/source.ts'

const PEER_ID = '12D3KooWNvSZnPi3RrhrTwEY4LuuBeB6K6facKUCJcyWG1aoDd2p'

/** A log that nobody reads. */
const silent: Logger = Object.assign(() => {}, { error: () => {}, trace: () => {}, enabled: false, newScope: () => silent })

const serviceOf = (session: FakeNetwork): DiscoveryService =>
  discovery({ defaultPort: 8333, resolvers: [], peers: [{ address: address('11.0.0.1:8333') }], clock: systemClock })({ session })

describe('the discovery service as a libp2p PeerDiscovery', () => {
  suite({
    setup: async () => await Promise.resolve(serviceOf(new FakeNetwork(() => ({ peerId: PEER_ID })))),
    teardown: async () => { await Promise.resolve() }
  })

  it('tells the id that a session has proven, and the address it was reached at', async () => {
    const service = serviceOf(new FakeNetwork(() => ({ peerId: PEER_ID })))
    const told = new Promise<PeerInfo>(resolve => { service.addEventListener('peer', event => { resolve(event.detail) }) })
    await service.start()
    const { id, multiaddrs } = await told
    assert.equal(id.toString(), PEER_ID)
    assert.deepEqual(multiaddrs.map(String), ['/ip4/11.0.0.1/tcp/8333'])
    await service.stop()
  })

  it('tells nobody of an address that nobody has proven', async () => {
    const network = new FakeNetwork(() => ({ code: 'unreachable' }))
    const service = serviceOf(network)
    service.addEventListener('peer', () => assert.fail('told of somebody'))
    const failed = new Promise<void>(resolve => { service.subscribe({ dialFailed: () => { resolve() } }) })
    await service.start()
    await failed
    await service.stop()
    assert.equal(network.observers, 0)
  })

  it('takes a discovery module of libp2p as a source: whom @libp2p/bootstrap names is dialled with the id named', async () => {
    const network = new FakeNetwork(() => ({ peerId: PEER_ID }))
    const clock = new VirtualClock()
    const components = {
      session: network,
      logger: { forComponent: () => silent },
      peerStore: { merge: async () => await Promise.resolve() },
      connectionManager: { openConnection: async () => await Promise.reject(new Error('not by libp2p')) }
    }
    const service = discovery({ defaultPort: 8333, resolvers: [], clock, modules: [bootstrap({ list: [`/ip4/11.0.0.9/tcp/1/p2p/${PEER_ID}`], timeout: 0 })] })(components)
    const log = new DiscoveryLog({ observe: observer => service.subscribe(observer) })
    await service.start()
    // The module has a timer of its own, which no clock of ours turns: rounds are asked until it has spoken
    while (log.count('connected') === 0) {
      await clock.advance(300_000)
    }
    assert.deepEqual(network.dials, ['11.0.0.9:1'])
    await service.stop()
    assert.equal(clock.pending, 0)
  })

  it('is found by libp2p under its symbols', () => {
    const service = serviceOf(new FakeNetwork(() => ({ code: 'unreachable' }))) as unknown as Record<symbol, unknown>
    assert.equal(service[peerDiscoverySymbol], service as unknown as PeerDiscovery)
    assert.deepEqual(service[serviceDependencies], ['@peerwright/session'])
  })
})
