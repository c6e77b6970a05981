import { ByteReader, ByteWriter, invariant, PeerFault } from '@peerwright/core'
import { HASH_BYTES } from './numbers.ts'
import { PROOF_SUITES, type ProofSuite, requireSuite, suiteById } from './proof-suite.ts'

/** Most suites in a challenge: 5 times as many as there are. */
const MAX_SUITES = 16

/**
 * Longest certificate, in bytes: form 1, suite 1, epoch 4, times 8, length 3 and identity key 600, key 2,592, flag 1, suite and key
 * before 2,593, length 3 and signature 512, two signatures of 4,627 (FIPS 204, table 2). Its codec is in `identity`.
 */
export const MAX_CERTIFICATE_BYTES = 15_572

/** A question for a proof of identity: sign this. */
export interface ProofChallenge {
  readonly step: 'challenge'
  /** 32 fresh random bytes */
  readonly challenge: Uint8Array
  /** The suites that are accepted, the best one first. Those that we do not know are left out when it is decoded */
  readonly suites: readonly ProofSuite[]
}

/** The proof. What is signed, and how it is bound to the channel, is for `identity`. */
export interface ProofAnswer {
  readonly step: 'answer'
  readonly suite: ProofSuite
  /** The challenge that is answered: 32 bytes */
  readonly challenge: Uint8Array
  /** When it was signed: seconds since the Unix epoch, below 2^32 */
  readonly timeSeconds: number
  /** The certificate of the key that has signed, as `identity` encodes it */
  readonly certificate: Uint8Array
  readonly signature: Uint8Array
}

/** The message `proof`: one of the two steps of a challenge-response. */
export type Proof = ProofChallenge | ProofAnswer

/** The steps by their number on the wire. */
const CHALLENGE = 0
const ANSWER = 1

/** A byte for the step, then its fields. */
export function encodeProof (proof: Proof): Uint8Array {
  if (proof.step === 'challenge') {
    invariant(proof.suites.length <= MAX_SUITES, `at most ${MAX_SUITES} suites`)
    return new ByteWriter(34 + proof.suites.length).u8(CHALLENGE).bytes(proof.challenge).u8(proof.suites.length)
      .bytes(Uint8Array.from(proof.suites, suite => PROOF_SUITES[suite].id)).finish()
  }
  const { suite, challenge, timeSeconds, certificate, signature } = proof
  const { id, signatureBytes } = PROOF_SUITES[suite]
  invariant(signature.length === signatureBytes, `${suite} has signatures of ${signatureBytes} bytes`)
  invariant(certificate.length <= MAX_CERTIFICATE_BYTES, `a certificate has at most ${MAX_CERTIFICATE_BYTES} bytes`)
  return new ByteWriter(41 + certificate.length + signature.length).u8(ANSWER).u8(id).bytes(challenge).u32le(timeSeconds)
    .varBytes(certificate).bytes(signature).finish()
}

/** @throws PeerFault with the codes of `ByteReader`, `unknown-suite`, `bad-proof` */
export function decodeProof (payload: Uint8Array): Proof {
  const reader = new ByteReader(payload)
  const step = reader.u8()
  if (step !== CHALLENGE && step !== ANSWER) {
    throw new PeerFault('bad-proof', 'a proof in a step that there is not')
  }
  const proof = step === CHALLENGE ? readChallenge(reader) : readAnswer(reader)
  reader.end()
  return proof
}

function readChallenge (reader: ByteReader): ProofChallenge {
  const challenge = reader.bytes(HASH_BYTES)
  const suites = [...reader.varBytes(MAX_SUITES)].map(suiteById).filter(suite => suite !== undefined)
  return { step: 'challenge', challenge, suites }
}

function readAnswer (reader: ByteReader): ProofAnswer {
  const suite = requireSuite(reader.u8())
  return {
    step: 'answer',
    suite,
    challenge: reader.bytes(HASH_BYTES),
    timeSeconds: reader.u32le(),
    certificate: reader.varBytes(MAX_CERTIFICATE_BYTES),
    signature: reader.bytes(PROOF_SUITES[suite].signatureBytes)
  }
}
