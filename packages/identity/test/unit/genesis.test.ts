import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { OperationError } from '@peerwright/core'
import {
  checkGenesisCertificate, fingerprint, GENESIS_IDS, genesisStanding, genesisTrust, type GenesisTrust, type GenesisTrustInit, MAX_GENESIS_CERTIFICATE_BYTES, Pins,
  readGenesisEnvironment, signGenesisCertificate, trustSteps
} from '../../src/index.ts'
import { at, genesisRecordOf, genesisTextOf, ROOT, ROOT_KEY } from '../support/genesis.ts'
import { ALL_SUITES, isFault, isOperation, NOW, peerOf } from '../support/peers.ts'
import { NETWORK_ID } from '../support/registry-suite.ts'

const trustOf = (variables: Record<string, string>, init: Partial<GenesisTrustInit> = {}): GenesisTrust =>
  genesisTrust({ networkId: NETWORK_ID, root: ROOT, suites: ALL_SUITES, nowSeconds: NOW + 1, environment: readGenesisEnvironment(variables), ...init })
const OTHER_ROOT = ALL_SUITES.get('ml-dsa-65')!.fromSeed(new Uint8Array(32).fill(98))

describe('QNET_GENESIS_CERT_<id> and QNET_BOOTSTRAP_ID', () => {
  it('QN-15 + a certificate that the root has signed makes a genesis node, until it expires', async () => {
    const trust = trustOf({ QNET_GENESIS_CERT_001: await genesisTextOf(1), PATH: '/bin', QNET_GENESIS_CERT_002: '' })
    const { peerId } = await peerOf(1)
    assert.equal(trust.ofPeer(peerId, NOW + 999)?.id, '001')
    assert.equal(trust.ofPeer(peerId, NOW + 1_000), undefined)
    assert.equal(trust.atAddress(at('10.0.0.1:9876'), NOW)?.peerId, peerId)
    assert.equal(trust.ownId, undefined)
  })

  it('QN-15 - refuses one that is expired, early, for another id or network, of another root, or changed', async () => {
    const bytes = Buffer.from(await genesisTextOf(1), 'base64url')
    const refused: ReadonlyArray<readonly [text: string, code: string]> = [
      [await genesisTextOf(1, {}, NETWORK_ID, ROOT_KEY, NOW - 2_000), 'expired'],
      [await genesisTextOf(1, {}, NETWORK_ID, ROOT_KEY, NOW + 2_000), 'not-yet-valid'],
      [await genesisTextOf(1, { id: '002' }), 'wrong-genesis-id'],
      [await genesisTextOf(1, {}, 'a6'.repeat(32)), 'bad-genesis-signature'],
      [await genesisTextOf(1, {}, NETWORK_ID, OTHER_ROOT), 'bad-genesis-signature'],
      [Buffer.from(new Uint8Array(bytes).with(200, (bytes[200] ?? 0) ^ 1)).toString('base64url'), 'bad-genesis-signature'],
      [bytes.subarray(1).toString('base64url'), 'bad-genesis-certificate'],
      [Buffer.concat([bytes, Buffer.of(0)]).toString('base64url'), 'trailing-bytes']
    ]
    for (const [text, code] of refused) {
      assert.throws(() => trustOf({ QNET_GENESIS_CERT_001: text }), isOperation('bad-genesis-certificate', new RegExp(`QNET_GENESIS_CERT_001 is refused: ${code}`)))
    }
    assert.throws(() => genesisTrust({ networkId: NETWORK_ID, suites: ALL_SUITES, nowSeconds: NOW, environment: { certificates: new Map([['001', bytes]]) } }), isOperation('no-genesis-root'))
  })

  it('QN-15 - refuses the old format, which anybody can make, with and without QNET_BOOTSTRAP_ID', () => {
    const old = `genesis_cert_${'ab'.repeat(40)}`
    for (const variables of [{ QNET_GENESIS_CERT_001: old }, { QNET_GENESIS_CERT_001: old, QNET_BOOTSTRAP_ID: '001' }]) {
      assert.throws(() => readGenesisEnvironment(variables), isOperation('old-genesis-format', /QNET_GENESIS_CERT_001/))
    }
  })

  it('QN-15 - refuses ids that there are not, and what is no base64url in its one right form', () => {
    for (const variables of [
      { QNET_GENESIS_CERT_006: 'AAAA' }, { QNET_GENESIS_CERT_1: 'AAAA' }, { QNET_BOOTSTRAP_ID: '006' }, { QNET_BOOTSTRAP_ID: '1' },
      { QNET_GENESIS_CERT_001: 'A+/=' }, { QNET_GENESIS_CERT_001: 'AB' }, { QNET_GENESIS_CERT_001: 'A'.repeat(10_185) }
    ]) {
      assert.throws(() => readGenesisEnvironment(variables), isOperation('bad-genesis-variable'))
    }
  })

  it('QN-15 + a node that claims a bootstrap id and has its keys is that genesis node', async () => {
    const record = await genesisRecordOf(await peerOf(1))
    const own = { peerId: record.peerId, fingerprint: fingerprint(record) }
    assert.equal(trustOf({ QNET_BOOTSTRAP_ID: '001' }, { own, records: [record] }).ownId, '001')
    assert.equal(trustOf({ QNET_BOOTSTRAP_ID: '001', QNET_GENESIS_CERT_001: await genesisTextOf(1) }, { own }).ownId, '001')
  })

  it('QN-15 - a claim of a bootstrap id skips nothing: without a record, or with other keys, it is refused', async () => {
    const [record, other] = [await genesisRecordOf(await peerOf(1)), await genesisRecordOf(await peerOf(2))]
    const own = { peerId: other.peerId, fingerprint: fingerprint(other) }
    const claim = { QNET_BOOTSTRAP_ID: '001' }
    assert.throws(() => trustOf(claim, { own }), isOperation('not-this-genesis-node'))
    assert.throws(() => trustOf(claim), isOperation('not-this-genesis-node'))
    assert.throws(() => trustOf(claim, { own, records: [record] }), isOperation('not-this-genesis-node'))
    assert.throws(() => trustOf(claim, { own: { ...own, peerId: record.peerId }, records: [record] }), isOperation('not-this-genesis-node'))
    assert.throws(() => trustOf(claim, { own: { peerId: record.peerId, fingerprint: fingerprint(record) }, records: [{ ...record, id: '002' }] }), isOperation('not-this-genesis-node'))
  })

  it('QN-15 - what a variable holds shows in no error', async () => {
    const secret = await genesisTextOf(1, {}, NETWORK_ID, OTHER_ROOT)
    const values = [secret, `genesis_cert_${'cd'.repeat(30)}`, `${secret}=`, secret.slice(1)]
    for (const value of values) {
      let error: unknown
      try {
        trustOf({ QNET_GENESIS_CERT_003: value })
      } catch (reason) {
        error = reason
      }
      assert.ok(error instanceof OperationError)
      const shown = inspect(error, { depth: 9, showHidden: true })
      for (let from = 0; from + 12 <= value.length; from += 12) {
        assert.ok(!shown.includes(value.slice(from, from + 12)))
      }
    }
  })

  it('QN-15 - two records that do not agree are a conflict, and a certificate does not replace a pinned key', async () => {
    const [one, two] = [await genesisRecordOf(await peerOf(1)), await genesisRecordOf(await peerOf(2))]
    assert.throws(() => trustOf({ QNET_GENESIS_CERT_001: '' }, { records: [one, two] }), isOperation('genesis-conflict'))
    assert.throws(() => trustOf({}, { records: [one, { ...one, id: '002' }] }), isOperation('genesis-conflict'))
    const text = await genesisTextOf(2)
    assert.throws(() => trustOf({ QNET_GENESIS_CERT_001: text }, { records: [one] }), isOperation('genesis-conflict'))
    assert.throws(() => trustOf({}, { records: [{ ...one, id: '009' }] }), isOperation('invalid-option'))
    assert.throws(() => trustOf({}, { records: [{ ...one, addresses: [] }] }), isOperation('invalid-option'))
  })

  it('the largest certificate fills its limit to the last byte', () => {
    const dsa = ALL_SUITES.get('ml-dsa-87')!.fromSeed(new Uint8Array(32))
    const record = { id: '005', peerId: 'p'.repeat(256), suite: 'ml-dsa-87', publicKey: dsa.publicKey, addresses: Array.from({ length: 8 }, () => at('10.0.0.1:1')) } as const
    const bytes = signGenesisCertificate(dsa, 'ml-dsa-87', NETWORK_ID, record, { notBeforeSeconds: 1, notAfterSeconds: 9 })
    assert.equal(bytes.length, MAX_GENESIS_CERTIFICATE_BYTES)
    const context = { id: '005', root: { suite: 'ml-dsa-87', publicKey: dsa.publicKey }, networkId: NETWORK_ID, nowSeconds: 5, suites: ALL_SUITES } as const
    assert.equal(checkGenesisCertificate(bytes, context).addresses.length, 8)
    assert.throws(() => checkGenesisCertificate(new Uint8Array(bytes.length + 1), context), isFault('bad-genesis-certificate'))
    assert.equal(GENESIS_IDS.length, 5)
  })
})

