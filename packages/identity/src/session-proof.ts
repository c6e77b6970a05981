import { createHash } from 'node:crypto'
import { equalBytes, fromHex, invariant, OperationError, PeerFault } from '@peerwright/core'
import type { CertifiedPeer, PeerIdText, Signer, Verifier } from '@peerwright/interface'
import { PROOF_SUITES, type ProofAnswer, type ProofChallenge, type ProofSuite } from '@peerwright/protocol-messages'
import { CLOCK_SKEW_SECONDS } from './constants.ts'
import { statement } from './statement.ts'

/** What a proof after `verack` is bound to: this conversation over this channel, and who is who in it. */
export interface SessionFacts {
  /** 64 hexadecimal digits */
  readonly networkId: string
  /** Who proves */
  readonly prover: PeerIdText
  /** Who asked */
  readonly asker: PeerIdText
  /** Nonce of the `version` of whoever proves */
  readonly proverNonce: bigint
  /** Nonce of the `version` of whoever asked */
  readonly askerNonce: bigint
  /** What the channel alone has: 32 to 64 bytes */
  readonly channelBinding: Uint8Array
}

/** Sizes of a channel binding that is worth its name, in bytes: the handshake hash of Noise, or a TLS exporter of as many. */
const MIN_BINDING_BYTES = 32
const MAX_BINDING_BYTES = 64

/** Whether a channel has what a proof can be bound to. */
export function isBinding (binding: Uint8Array | undefined): binding is Uint8Array {
  return binding !== undefined && binding.length >= MIN_BINDING_BYTES && binding.length <= MAX_BINDING_BYTES
}

/**
 * What is signed: the network, both peers and both nonces with whoever proves first, the challenge, the time, the channel binding, the
 * suite and
 * SHA-256 of the certificate. The order tells who proves to whom: an answer thrown back at its author is none.
 */
function proofStatement (
  facts: SessionFacts, { suite, challenge, timeSeconds, certificate }: Omit<ProofAnswer, 'step' | 'signature'>
): Uint8Array {
  const networkId = fromHex(facts.networkId)
  invariant(networkId?.length === 32, 'a network id has 32 bytes')
  invariant(isBinding(facts.channelBinding), 'no proof without a channel binding')
  const text = new TextEncoder()
  return statement('peerwright/proof/1').bytes(networkId)
    .varBytes(text.encode(facts.prover)).varBytes(text.encode(facts.asker)).u64le(facts.proverNonce).u64le(facts.askerNonce)
    .bytes(challenge).u32le(timeSeconds).varBytes(facts.channelBinding).u8(PROOF_SUITES[suite].id)
    .bytes(createHash('sha256').update(certificate).digest()).finish()
}

/**
 * The answer to a challenge.
 *
 * @throws OperationError `no-common-suite` when the peer does not accept the suite of our key
 */
export async function answerChallenge (
  signer: Signer, facts: SessionFacts, { challenge, suites }: ProofChallenge, nowSeconds: number
): Promise<ProofAnswer> {
  const suite = signer.suite as ProofSuite
  if (!suites.includes(suite)) {
    throw new OperationError('no-common-suite', `the peer does not accept ${suite}, in which we sign`)
  }
  const unsigned = { suite, challenge, timeSeconds: nowSeconds, certificate: await signer.certificate(nowSeconds) }
  return { step: 'answer', ...unsigned, signature: signer.sign(proofStatement(facts, unsigned)) }
}

/**
 * Checks the answer to our challenge; what is cheap comes first.
 *
 * @param remember - as in `Verifier.certify`
 * @throws PeerFault `unasked-proof`, `suite-not-accepted`, `stale-proof`, `bad-proof`, and what `Verifier.certify` finds
 */
export async function checkAnswer (
  verifier: Verifier, facts: SessionFacts, challenge: Uint8Array, answer: ProofAnswer, nowSeconds: number, remember: boolean = true
): Promise<CertifiedPeer> {
  if (!equalBytes(answer.challenge, challenge)) {
    throw new PeerFault('unasked-proof', 'a proof that answers another challenge')
  }
  if (!verifier.suites.includes(answer.suite)) {
    throw new PeerFault('suite-not-accepted', `${answer.suite} is not accepted here, and the challenge said so`)
  }
  if (Math.abs(answer.timeSeconds - nowSeconds) > CLOCK_SKEW_SECONDS) {
    throw new PeerFault('stale-proof', `a proof that was signed more than ${CLOCK_SKEW_SECONDS} s before or after now`, { offence: 'ambiguous' })
  }
  const peer = await verifier.certify(facts.prover, answer.certificate, nowSeconds, remember)
  if (!verifier.verify(peer, proofStatement(facts, answer), answer.signature)) {
    throw new PeerFault('bad-proof', 'the peer has not signed this challenge on this channel with its key')
  }
  return peer
}
