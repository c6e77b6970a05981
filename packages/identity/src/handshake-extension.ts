import { type Clock, PeerFault, systemClock } from '@peerwright/core'
import type { ChannelFacts, Signer, Verifier } from '@peerwright/interface'
import { checkHandshake, type HandshakeFacts, proveHandshake } from './handshake-proof.ts'
import { asRefusal, checkKeyListed, isUnlisted, type ListingInit } from './listing.ts'

/** What an encrypter knows of the side that sends a payload, and of all that was said before it. */
export interface PayloadFacts {
  /** Whether the sender dialled */
  readonly initiator: boolean
  /** The handshake hash before the payload: 32 or 64 bytes */
  readonly transcript: Uint8Array
  /** The sender's identity key, in libp2p's protobuf */
  readonly identityKey: Uint8Array
  /** The sender's encrypters, in its order */
  readonly encrypters: readonly string[]
}

/** What a handshake has shown of the other side. */
export type HandshakeResult = Required<Pick<ChannelFacts, 'pqAuth' | 'peerCertified'>>

/** Fields of a handshake's payload that prove an ML-DSA key, in the form that the encrypters of `transport` take. */
export interface HandshakeExtension {
  /** The fields that this side sends. */
  outgoing(facts: PayloadFacts): Promise<ReadonlyMap<number, Uint8Array>>
  /** Judges the fields of the other side. @throws PeerFault what is wrong, `no-proof` where one is required */
  check(fields: ReadonlyMap<number, Uint8Array>, facts: PayloadFacts, peer: { toString(): string }): Promise<HandshakeResult>
}

/** How proofs in handshakes are given and judged. */
export interface HandshakeExtensionInit extends ListingInit {
  /** `off`: none is given or looked at. `send`: given, and judged where there is one. `require`: whoever gives none is refused */
  readonly pqAuth: 'off' | 'send' | 'require'
  readonly signer: Signer
  readonly verifier: Verifier
  /** Time source; the machine's own when absent */
  readonly clock?: Clock
}

/** Numbers of the fields (PQ-NOISE 9: `pq_sig`, `pq_cert`). */
const SIGNATURE_FIELD = 1_804
const CERTIFICATE_FIELD = 1_805

const NOTHING_PROVED = { pqAuth: false, peerCertified: false } as const

/** Proofs of identity inside handshakes: an initiator judges that of its responder before it shows who it is itself. */
export function handshakeExtension ({ pqAuth, signer, verifier, clock = systemClock, ...listing }: HandshakeExtensionInit): HandshakeExtension {
  const now = (): number => Math.floor(clock.now() / 1_000)
  return {
    outgoing: async facts => {
      const proof = pqAuth === 'off' ? undefined : await proveHandshake(signer, factsOf(facts), now())
      return new Map(proof === undefined ? [] : [[SIGNATURE_FIELD, proof.signature], [CERTIFICATE_FIELD, proof.certificate]])
    },
    check: async (fields, facts, peer) => {
      const [signature, certificate] = [fields.get(SIGNATURE_FIELD), fields.get(CERTIFICATE_FIELD)]
      if (pqAuth === 'off') {
        return NOTHING_PROVED
      }
      if (signature === undefined || certificate === undefined) {
        if (pqAuth === 'require' || signature !== certificate) {
          throw new PeerFault('no-proof', 'the peer proves no ML-DSA key, or half of one', { offence: 'ambiguous' })
        }
        return NOTHING_PROVED
      }
      const certified = await checkHandshake(verifier, peer.toString(), factsOf(facts), { certificate, signature }, now())
      const refusal = await checkKeyListed(listing, certified, now()).then(() => undefined, asRefusal)
      if (refusal !== undefined && (pqAuth === 'require' || !isUnlisted(refusal))) {
        throw refusal
      }
      return { pqAuth: true, peerCertified: refusal === undefined }
    }
  }
}

function factsOf ({ initiator, transcript, identityKey, encrypters }: PayloadFacts): HandshakeFacts {
  return { role: initiator ? 'initiator' : 'responder', handshakeHash: transcript, identityKey, encrypters }
}
