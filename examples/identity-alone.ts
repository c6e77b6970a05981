/**
 * Who is a peer? Two nodes with an ML-DSA key each: certificates, a registry, pins, and a proof that is bound to one handshake.
 *
 * Run: npx --no-install node --conditions=source examples/identity-alone.ts
 */
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { PeerFault, systemRandom } from '@peerwright/core'
import {
  checkHandshake, createSigner, createVerifier, derivedSecret, type HandshakeFacts, Ledger, loadSuites, Pins, proveHandshake, signRegistration
} from '@peerwright/identity'

const networkId = 'e0'.repeat(32)
const nowSeconds = Math.floor(Date.now() / 1_000)
const suites = await loadSuites()

// The key follows from the identity: nothing more is kept
const identity = await generateKeyPair('Ed25519')
const peerId = identity.publicKey.toString()
const signer = createSigner({ identity, secret: derivedSecret(identity, 'ml-dsa-65'), suites })

const ledger = new Ledger({ networkId, suites, nowSeconds: () => nowSeconds })
await ledger.register(await signRegistration(signer, networkId, {
  activation: systemRandom.bytes(32), walletAddress: 'wallet-1', nodeType: 'full', activatedSeconds: nowSeconds, lastSeenSeconds: nowSeconds, migrationCount: 0
}, nowSeconds))
console.log('registered:', (await ledger.lookup(peerId))?.status)

const facts: HandshakeFacts = {
  role: 'responder', handshakeHash: systemRandom.bytes(32), identityKey: publicKeyToProtobuf(identity.publicKey), encrypters: ['/noise']
}
const proof = await proveHandshake(signer, facts, nowSeconds)
const verifier = createVerifier({ suites, pins: new Pins() })
const peer = await checkHandshake(verifier, peerId, facts, proof, nowSeconds)
console.log(`proved with ${peer.suite}, ${proof.certificate.length + proof.signature.length} bytes`)

try {
  await checkHandshake(verifier, peerId, { ...facts, handshakeHash: systemRandom.bytes(32) }, proof, nowSeconds)
} catch (error) {
  console.log('in another handshake:', error instanceof PeerFault ? error.code : error)
}
try {
  const other = createSigner({ identity, secret: derivedSecret(identity, 'ml-dsa-87'), suites })
  await checkHandshake(verifier, peerId, facts, await proveHandshake(other, facts, nowSeconds), nowSeconds)
} catch (error) {
  console.log('with another key:', error instanceof PeerFault ? error.code : error)
}
