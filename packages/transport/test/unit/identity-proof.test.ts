import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerFault } from '@peerwright/core'
import { IdentityProof, ProvenPeers } from '../../src/noise/identity-proof.ts'
import { dhKeyPair } from '../../src/noise/x25519.ts'

const badIdentity = (error: unknown): boolean => error instanceof PeerFault && error.code === 'bad-identity'

describe('the identity in a handshake', () => {
  it('is verified once for a static key, and again for any other key, signature or identity', async () => {
    const peers = new ProvenPeers()
    const [own, other] = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
    const [{ publicKey: staticKey }, { publicKey: otherStatic }] = [dhKeyPair(), dhKeyPair()]
    const shown = { ...await new IdentityProof(own, staticKey).get(), streamMuxers: [] }
    const first = await peers.prove(shown, staticKey, undefined)
    assert.ok(first.equals(peerIdFromPrivateKey(own)))
    // The very same object: nothing was computed
    assert.equal(await peers.prove(shown, staticKey, undefined), first)
    await assert.rejects(peers.prove(shown, otherStatic, undefined), badIdentity)
    await assert.rejects(peers.prove({ ...shown, identitySignature: shown.identitySignature.with(3, (shown.identitySignature[3] ?? 0) ^ 1) }, staticKey, undefined), badIdentity)
    await assert.rejects(peers.prove({ ...shown, identityKey: (await new IdentityProof(other, staticKey).get()).identityKey }, staticKey, undefined), badIdentity)
    await assert.rejects(peers.prove(shown, staticKey, peerIdFromPrivateKey(other)), { name: 'UnexpectedPeerError' })
    assert.equal(await peers.prove(shown, staticKey, first), first)
  })

  it('of RSA, whose keys are long, is verified each time', async () => {
    const peers = new ProvenPeers()
    const { publicKey: staticKey } = dhKeyPair()
    const shown = { ...await new IdentityProof(await generateKeyPair('RSA', 2_048), staticKey).get(), streamMuxers: [] }
    const first = await peers.prove(shown, staticKey, undefined)
    const second = await peers.prove(shown, staticKey, undefined)
    assert.notEqual(second, first)
    assert.ok(second.equals(first))
  })
})
