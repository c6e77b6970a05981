import assert from 'node:assert/strict'
import { MAX_CERTIFICATE_BYTES } from '@peerwright/protocol-messages'
import { checkCertificate, createSigner, createVerifier, decodeCertificate, encodeCertificate, loadSuites, Pins, SUITES } from '../../src/index.ts'
import { largestCertificate } from '../support/largest-certificate.ts'
import { ALL_SUITES, isFault, isOperation, keyOf, NOW, peerOf, peerOfType, peerWith } from '../support/peers.ts'

const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1)
const DAY = 86_400

describe('certificates', () => {
  for (const suite of SUITES) {
    it(`QN-06 QN-21 + bind a peer to its key, first and after a rotation: ${suite}`, async () => {
      const [first, second] = [await peerOf(1, suite), await peerOf(1, suite, 1)]
      const one = decodeCertificate(await first.signer.certificate(NOW))
      const two = decodeCertificate(await second.signer.certificate(NOW))
      const context = { peerId: first.peerId, nowSeconds: NOW, suites: ALL_SUITES }
      const [a, b] = [await checkCertificate(one, context), await checkCertificate(two, context)]
      assert.deepEqual([a.peerId, a.suite, a.epoch, a.vouchedBy], [first.peerId, suite, 0, undefined])
      assert.deepEqual([b.peerId, b.suite, b.epoch, b.vouchedBy], [first.peerId, suite, 1, a.fingerprint])
      assert.ok((await second.signer.certificate(NOW)).length <= MAX_CERTIFICATE_BYTES)
    })
  }

  for (const type of ['secp256k1', 'ECDSA', 'RSA'] as const) {
    it(`QN-06 + hold for an identity of type ${type}`, async () => {
      const peer = await peerOfType(type)
      const certificate = decodeCertificate(await peer.signer.certificate(NOW))
      await checkCertificate(certificate, { peerId: peer.peerId, nowSeconds: NOW, suites: ALL_SUITES })
      const forged = { ...certificate, identitySignature: flipped(certificate.identitySignature, 40) }
      await assert.rejects(checkCertificate(forged, { peerId: peer.peerId, nowSeconds: NOW, suites: ALL_SUITES }), isFault('bad-identity-signature'))
    })
  }

  it('QN-06 - are refused before their time and after it', async () => {
    const { peerId, signer } = await peerOf(1)
    const certificate = decodeCertificate(await signer.certificate(NOW))
    const at = async (nowSeconds: number): Promise<unknown> => await checkCertificate(certificate, { peerId, nowSeconds, suites: ALL_SUITES })
    await at(NOW - 300)
    await at(NOW + 90 * DAY - 1)
    await assert.rejects(at(NOW - 301), isFault('not-yet-valid'))
    await assert.rejects(at(NOW + 90 * DAY), isFault('expired'))
  })

  it('QN-06 - are refused from another peer, of another identity key, and for another ML-DSA key', async () => {
    const [a, b] = [await peerOf(1), await peerOf(2)]
    const [mine, theirs] = [decodeCertificate(await a.signer.certificate(NOW)), decodeCertificate(await b.signer.certificate(NOW))]
    const context = { peerId: a.peerId, nowSeconds: NOW, suites: ALL_SUITES }
    await assert.rejects(checkCertificate(theirs, context), isFault('wrong-peer'))
    await assert.rejects(checkCertificate({ ...theirs, identityKey: mine.identityKey }, context), isFault('bad-key-signature'))
    await assert.rejects(checkCertificate({ ...mine, publicKey: theirs.publicKey }, context), isFault('bad-key-signature'))
    await assert.rejects(checkCertificate({ ...mine, identityKey: new Uint8Array(36) }, context), isFault('bad-identity-key'))
  })

  it('QN-06 - a stolen identity key alone cannot take another peer\'s ML-DSA key, and a stolen ML-DSA key not another identity', async () => {
    const [a, b] = [await peerOf(1), await peerOf(2)]
    const both = decodeCertificate(await peerWith(a.identity, b.secret).signer.certificate(NOW))
    const context = { peerId: a.peerId, nowSeconds: NOW, suites: ALL_SUITES }
    const one = decodeCertificate(await a.signer.certificate(NOW))
    await assert.rejects(checkCertificate({ ...both, keySignature: one.keySignature }, context), isFault('bad-key-signature'))
    await assert.rejects(checkCertificate({ ...both, identitySignature: one.identitySignature }, context), isFault('bad-identity-signature'))
  })

  it('QN-06 - any changed byte is refused', async () => {
    const { peerId, signer } = await peerOf(1, 'ml-dsa-44', 1)
    const bytes = await signer.certificate(NOW)
    const check = async (changed: Uint8Array): Promise<unknown> => await checkCertificate(decodeCertificate(changed), { peerId, nowSeconds: NOW, suites: ALL_SUITES })
    await check(bytes)
    for (let at = 0; at < bytes.length; at += 61) {
      await assert.rejects(check(flipped(bytes, at)), { name: 'PeerFault' }, `byte ${at}`)
    }
    await assert.rejects(async () => await check(Buffer.concat([bytes, Buffer.of(0)])), isFault('trailing-bytes'))
  })

  it('QN-21 - of a suite that is not accepted, or that there is not, are refused', async () => {
    const { peerId, signer } = await peerOf(1, 'ml-dsa-44')
    const bytes = await signer.certificate(NOW)
    const suites = await loadSuites(['ml-dsa-65', 'ml-dsa-87'])
    await assert.rejects(checkCertificate(decodeCertificate(bytes), { peerId, nowSeconds: NOW, suites }), isFault('suite-not-accepted'))
    assert.throws(() => decodeCertificate(bytes.with(1, 4)), isFault('unknown-suite'))
    assert.throws(() => decodeCertificate(new Uint8Array(MAX_CERTIFICATE_BYTES + 1)), isFault('bad-certificate'))
  })

  it('QN-21 - a rotation without the signature of the key before is refused', async () => {
    const peer = await peerOf(1, 'ml-dsa-65', 1)
    const certificate = decodeCertificate(await peer.signer.certificate(NOW))
    const forged = { ...certificate, previousSignature: flipped(certificate.previousSignature!, 0) }
    await assert.rejects(checkCertificate(forged, { peerId: peer.peerId, nowSeconds: NOW, suites: ALL_SUITES }), isFault('bad-rotation'))
    const bytes = encodeCertificate({ ...certificate, epoch: 0 })
    assert.throws(() => decodeCertificate(bytes), isFault('bad-certificate'))
    assert.throws(() => decodeCertificate(encodeCertificate({ ...certificate, notAfterSeconds: NOW + 401 * DAY })), isFault('bad-certificate'))
    assert.throws(() => decodeCertificate(encodeCertificate({ ...certificate, notAfterSeconds: NOW })), isFault('bad-certificate'))
  })

  it('QN-21 + a key of a suite that is no longer accepted vouches for nothing, and spoils nothing', async () => {
    const peer = await peerOf(1, 'ml-dsa-65', 1, 'ml-dsa-44')
    const certificate = decodeCertificate(await peer.signer.certificate(NOW))
    const checked = await checkCertificate(certificate, { peerId: peer.peerId, nowSeconds: NOW, suites: await loadSuites(['ml-dsa-65']) })
    assert.equal(checked.vouchedBy, undefined)
  })
})

