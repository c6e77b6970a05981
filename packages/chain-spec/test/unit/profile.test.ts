import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { completeProfile, extendProfile, type NetworkProfile, presets, type ProfilePatch, SpecError } from '../../src/index.ts'

const GENESIS = '0123456789abcdef'.repeat(4)

function assertFrozen (value: unknown, path: string): void {
  if (typeof value === 'object' && value !== null) {
    assert.ok(Object.isFrozen(value), `${path} is frozen`)
    for (const [key, item] of Object.entries(value)) {
      assertFrozen(item, `${path}.${key}`)
    }
  }
}

describe('presets', () => {
  it('QP-18 + quantumpay is TCP 7001 and nothing else', () => {
    const { policy } = presets.quantumpay
    assert.deepEqual(policy.listen, [{ ip: '0.0.0.0', port: 7001 }])
    assert.deepEqual({ udp: policy.udp, seeds: policy.seeds, bootstrap: policy.bootstrap, port: policy.defaultPort },
      { udp: 'forbidden', seeds: [], bootstrap: [], port: 7001 })
  })

  it('QP-18 - a listener or a field more than these would show here', () => {
    const listeners = Object.values(presets).map(({ name, policy }) => [name, policy.udp, ...policy.listen.map(({ ip, port }) => `${ip} ${port}`)])
    assert.deepEqual(listeners, [
      ['quantumpay', 'forbidden', '0.0.0.0 7001'],
      ['quantumcoin', 'allowed', '0.0.0.0 8333'],
      ['qnet', 'allowed', '0.0.0.0 9876'],
      ['nano', 'allowed', ':: 7075'],
      ['bitcoin-main', 'allowed', '0.0.0.0 8333'],
      ['bitcoin-regtest', 'allowed', '0.0.0.0 18444']
    ])
    assert.deepEqual(Object.keys(presets.quantumpay.policy), [
      'listen', 'defaultPort', 'addressScope', 'limitLoopback', 'udp', 'seeds', 'resolvers', 'dns', 'bootstrap', 'timings', 'slots',
      'sync', 'admission', 'channels', 'storage', 'maxUploadBytesPerDay', 'userAgent', 'services'
    ])
  })

  it('quantumcoin has the numbers of its description', () => {
    const { network, policy } = presets.quantumcoin
    assert.deepEqual(network.magic, [0x51, 0x54, 0x43, 0x4d])
    assert.deepEqual([network.protocolVersion, network.minProtocolVersion], [70_015, 70_010])
    assert.deepEqual(policy.seeds.map(({ name }) => name), [1, 2, 3, 4].map(number => `seed${number}.quantumcoin.network`))
    assert.equal(policy.slots.maxInbound + policy.slots.maxOutbound, 125)
    assert.equal(policy.timings.handshakeTimeoutMs, 5_000)
  })

  it('QC-09 + qnet requires hybrid channels, nano prefers them, the others hold to them; TLS is for quantumcoin alone', () => {
    assert.deepEqual(Object.values(presets).map(({ name, policy: { channels } }) => [name, channels.hybrid, channels.tls]), [
      ['quantumpay', 'sticky', 'forbidden'],
      ['quantumcoin', 'sticky', 'allowed'],
      ['qnet', 'require', 'forbidden'],
      ['nano', 'prefer', 'forbidden'],
      ['bitcoin-main', 'sticky', 'forbidden'],
      ['bitcoin-regtest', 'sticky', 'forbidden']
    ])
  })

  it('nano listens on every adapter and does not know its genesis', () => {
    assert.deepEqual(presets.nano.policy.listen, [{ ip: '::', port: 7075 }])
    assert.equal(presets.nano.network.genesis, 'required')
  })

  for (const profile of Object.values(presets)) {
    it(`${profile.name} is frozen, names no DNS server and looks for peers on the open Internet only`, () => {
      assertFrozen(profile, profile.name)
      assert.equal(profile.policy.resolvers, 'system')
      assert.equal(profile.policy.addressScope, 'public')
      assert.equal(profile.policy.limitLoopback, true)
    })
  }

  it('no two presets are one network', () => {
    const ids = Object.values(presets).map(({ networkId }) => networkId)
    assert.equal(new Set(ids).size, ids.length)
  })
})

