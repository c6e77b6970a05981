import assert from 'node:assert/strict'
import { extendProfile, MAX_SPEC_BYTES, parseChainSpec, presets, SpecError, type SpecIssue } from '../../src/index.ts'

/** The text of QuantumCoin's description, as it stands. */
const QUANTUMCOIN_SPEC = `[network_protocol]
magic_bytes = [0x51, 0x54, 0x43, 0x4D]  # "QTCM"
protocol_version = 70015
default_port = 8333
max_connections = 125
connection_timeout = 5
`

/** A spec that stands on its own. */
const OWN_SPEC = `
name = "harbour"

[network]
id = "harbour"
genesis = "${'ab'.repeat(32)}"
magic = [1, 2, 3, 4]
protocolVersion = 3
minProtocolVersion = 2
maxMessageBytes = 2_000_000
maxBlockBytes = 1_000_000
headerFormat = "bitcoin"
transactionFormat = "custom"
pow = { powLimitBits = 0x207fffff, retarget = { intervalBlocks = 10, targetTimespanSeconds = 600 } }
minimumChainWork = "0x0100"
requiredSecurity = "hybrid"

[policy]
defaultPort = 9000
listen = [{ ip = "127.0.0.1", port = 9001 }, { ip = "::1", port = 9001 }]
addressScope = "loopback"
limitLoopback = false
udp = "forbidden"
resolvers = [{ transport = "tcp", ip = "127.0.0.53", port = 53 }]
bootstrap = ["/dns4/node.example.org/tcp/9000/p2p/12D3KooWNvSZnPi3RrhrTwEY4LuuBeB6K6facKUCJcyWG1aoDd2p"]
storage = "memory"
maxUploadBytesPerDay = 1_000
userAgent = "/Harbour:1/"
services = 9

[[policy.seeds]]
name = "seed.example.org"
records = ["A", "SRV"]
srvPrefix = "_harbour._tcp."
txtPrefix = ""

[policy.timings]
handshakeTimeoutMs = 3_000
`

function issuesOf (text: string): readonly SpecIssue[] {
  try {
    parseChainSpec(text)
  } catch (error) {
    assert.ok(error instanceof SpecError)
    assert.equal(error.code, 'invalid')
    assert.ok(!error.message.includes('\n'), 'the message is one line')
    return error.issues
  }
  return assert.fail('the spec was taken')
}

/** All of a genesis peer but its key. */
const genesisPeer = (id: string): string =>
  `id = "${id}"\npeerId = "12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf"\nsuite = "ml-dsa-44"\naddresses = [{ ip = "1.2.3.4", port = 9876 }]\n`
const KEY = `publicKey = "${'00'.repeat(1_312)}"`