describe('the largest certificate', () => {
  it('fills its limit to the last byte', () => {
    const largest = largestCertificate()
    const bytes = encodeCertificate(largest)
    assert.equal(bytes.length, MAX_CERTIFICATE_BYTES)
    assert.deepEqual(decodeCertificate(bytes), largest)
    assert.throws(() => decodeCertificate(encodeCertificate({ ...largest, identityKey: new Uint8Array(601), identitySignature: new Uint8Array(511) })), isFault('too-many'))
  })
})

describe('a signer', () => {
  it('QN-06 + renews its certificate when half its time is over, or when the clock was put back', async () => {
    const { signer } = await peerOf(1)
    const first = await signer.certificate(NOW)
    assert.equal(await signer.certificate(NOW + 45 * DAY - 1), first)
    const second = await signer.certificate(NOW + 45 * DAY)
    assert.equal(decodeCertificate(second).notBeforeSeconds, NOW + 45 * DAY)
    assert.equal(decodeCertificate(await signer.certificate(NOW)).notBeforeSeconds, NOW)
  })

  it('QN-21 - refuses a suite that it has not, and a validity out of range', async () => {
    const identity = await keyOf(1)
    const { secret } = await peerOf(1, 'ml-dsa-44')
    const suites = await loadSuites(['ml-dsa-65'])
    assert.throws(() => createSigner({ identity, secret, suites }), isOperation('invalid-option', /ml-dsa-44/))
    for (const validitySeconds of [3_599, 34_560_001, 1e4 + 0.5]) {
      assert.throws(() => createSigner({ identity, secret, suites: ALL_SUITES, validitySeconds }), isOperation('invalid-option', /validitySeconds/))
    }
  })
})

describe('a verifier', () => {
  it('QN-06 + certifies a peer again without its signatures, but not after its time', async () => {
    const { peerId, signer } = await peerOf(1)
    const bytes = await signer.certificate(NOW)
    const verifier = createVerifier({ suites: ALL_SUITES, pins: new Pins() })
    const peer = await verifier.certify(peerId, bytes, NOW)
    assert.equal(await verifier.certify(peerId, bytes, NOW + 1), peer)
    await assert.rejects(verifier.certify(peerId, bytes, NOW + 90 * DAY), isFault('expired'))
    await assert.rejects(verifier.certify((await peerOf(2)).peerId, bytes, NOW), isFault('wrong-peer'))
    const text = Uint8Array.of(1, 2, 3)
    const signature = signer.sign(text)
    assert.equal(verifier.verify(peer, text, signature), true)
    assert.equal(verifier.verify(peer, text, flipped(signature, 9)), false)
    assert.equal(verifier.verify({ ...peer, suite: 'ml-dsa-66' }, text, signature), false)
  })

  it('QN-21 - refuses another key of a peer that it knows', async () => {
    const verifier = createVerifier({ suites: ALL_SUITES, pins: new Pins() })
    const [known, other] = [await peerOf(1, 'ml-dsa-65'), await peerOf(1, 'ml-dsa-44')]
    await verifier.certify(known.peerId, await known.signer.certificate(NOW), NOW)
    await assert.rejects(verifier.certify(known.peerId, await other.signer.certificate(NOW), NOW), isFault('pin-mismatch'))
  })
})