describe('the standing of a genesis node', () => {
  const address = at('10.0.0.1:9876')
  const setting = async (): Promise<{ trust: GenesisTrust, peerId: string, key: string }> => {
    const record = await genesisRecordOf(await peerOf(1))
    return { trust: trustOf({}, { records: [record] }), peerId: record.peerId, key: fingerprint(record) }
  }

  it('QN-05 + with the right keys it skips registry and reputation and is dialled first, but proves itself and is limited like all', async () => {
    const { trust, peerId, key } = await setting()
    for (const claim of [{ address, direction: 'outbound' }, { address: at('10.0.0.1:40000'), direction: 'inbound' }] as const) {
      const standing = genesisStanding(trust, { peerId, fingerprint: key, ...claim }, NOW, 'refuse')
      assert.ok(standing.kind === 'genesis' && standing.preferred)
      assert.deepEqual(trustSteps(standing), { channel: true, proof: true, limits: true, registry: false, reputation: false, dialFirst: true, ban: 'back-off' })
    }
    assert.deepEqual(trustSteps({ kind: 'ordinary' }), { channel: true, proof: true, limits: true, registry: true, reputation: true, dialFirst: false, ban: 'ladder' })
    const pins = new Pins()
    trust.pins(NOW).forEach(pin => { pins.learn(pin) })
    assert.deepEqual(pins.get(peerId), { peerId, fingerprint: key, epoch: 0, source: 'profile' })
  })

  it('QN-05 - at its address with another PeerId, or with its PeerId and another key, it is refused', async () => {
    const { trust, peerId } = await setting()
    const stranger = (await peerOf(2)).peerId
    assert.deepEqual(genesisStanding(trust, { peerId: stranger, address, direction: 'outbound' }, NOW), { kind: 'refused', code: 'genesis-wrong-peer' })
    assert.deepEqual(genesisStanding(trust, { peerId, fingerprint: 'ff'.repeat(32), address, direction: 'outbound' }, NOW), { kind: 'refused', code: 'genesis-wrong-key' })
    assert.deepEqual(genesisStanding(trust, { peerId: stranger, address: at('10.0.0.1:40000'), direction: 'inbound' }, NOW), { kind: 'ordinary' }, 'an address makes nobody a genesis node')
  })

  it('QN-05 - with the pinned keys at another address it is refused, or let in without being preferred', async () => {
    const { trust, peerId, key } = await setting()
    const elsewhere = [{ address: at('10.0.0.2:9876'), direction: 'outbound' }, { address: at('10.0.0.1:9877'), direction: 'outbound' }, { address: at('10.0.0.2:1'), direction: 'inbound' }] as const
    for (const claim of elsewhere) {
      assert.deepEqual(genesisStanding(trust, { peerId, fingerprint: key, ...claim }, NOW, 'refuse'), { kind: 'refused', code: 'genesis-wrong-address' })
      const standing = genesisStanding(trust, { peerId, fingerprint: key, ...claim }, NOW)
      assert.ok(standing.kind === 'genesis' && !standing.preferred)
      assert.deepEqual(trustSteps(standing), { channel: true, proof: true, limits: true, registry: false, reputation: true, dialFirst: false, ban: 'back-off' })
    }
  })
})