describe('parseChainSpec', () => {
  it('QC-31 + takes the chain spec of QuantumCoin as it stands, which is the preset', () => {
    const profile = parseChainSpec(QUANTUMCOIN_SPEC)
    assert.deepEqual(profile, presets.quantumcoin)
    assert.deepEqual(profile.policy.slots, { maxInbound: 75, maxOutbound: 50, minOutbound: 8 })
    assert.equal(profile.policy.timings.handshakeTimeoutMs, 5_000)
  })

  it('QC-31 + takes services, max_block_size and the test network of the older file', () => {
    const profile = parseChainSpec(`[network_protocol]
      magic_bytes = [0x51, 0x54, 0x43, 0x54]
      default_port = 18333
      max_connections = 10
      services = 1
      max_block_size = 8_000_000`)
    assert.deepEqual(profile.network.magic, [0x51, 0x54, 0x43, 0x54])
    assert.equal(profile.network.maxBlockBytes, 8_000_000)
    assert.equal(profile.network.maxMessageBytes, 8_000_000)
    assert.equal(profile.policy.defaultPort, 18_333)
    assert.deepEqual(profile.policy.listen, [{ ip: '0.0.0.0', port: 18_333 }])
    assert.deepEqual(profile.policy.slots, { maxInbound: 6, maxOutbound: 4, minOutbound: 4 })
    assert.notEqual(profile.networkId, presets.quantumcoin.networkId)
  })

  it('QC-31 + takes tables of its own in full, without a preset', () => {
    const { name, network, policy } = parseChainSpec(OWN_SPEC)
    assert.equal(name, 'harbour')
    assert.equal(network.minimumChainWork, 256n)
    assert.deepEqual(network.pow, { powLimitBits: 0x207f_ffff, retarget: { intervalBlocks: 10, targetTimespanSeconds: 600 } })
    assert.equal(policy.timings.handshakeTimeoutMs, 3_000)
    assert.equal(policy.timings.pingTimeoutMs, 1_200_000, 'what is not said is the default')
    assert.deepEqual(policy.seeds, [{ name: 'seed.example.org', records: ['A', 'SRV'], srvPrefix: '_harbour._tcp.', txtPrefix: '' }])
  })

  it('QC-31 + lets [policy] lie over [network_protocol], and that over the preset', () => {
    const profile = parseChainSpec(`extends = "qnet"\n${QUANTUMCOIN_SPEC}\n[policy]\nslots = { maxInbound = 1 }`)
    assert.equal(profile.network.id, 'qnet')
    assert.equal(profile.policy.storage, 'memory')
    assert.equal(profile.network.protocolVersion, 70_015)
    assert.deepEqual(profile.policy.slots, { maxInbound: 1, maxOutbound: 50, minOutbound: 8 })
  })

  it('QC-31 - refuses an unknown key, a fifth magic byte and port 70000 at once, each with its path', () => {
    const text = '[network_protocol]\nmagic_bytes = [1, 2, 3, 4, 5]\ndefault_port = 70000\nmagic = 1'
    assert.deepEqual(issuesOf(text).map(({ path, value }) => ({ path, value })), [
      { path: 'network_protocol.magic_bytes', value: '[1, 2, 3, 4, 5]' },
      { path: 'network_protocol.default_port', value: '70000' },
      { path: 'network_protocol.magic', value: '1' }
    ])
    assert.match(issuesOf(text)[1]?.expected ?? '', /1 to 65535/)
    assert.match(issuesOf(text)[2]?.expected ?? '', /magic_bytes/)
  })

  const wrong: ReadonlyArray<readonly [what: string, text: string, path: string]> = [
    ['an unknown table', '[p2p]\nport = 1', 'p2p'],
    ['an unknown preset', 'extends = "bitcoin"', 'extends'],
    ['two tables that imply different presets', '[network_protocol]\n[node]', 'extends'],
    ['a version below the lowest that is spoken', '[network_protocol]\nprotocol_version = 70009', 'network.minProtocolVersion'],
    ['a bad multiaddr', 'extends = "nano"\n[policy]\nbootstrap = ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3/tcp/1"]', 'policy.bootstrap[1]'],
    ['a bootstrap node on UDP', 'extends = "nano"\n[policy]\nbootstrap = ["/ip4/1.2.3.4/udp/1/quic-v1"]', 'policy.bootstrap[0]'],
    ['half a peer id', 'extends = "nano"\n[policy]\nbootstrap = ["/ip4/1.2.3.4/tcp/1/p2p/12D3KooWNvSZnPi3"]', 'policy.bootstrap[0]'],
    ['a seed that is an address', 'extends = "nano"\n[policy]\nseeds = [{ name = "1.2.3.4", records = ["A"], srvPrefix = "", txtPrefix = "" }]', 'policy.seeds[0].name'],
    ['a resolver with port 70000', 'extends = "nano"\n[policy]\nresolvers = [{ transport = "udp", ip = "127.0.0.1", port = 70000 }]', 'policy.resolvers[0].port'],
    ['a path without a slash', 'extends = "nano"\n[policy]\nresolvers = [{ transport = "https", ip = "127.0.0.1", port = 443, path = "q" }]', 'policy.resolvers[0].path'],
    ['a path for a resolver over TCP', 'extends = "nano"\n[policy]\nresolvers = [{ transport = "tcp", ip = "127.0.0.1", port = 53, path = "/q" }]', 'policy.resolvers[0].path'],
    ['a resolver over a transport that is none', 'extends = "nano"\n[policy]\nresolvers = [{ transport = "quic", ip = "127.0.0.1", port = 53 }]', 'policy.resolvers[0].transport'],
    ['no PEM', 'extends = "nano"\n[policy]\nresolvers = [{ transport = "https", ip = "127.0.0.1", port = 443, ca = ["x"] }]', 'policy.resolvers[0].ca[0]'],
    ['a UDP resolver where UDP is forbidden', 'extends = "quantumpay"\n[policy]\nresolvers = [{ transport = "udp", ip = "127.0.0.1", port = 53 }]', 'policy.resolvers[0].transport'],
    ['UDP where the preset forbids it', 'extends = "quantumpay"\n[policy]\nudp = "allowed"', 'policy.udp'],
    ['no limits on loopback of a public node', 'extends = "nano"\n[policy]\nlimitLoopback = false', 'policy.limitLoopback'],
    ['a genesis peer whose key is too short', `extends = "qnet"\n[[policy.genesisPeers]]\n${genesisPeer('001')}publicKey = "00"`, 'policy.genesisPeers[0].publicKey'],
    ['a genesis peer twice', `extends = "qnet"\n[[policy.genesisPeers]]\n${genesisPeer('001')}${KEY}\n[[policy.genesisPeers]]\n${genesisPeer('002')}${KEY}`, 'policy.genesisPeers[1]'],
    ['the same listener twice', 'extends = "nano"\n[policy]\nlisten = [{ ip = "::", port = 1 }, { ip = "::", port = 1 }]', 'policy.listen[1]'],
    ['a subnet smaller than a host', 'extends = "nano"\n[policy.admission.connections]\nperSubnet = 3', 'policy.admission.connections.perSubnet'],
    ['a score that throttles before it warns', 'extends = "nano"\n[policy.admission.scoring]\nthrottleAt = -5', 'policy.admission.scoring.throttleAt'],
    ['a range that is none', 'extends = "nano"\n[policy.admission]\npermissions = [{ range = "10.0.0.0/33", grants = [] }]', 'policy.admission.permissions[0].range'],
    ['TLS where the hybrid is required', 'extends = "qnet"\n[policy.channels]\ntls = "allowed"', 'policy.channels.tls'],
    ['more kept outbound sessions than there may be', 'extends = "nano"\n[policy.slots]\nmaxOutbound = 4', 'policy.slots.minOutbound'],
    ['an idle drop before the first ping', 'extends = "nano"\n[policy.timings]\nidleTimeoutMs = 1000', 'policy.timings.idleTimeoutMs'],
    ['pings that are more than a peer may send', 'extends = "nano"\n[policy.timings]\npingIntervalMs = 4_999', 'policy.timings.pingIntervalMs'],
    ['a message without a bound', 'extends = "nano"\n[network]\nmaxMessageBytes = 9_007_199_254_740_991', 'network.maxMessageBytes'],
    ['a block over the largest message', 'extends = "nano"\n[network]\nmaxBlockBytes = 5_000_000', 'network.maxBlockBytes'],
    ['a genesis in capitals', `extends = "nano"\n[network]\ngenesis = "${'AB'.repeat(32)}"`, 'network.genesis'],
    ['a target of nothing', 'extends = "nano"\n[network]\npow = { powLimitBits = 0, retarget = "none" }', 'network.pow.powLimitBits'],
    ['work that is no number', 'extends = "nano"\n[network]\nminimumChainWork = "lots"', 'network.minimumChainWork'],
    ['an id with a slash', 'extends = "nano"\n[network]\nid = "a/b"', 'network.id'],
    ['a switch for encryption, which does not exist', 'extends = "nano"\n[policy]\nencryption = false', 'policy.encryption'],
    ['a table where a number belongs', 'extends = "nano"\n[policy.defaultPort]\na.b.c.d.e.f.g = 1', 'policy.defaultPort'],
    ['a date as a port', 'extends = "nano"\n[policy]\ndefaultPort = 2020-01-01', 'policy.defaultPort']
  ]
  for (const [what, text, path] of wrong) {
    it(`QC-31 - refuses ${what}`, () => {
      assert.deepEqual(issuesOf(text).map(issue => issue.path), [path])
    })
  }

  it('QC-13 QC-31 + takes pings as often as the budget of a peer allows, QC-13 QC-31 - and says which two values do not fit together', () => {
    const spec = (intervalMs: number, perMinute: number): string =>
      `extends = "nano"\n[policy.timings]\npingIntervalMs = ${intervalMs}\n[policy.admission.budgets]\ncontrolPerMinute = ${perMinute}`
    assert.equal(parseChainSpec(spec(5_000, 30)).policy.timings.pingIntervalMs, 5_000)
    assert.equal(parseChainSpec(spec(1_000, 150)).policy.timings.pingIntervalMs, 1_000)
    const [issue, ...more] = issuesOf(spec(1_000, 149))
    assert.deepEqual([issue?.path, issue?.value, more], ['policy.timings.pingIntervalMs', '1000', []])
    assert.match(issue?.expected ?? '', /^at least 1007: .* admission\.budgets\.controlPerMinute, which is 149$/)
    assert.throws(() => extendProfile(presets.quantumcoin, { policy: { timings: { pingIntervalMs: 1_000 } } }), { name: 'OperationError', code: 'invalid' })
  })

  it('QC-31 - names everything that a spec without preset lacks', () => {
    const paths = issuesOf('name = "x"\n[network]\nid = "x"').map(({ path, value }) => value === 'nothing' ? path : '')
    assert.deepEqual(paths, [
      'network.genesis', 'network.magic', 'network.protocolVersion', 'network.minProtocolVersion', 'network.maxMessageBytes',
      'network.maxBlockBytes', 'network.headerFormat', 'network.transactionFormat', 'network.pow', 'network.minimumChainWork',
      'network.requiredSecurity', 'policy.listen', 'policy.defaultPort'
    ])
  })

  it('QC-31 - gives line and column of what is not TOML', () => {
    assert.throws(() => parseChainSpec('[network_protocol]\nmagic_bytes = [1, 2', 'chain_spec.toml'), (error: unknown) => {
      assert.ok(error instanceof SpecError)
      assert.equal(error.code, 'syntax')
      assert.equal(error.line, 2)
      assert.equal(typeof error.column, 'number')
      assert.match(error.message, /^"chain_spec\.toml": .*line 2/)
      return true
    })
  })

  it('QC-31 - refuses keys that would reach the prototype', () => {
    assert.throws(() => parseChainSpec('[policy]\n__proto__ = { udp = "allowed" }'), { code: 'syntax' })
    assert.equal(({} as Record<string, unknown>)['udp'], undefined)
  })

  it('QC-31 - refuses a spec over its bound before it reads it', () => {
    assert.throws(() => parseChainSpec('#'.repeat(MAX_SPEC_BYTES + 1)), { code: 'too-large' })
  })

  it('shows a wrong value short and printable', () => {
    const [issue] = issuesOf(`extends = "nano"\n[policy]\nuserAgent = "\\u202e\\u0007${'x'.repeat(300)}"`)
    assert.match(issue?.value ?? '', /^[\x20-\x7e]{1,60}$/)
  })

  it('NA-03 + [node] peering_port moves where a Nano node listens, and nothing else', () => {
    const profile = parseChainSpec('[node]\npeering_port = 54000')
    assert.deepEqual(profile, extendProfile(presets.nano, { policy: { listen: [{ ip: '::', port: 54_000 }] } }))
    assert.equal(profile.policy.defaultPort, 7075)
    assert.equal(profile.networkId, presets.nano.networkId)
  })

  it('NA-03 - refuses peering_port 70000, as text, and beside keys that it does not know', () => {
    assert.deepEqual(issuesOf('[node]\npeering_port = 70000').map(({ path }) => path), ['node.peering_port'])
    assert.deepEqual(issuesOf('[node]\npeering_port = "7075"').map(({ path }) => path), ['node.peering_port'])
    assert.deepEqual(issuesOf('[node]\nvoting = true').map(({ path }) => path), ['node.voting'])
  })

  it('QP-04 - refuses to listen on port 0, however it is said', () => {
    assert.deepEqual(issuesOf('extends = "quantumpay"\n[policy]\nlisten = [{ ip = "0.0.0.0", port = 0 }]').map(({ path }) => path), ['policy.listen[0].port'])
    assert.deepEqual(issuesOf('[node]\npeering_port = 0').map(({ path }) => path), ['node.peering_port'])
    assert.deepEqual(issuesOf('[network_protocol]\ndefault_port = 0').map(({ path }) => path), ['network_protocol.default_port'])
  })

  it('QP-04 + takes an explicit port of the operator', () => {
    const profile = parseChainSpec('extends = "quantumpay"\n[policy]\nlisten = [{ ip = "127.0.0.1", port = 7002 }]')
    assert.deepEqual(profile.policy.listen, [{ ip: '127.0.0.1', port: 7002 }])
  })
})
