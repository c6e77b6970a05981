import assert from 'node:assert/strict'
import {
  checkWithdrawal, createVerifier, decodeWithdrawal, encodeWithdrawal, MAX_WITHDRAWAL_BYTES, Pins, type SignedWithdrawal, signWithdrawal, type WithdrawalContext
} from '../../src/index.ts'
import { withdrawalStatement } from '../../src/withdrawal.ts'
import { ALL_SUITES, isFault, NOW, peerOf, peerOfType, type TestPeer } from '../support/peers.ts'

const CLAIM = { encrypters: ['/noise', '/tls/1.0.0'], timeSeconds: NOW } as const

const check = async (signed: SignedWithdrawal, context: Partial<WithdrawalContext> = {}): Promise<unknown> =>
  await checkWithdrawal(decodeWithdrawal(encodeWithdrawal(signed)), { nowSeconds: NOW, suites: ALL_SUITES, ...context })

const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(40, (bytes[40] ?? 0) ^ 1)

/** Pins that know the key of this peer. */
async function pinsOf ({ peerId, signer }: TestPeer): Promise<Pins> {
  const pins = new Pins()
  await createVerifier({ suites: ALL_SUITES, pins }).certify(peerId, await signer.certificate(NOW), NOW)
  return pins
}

describe('withdrawals of the hybrid', () => {
  it('QC-09 + are signed by both keys of a peer, and come back as they were', async () => {
    const peer = await peerOf(1)
    const signed = await signWithdrawal(peer.identity, CLAIM, peer.signer)
    assert.deepEqual(encodeWithdrawal(decodeWithdrawal(encodeWithdrawal(signed))), encodeWithdrawal(signed))
    const told = { ...CLAIM, peerId: peer.peerId }
    assert.deepEqual(await check(signed, { pins: await pinsOf(peer) }), told)
    assert.deepEqual(await check(signed), told)
    assert.equal(Buffer.from(withdrawalStatement({ peerId: 'QmA', encrypters: ['/a'], timeSeconds: 0x01020304 })).toString('latin1'),
      '\x1cpeerwright/withdraw-hybrid/1\x03QmA\x01\x02/a\x04\x03\x02\x01')
  })

  for (const type of ['secp256k1', 'ECDSA', 'RSA'] as const) {
    it(`QC-09 + are signed by an identity of type ${type} alone, where no other key is known`, async () => {
      const { identity, peerId } = await peerOfType(type)
      assert.deepEqual(await check(await signWithdrawal(identity, CLAIM)), { ...CLAIM, peerId })
    })
  }

  it('QC-09 - lack a signature that belongs to them', async () => {
    const [peer, other] = [await peerOf(1), await peerOf(2)]
    const signed = await signWithdrawal(peer.identity, CLAIM, peer.signer)
    const { certified, ...classical } = signed
    assert.ok(certified !== undefined)
    await assert.rejects(check(classical, { pins: await pinsOf(peer) }), isFault('not-certified'))
    await assert.rejects(check({ ...signed, identitySignature: flipped(signed.identitySignature) }), isFault('bad-identity-signature'))
    await assert.rejects(check({ ...signed, encrypters: ['/noise'] }), isFault('bad-identity-signature'))
    await assert.rejects(check({ ...signed, timeSeconds: NOW + 1 }), isFault('bad-identity-signature'))
    await assert.rejects(check({ ...signed, certified: { ...certified, signature: flipped(certified.signature) } }), isFault('bad-key-signature'))
    await assert.rejects(check(await signWithdrawal(peer.identity, CLAIM, other.signer)), isFault('wrong-peer'))
    await assert.rejects(checkWithdrawal({ ...signed, peerId: other.peerId }, { nowSeconds: NOW, suites: ALL_SUITES }), isFault('wrong-peer'))
  })

  it('QC-09 - are refused from another ML-DSA key than the one that is known', async () => {
    const [peer, forger] = [await peerOf(1, 'ml-dsa-65'), await peerOf(1, 'ml-dsa-44')]
    const pins = await pinsOf(peer)
    await assert.rejects(check(await signWithdrawal(forger.identity, CLAIM, forger.signer), { pins }), isFault('pin-mismatch'))
  })

  it('QC-09 - are refused from a time to come', async () => {
    const { identity } = await peerOf(1)
    await check(await signWithdrawal(identity, { ...CLAIM, timeSeconds: NOW + 300 }))
    await assert.rejects(check(await signWithdrawal(identity, { ...CLAIM, timeSeconds: NOW + 301 })), isFault('not-yet-valid'))
  })

  it('QC-09 - have a limit for each field, and for all of it', async () => {
    const { identity } = await peerOf(1)
    for (const encrypters of [[], Array<string>(17).fill('/noise')]) {
      await assert.rejects(signWithdrawal(identity, { ...CLAIM, encrypters }), isFault('bad-withdrawal'))
    }
    await assert.rejects(signWithdrawal(identity, { ...CLAIM, encrypters: ['x'.repeat(65)] }), isFault('bad-name'))
    const bytes = encodeWithdrawal(await signWithdrawal(identity, CLAIM))
    assert.throws(() => decodeWithdrawal(bytes.with(0, 2)), isFault('bad-withdrawal'))
    assert.throws(() => decodeWithdrawal(bytes.with(bytes.length - 1, 2)), isFault('not-canonical'))
    assert.throws(() => decodeWithdrawal(new Uint8Array(MAX_WITHDRAWAL_BYTES + 1)), isFault('bad-withdrawal'))
    const largest = encodeWithdrawal({
      peerId: '', identityKey: new Uint8Array(600), encrypters: Array<string>(16).fill('x'.repeat(64)), timeSeconds: 1, identitySignature: new Uint8Array(512), certified: { certificate: new Uint8Array(15_572), signature: new Uint8Array(4_627) }
    })
    assert.equal(largest.length, MAX_WITHDRAWAL_BYTES)
  })
})
