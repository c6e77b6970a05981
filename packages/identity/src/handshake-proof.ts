import { createHash } from 'node:crypto'
import { invariant, PeerFault } from '@peerwright/core'
import type { CertifiedPeer, PeerIdText, Signer, Verifier } from '@peerwright/interface'
import { statement } from './statement.ts'

/** What a proof inside a handshake is bound to. Both sides must have seen the same. */
export interface HandshakeFacts {
  /** Of whoever signs */
  readonly role: 'initiator' | 'responder'
  /** The handshake hash up to the message that carries the proof: 32 to 64 bytes */
  readonly handshakeHash: Uint8Array
  /** The public key behind the PeerId of whoever signs, as libp2p writes it */
  readonly identityKey: Uint8Array
  /** The encrypters that whoever signs offers, in its order; at most 16 of at most 64 bytes */
  readonly encrypters: readonly string[]
}

const ROLES: Readonly<Record<HandshakeFacts['role'], number>> = { initiator: 0, responder: 1 }

/** Most encrypters in a list, and their longest id in bytes, as in the message `version`. */
const MAX_ENCRYPTERS = 16
const MAX_ENCRYPTER_BYTES = 64

/** Shortest and longest handshake hash of Noise, in bytes (Noise 4.3: HASHLEN is 32 or 64). */
const HASH_BYTES: readonly number[] = [32, 64]

/**
 * What is signed (PQ-NOISE 4, "What to sign"): the role, the handshake hash, SHA-256 of the identity key, and the list of encrypters,
 * so that a proof
 * fits one side of one handshake. @throws PeerFault `bad-encrypters` when the list is over its bounds
 */
function handshakeStatement ({ role, handshakeHash, identityKey, encrypters }: HandshakeFacts): Uint8Array {
  invariant(HASH_BYTES.includes(handshakeHash.length), 'a handshake hash of Noise has 32 or 64 bytes')
  const names = encrypters.map(name => new TextEncoder().encode(name))
  if (names.length > MAX_ENCRYPTERS || names.some(({ length }) => length > MAX_ENCRYPTER_BYTES)) {
    throw new PeerFault('bad-encrypters', `a list of encrypters has at most ${MAX_ENCRYPTERS} of at most ${MAX_ENCRYPTER_BYTES} bytes`)
  }
  const writer = statement('peerwright/handshake/1').u8(ROLES[role]).varBytes(handshakeHash)
    .bytes(createHash('sha256').update(identityKey).digest()).compactSize(names.length)
  for (const name of names) {
    writer.varBytes(name)
  }
  return writer.finish()
}

/** A proof for the payload of a handshake: our certificate, and our signature over this very handshake. */
export interface HandshakeProof {
  readonly certificate: Uint8Array
  readonly signature: Uint8Array
}

/** Proves who we are to whoever is at the other end of this handshake. */
export async function proveHandshake (signer: Signer, facts: HandshakeFacts, nowSeconds: number): Promise<HandshakeProof> {
  return { certificate: await signer.certificate(nowSeconds), signature: signer.sign(handshakeStatement(facts)) }
}

/**
 * Checks the proof of the other side. An initiator does so before it shows who it is.
 *
 * @param facts - with the role and the list of the other side
 * @throws PeerFault `bad-proof`, and what `Verifier.certify` finds
 */
export async function checkHandshake (
  verifier: Verifier, peerId: PeerIdText, facts: HandshakeFacts, { certificate, signature }: HandshakeProof, nowSeconds: number
): Promise<CertifiedPeer> {
  // A responder is whom we dialled
  const peer = await verifier.certify(peerId, certificate, nowSeconds, facts.role === 'responder')
  if (!verifier.verify(peer, handshakeStatement(facts), signature)) {
    throw new PeerFault('bad-proof', 'the peer has not signed this handshake with its key')
  }
  return peer
}
