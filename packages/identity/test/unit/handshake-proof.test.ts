import assert from 'node:assert/strict'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Verifier } from '@peerwright/interface'
import { checkHandshake, createVerifier, type HandshakeFacts, loadSuites, Pins, proveHandshake, SUITES } from '../../src/index.ts'
import { ALL_SUITES, isFault, NOW, peerOf, type TestPeer } from '../support/peers.ts'

const facts = (peer: TestPeer): HandshakeFacts => ({
  role: 'responder', handshakeHash: new Uint8Array(32).fill(7), identityKey: publicKeyToProtobuf(peer.identity.publicKey), encrypters: ['/noise-mlkem768-hfs/0.2.0', '/noise']
})
const verifierOf = (): Verifier => createVerifier({ suites: ALL_SUITES, pins: new Pins() })

describe('the proof in a handshake', () => {
  for (const suite of SUITES) {
    it(`QN-04 QN-21 + is believed: ${suite}`, async () => {
      const peer = await peerOf(1, suite, 1)
      const proof = await proveHandshake(peer.signer, facts(peer), NOW)
      const certified = await checkHandshake(verifierOf(), peer.peerId, facts(peer), proof, NOW)
      assert.deepEqual([certified.peerId, certified.suite], [peer.peerId, suite])
    })
  }

  it('QN-04 - is not believed for another role, handshake, identity key or list of encrypters', async () => {
    const peer = await peerOf(1)
    const mine = facts(peer)
    const proof = await proveHandshake(peer.signer, mine, NOW)
    const others: HandshakeFacts[] = [
      { ...mine, role: 'initiator' },
      { ...mine, handshakeHash: mine.handshakeHash.with(31, 0) },
      { ...mine, handshakeHash: new Uint8Array(64).fill(7) },
      { ...mine, identityKey: mine.identityKey.with(5, 0) },
      { ...mine, encrypters: ['/noise'] },
      { ...mine, encrypters: ['/noise', '/noise-mlkem768-hfs/0.2.0'] },
      { ...mine, encrypters: [] },
      { ...mine, encrypters: ['/noise-mlkem768-hfs/0.2.0/noise'] }
    ]
    for (const other of others) {
      await assert.rejects(checkHandshake(verifierOf(), peer.peerId, other, proof, NOW), isFault('bad-proof'))
    }
  })

  it('QN-04 - is not believed from another peer, after its time, or with a byte changed', async () => {
    const [peer, other] = [await peerOf(1), await peerOf(2)]
    const proof = await proveHandshake(peer.signer, facts(peer), NOW)
    await assert.rejects(checkHandshake(verifierOf(), other.peerId, facts(peer), proof, NOW), isFault('wrong-peer'))
    await assert.rejects(checkHandshake(verifierOf(), peer.peerId, facts(peer), proof, NOW + 91 * 86_400), isFault('expired'))
    const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 4)
    for (let at = 0; at < proof.signature.length; at += 97) {
      await assert.rejects(checkHandshake(verifierOf(), peer.peerId, facts(peer), { ...proof, signature: flip(proof.signature, at) }, NOW), isFault('bad-proof'))
    }
    for (let at = 0; at < proof.certificate.length; at += 97) {
      await assert.rejects(checkHandshake(verifierOf(), peer.peerId, facts(peer), { ...proof, certificate: flip(proof.certificate, at) }, NOW), { name: 'PeerFault' }, `byte ${at}`)
    }
    await assert.rejects(checkHandshake(verifierOf(), peer.peerId, facts(peer), { ...proof, signature: proof.signature.subarray(1) }, NOW), isFault('bad-proof'))
    await assert.rejects(checkHandshake(verifierOf(), peer.peerId, facts(peer), { ...proof, certificate: new Uint8Array(60_000) }, NOW), isFault('bad-certificate'))
  })

  it('QN-21 - is not believed in a suite that is not accepted, and no list of encrypters is longer than it may be', async () => {
    const peer = await peerOf(1, 'ml-dsa-44')
    const proof = await proveHandshake(peer.signer, facts(peer), NOW)
    const strict = createVerifier({ suites: await loadSuites(['ml-dsa-87']), pins: new Pins() })
    await assert.rejects(checkHandshake(strict, peer.peerId, facts(peer), proof, NOW), isFault('suite-not-accepted'))
    for (const encrypters of [Array.from({ length: 17 }, () => '/noise'), ['é'.repeat(33)]]) {
      await assert.rejects(checkHandshake(verifierOf(), peer.peerId, { ...facts(peer), encrypters }, proof, NOW), isFault('bad-encrypters'))
    }
  })
})