describe('networkId and policyId', () => {
  it('networkId is the SHA-256 of the documented text', () => {
    const text = 'peerwright network 1\n' +
      '{"genesis":"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206","headerFormat":"bitcoin","id":"bitcoin-regtest",' +
      '"magic":[250,191,181,218],"maxBlockBytes":4000000,"maxMessageBytes":4000000,"minProtocolVersion":31800,' +
      '"minimumChainWork":"0x0","pow":{"powLimitBits":545259519,"retarget":"none"},"protocolVersion":70017,' +
      '"requiredSecurity":"none","transactionFormat":"bitcoin"}'
    assert.equal(presets['bitcoin-regtest'].networkId, createHash('sha256').update(text).digest('hex'))
  })

  it('stay what they are, or nodes of different releases would part', () => {
    assert.equal(presets.quantumcoin.networkId, NETWORK_ID_QUANTUMCOIN)
    assert.equal(presets['bitcoin-main'].networkId, NETWORK_ID_BITCOIN_MAIN)
  })

  it('a change of policy changes policyId alone, a change of network networkId alone', () => {
    const base = presets.qnet
    const other = extendProfile(base, { policy: { userAgent: '/Other:1/' } })
    assert.equal(other.networkId, base.networkId)
    assert.notEqual(other.policyId, base.policyId)
    const fork = extendProfile(base, { network: { protocolVersion: 2 } })
    assert.notEqual(fork.networkId, base.networkId)
    assert.equal(fork.policyId, base.policyId)
  })
})

describe('extendProfile', () => {
  const refused = (base: NetworkProfile, patch: unknown, path: string): void => {
    assert.throws(() => extendProfile(base, patch as ProfilePatch), (error: unknown) => {
      assert.ok(error instanceof SpecError)
      assert.deepEqual(error.issues.map(issue => issue.path), [path])
      return true
    })
  }

  it('merges tables, replaces lists, keeps the base and freezes the result', () => {
    const profile = extendProfile(presets.quantumcoin, { name: 'lab', policy: { timings: { connectTimeoutMs: 1 }, seeds: [] } })
    assert.equal(profile.name, 'lab')
    assert.deepEqual(profile.policy.timings, { ...presets.quantumcoin.policy.timings, connectTimeoutMs: 1 })
    assert.deepEqual(profile.policy.seeds, [])
    assert.equal(presets.quantumcoin.policy.seeds.length, 4)
    assertFrozen(profile, 'lab')
  })

  it('QP-03 + tightens to no UDP', () => {
    assert.equal(extendProfile(presets.qnet, { policy: { udp: 'forbidden' } }).policy.udp, 'forbidden')
  })

  it('QP-03 - never allows UDP again', () => {
    refused(presets.quantumpay, { policy: { udp: 'allowed' } }, 'policy.udp')
    refused(extendProfile(presets.qnet, { policy: { udp: 'forbidden' } }), { policy: { udp: 'allowed' } }, 'policy.udp')
  })

  it('refuses to forbid UDP while a resolver needs it', () => {
    const base = extendProfile(presets.qnet, { policy: { resolvers: [{ transport: 'udp', ip: '127.0.0.1', port: 53 }] } })
    refused(base, { policy: { udp: 'forbidden' } }, 'policy.resolvers[0].transport')
  })

  it('refuses a misspelt part, a part that is no table and a field that does not exist', () => {
    refused(presets.qnet, { polcy: {} }, 'polcy')
    refused(presets.qnet, { policy: null }, 'policy')
    refused(presets.qnet, { policy: { skipValidation: true } }, 'policy.skipValidation')
    refused(presets.qnet, JSON.parse('{ "policy": { "__proto__": { "udp": "forbidden" } } }'), 'policy.__proto__')
  })
})

describe('completeProfile', () => {
  it('fills in the genesis, and the networkId follows', () => {
    const profile = completeProfile(presets.nano, { genesis: GENESIS })
    assert.equal(profile.network.genesis, GENESIS)
    assert.notEqual(profile.networkId, presets.nano.networkId)
    assert.equal(completeProfile(profile, { genesis: GENESIS }), profile)
  })

  it('refuses another genesis than the one a profile has, and what is no id', () => {
    assert.throws(() => completeProfile(presets['bitcoin-main'], { genesis: GENESIS }), { code: 'invalid' })
    assert.throws(() => completeProfile(presets.nano, { genesis: 'required' }), { code: 'invalid' })
    assert.throws(() => completeProfile(presets.nano, { genesis: GENESIS.toUpperCase() }), { code: 'invalid' })
  })
})

const NETWORK_ID_QUANTUMCOIN = 'f27ddccc3b59faa20fd6a1aa69aa37d001ec2a9cb8c9753696c128fed495b9e7'
const NETWORK_ID_BITCOIN_MAIN = 'a3d362e52c5c20df393bb1775f2e1f8e20d19220bc4a32e0ed7957611a9ab91f'
