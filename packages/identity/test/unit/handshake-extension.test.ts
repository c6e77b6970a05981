import assert from 'node:assert/strict'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Registry } from '@peerwright/interface'
import { createVerifier, genesisTrust, handshakeExtension, type HandshakeExtension, type HandshakeExtensionInit, Ledger, type PayloadFacts, Pins, signRevocation } from '../../src/index.ts'
import { genesisRecordOf } from '../support/genesis.ts'
import { ALL_SUITES, isFault, NOW, peerOf, type TestPeer } from '../support/peers.ts'
import { NETWORK_ID, registrationOf } from '../support/registry-suite.ts'

const clock = { now: () => NOW * 1_000, monotonic: () => 0, schedule: () => ({ cancel: () => {} }) }
const factsOf = (peer: TestPeer): PayloadFacts => ({
  initiator: false, transcript: new Uint8Array(32).fill(7), identityKey: publicKeyToProtobuf(peer.identity.publicKey), encrypters: ['/noise']
})
const extensionOf = (peer: TestPeer, init: Partial<HandshakeExtensionInit> = {}): HandshakeExtension =>
  handshakeExtension({ pqAuth: 'send', signer: peer.signer, verifier: createVerifier({ suites: ALL_SUITES, pins: new Pins() }), clock, ...init })
const ledgerOf = (): Ledger => new Ledger({ networkId: NETWORK_ID, suites: ALL_SUITES, nowSeconds: () => NOW })

/** What one side makes of the fields of the other. */
async function judge (from: TestPeer, theirs: Partial<HandshakeExtensionInit>, ours: Partial<HandshakeExtensionInit>): Promise<unknown> {
  const fields = await extensionOf(from, theirs).outgoing(factsOf(from))
  return await extensionOf(await peerOf(9), ours).check(fields, factsOf(from), { toString: () => from.peerId })
}

describe('the fields of a handshake that prove an ML-DSA key', () => {
  it('QN-04 + are given and believed, as encrypters take them', async () => {
    const peer = await peerOf(1)
    for (const pqAuth of ['send', 'require'] as const) {
      assert.deepEqual(await judge(peer, {}, { pqAuth }), { pqAuth: true, peerCertified: true })
    }
    assert.deepEqual([...(await extensionOf(peer).outgoing(factsOf(peer))).keys()], [1_804, 1_805])
  })

  it('QN-04 - that are missing prove nothing, and are refused where they are required', async () => {
    const peer = await peerOf(1)
    const nothing = { pqAuth: false, peerCertified: false }
    assert.deepEqual(await judge(peer, { pqAuth: 'off' }, {}), nothing)
    assert.deepEqual(await judge(peer, {}, { pqAuth: 'off' }), nothing)
    await assert.rejects(judge(peer, { pqAuth: 'off' }, { pqAuth: 'require' }), isFault('no-proof'))
    const fields = await extensionOf(peer).outgoing(factsOf(peer))
    for (const half of fields) {
      await assert.rejects(extensionOf(peer).check(new Map([half]), factsOf(peer), { toString: () => peer.peerId }), isFault('no-proof'))
    }
  })

  it('QN-04 - of another side, handshake or peer are refused', async () => {
    const peer = await peerOf(1)
    const fields = await extensionOf(peer).outgoing(factsOf(peer))
    const check = async (facts: Partial<PayloadFacts>, peerId: string = peer.peerId): Promise<unknown> =>
      await extensionOf(peer).check(fields, { ...factsOf(peer), ...facts }, { toString: () => peerId })
    await check({})
    await assert.rejects(check({ initiator: true }), isFault('bad-proof'))
    await assert.rejects(check({ transcript: new Uint8Array(32) }), isFault('bad-proof'))
    await assert.rejects(check({ encrypters: [] }), isFault('bad-proof'))
    await assert.rejects(check({}, (await peerOf(2)).peerId), isFault('wrong-peer'))
  })

  it('QN-21 + of every suite, rotated or not, fit into a payload', async () => {
    for (const suite of ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const) {
      for (const epoch of [0, 1]) {
        const peer = await peerOf(1, suite, epoch)
        const fields = await extensionOf(peer).outgoing(factsOf(peer))
        const bytes = [...fields.values()].reduce((sum, { length }) => sum + length, 0)
        assert.ok(fields.size === 2 && bytes <= 20_300, `${suite} ${epoch}: ${bytes}`)
      }
    }
  })

  it('QN-06 - of a key that is not registered certify nobody with send, and let nobody in with require; one that was revoked is refused', async () => {
    const peer = await peerOf(1)
    const registry: Registry = ledgerOf()
    assert.deepEqual(await judge(peer, {}, { registry }), { pqAuth: true, peerCertified: false })
    await assert.rejects(judge(peer, {}, { registry, pqAuth: 'require' }), isFault('not-registered'))
    await registry.register(await registrationOf(peer, 1))
    assert.deepEqual(await judge(peer, {}, { registry, pqAuth: 'require' }), { pqAuth: true, peerCertified: true })
    await registry.revoke(await signRevocation(peer.signer, NETWORK_ID, { peerId: peer.peerId, timeSeconds: NOW, reason: 'retired' }))
    await assert.rejects(judge(peer, {}, { registry }), isFault('revoked'))
  })

  it('QN-05 - of a genesis node need no registry, and have to be of its key', async () => {
    const [peer, other] = [await peerOf(1), await peerOf(1, 'ml-dsa-44')]
    const genesis = genesisTrust({ networkId: NETWORK_ID, records: [await genesisRecordOf(peer)], suites: ALL_SUITES, nowSeconds: NOW })
    assert.deepEqual(await judge(peer, {}, { registry: ledgerOf(), genesis, pqAuth: 'require' }), { pqAuth: true, peerCertified: true })
    await assert.rejects(judge(other, {}, { registry: ledgerOf(), genesis }), isFault('genesis-wrong-key'))
  })
})
