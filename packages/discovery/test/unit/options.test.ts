import assert from 'node:assert/strict'
import { createDiscovery, type Discovery, DISCOVERY_DEFAULTS, type DiscoveryInit } from '../../src/index.ts'
import { FakeNetwork } from '../support/fake-network.ts'
import { nobody } from '../support/scene.ts'

describe('options of Discovery', () => {
  const network = new FakeNetwork(nobody)
  const wrong: ReadonlyArray<readonly [string, Partial<DiscoveryInit>]> = [
    ['defaultPort', { defaultPort: 0 }], ['targetOutbound', { targetOutbound: -1 }], ['maxDials', { maxDials: 101 }], ['dialTimeoutMs', { dialTimeoutMs: 99 }],
    ['dnsTimeoutMs', { dnsTimeoutMs: 0.5 }], ['refreshMs', { refreshMs: 999 }], ['cacheAddresses', { cacheAddresses: 0 }], ['addressesPerSeed', { addressesPerSeed: 257 }]
  ]
  for (const [name, init] of wrong) {
    it(`refuses a wrong ${name} by name`, () => {
      assert.throws(() => createDiscovery({ network, defaultPort: 1, resolvers: [], ...init }), { code: 'invalid-option', message: new RegExp(name) })
    })
  }

  it('QP-03 - refuses a misspelt choice, and takes what is undefined as left out', () => {
    const make = (options: object): Discovery => createDiscovery({ network, defaultPort: 1, resolvers: [], ...options })
    assert.throws(() => make({ udp: 'forbiden' }), { code: 'invalid-option', message: /udp/ })
    assert.throws(() => make({ addressScope: 'global' }), { code: 'invalid-option', message: /addressScope/ })
    assert.deepEqual(make(Object.fromEntries(Object.keys(DISCOVERY_DEFAULTS).filter(name => name !== 'resolvers').map(name => [name, undefined]))).candidates(), [])
  })

  it('QP-03 - refuses a UDP server where UDP is forbidden, and a bootstrap node that is none', () => {
    assert.throws(() => createDiscovery({ network, defaultPort: 1, udp: 'forbidden', resolvers: [{ transport: 'udp', ip: '127.0.0.1', port: 53 }] }), { code: 'invalid-option' })
    assert.throws(() => createDiscovery({ network, defaultPort: 1, resolvers: [], bootstrap: ['/ip4/1.2.3.4/udp/1'] }), { code: 'invalid-option' })
  })

  it('has the defaults of its rows', () => {
    const { refreshMs, cacheAddresses, addressesPerSeed, dnsTimeoutMs, targetOutbound } = DISCOVERY_DEFAULTS
    assert.deepEqual({ refreshMs, cacheAddresses, addressesPerSeed, dnsTimeoutMs, targetOutbound },
      { refreshMs: 300_000, cacheAddresses: 1_000, addressesPerSeed: 32, dnsTimeoutMs: 5_000, targetOutbound: 8 })
  })
})
