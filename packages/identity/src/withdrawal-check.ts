import { PeerFault } from '@peerwright/core'
import { checkCertificate } from './certificate-check.ts'
import { decodeCertificate } from './certificate.ts'
import { CLOCK_SKEW_SECONDS } from './constants.ts'
import { readIdentityKey } from './identity-key.ts'
import { Pins } from './pins.ts'
import { acceptedSuite, type Suites } from './suites.ts'
import { type SignedWithdrawal, type Withdrawal, withdrawalStatement } from './withdrawal.ts'

/** What a withdrawal is held against. */
export interface WithdrawalContext {
  /** Seconds since the Unix epoch */
  readonly nowSeconds: number
  readonly suites: Suites
  /** What is known of the ML-DSA keys of peers: a peer whose key is known must sign with it. @default none */
  readonly pins?: Pins
}

/**
 * Verifies a withdrawal: that it is not of the future, and all its signatures. Whether it is newer than what is remembered is for whoever
 * remembers.
 *
 * @throws PeerFault `not-yet-valid`, `wrong-peer`, `bad-identity-signature`, `not-certified`, `bad-key-signature`, what is wrong with a
 * certificate, `epoch-rolled-back`, `pin-mismatch`
 */
export async function checkWithdrawal (
  signed: SignedWithdrawal, { nowSeconds, suites, pins = new Pins() }: WithdrawalContext
): Promise<Withdrawal> {
  const { peerId, encrypters, timeSeconds, certified } = signed
  if (timeSeconds > nowSeconds + CLOCK_SKEW_SECONDS) {
    throw new PeerFault('not-yet-valid', 'the withdrawal is of a time to come', { offence: 'ambiguous' })
  }
  const identity = readIdentityKey(signed.identityKey)
  if (identity.peerId !== peerId) {
    throw new PeerFault('wrong-peer', 'the withdrawal is another peer\'s')
  }
  const text = withdrawalStatement(signed)
  if (!await identity.verify(text, signed.identitySignature)) {
    throw new PeerFault('bad-identity-signature', 'the withdrawal is not signed by the identity of its peer')
  }
  if (certified !== undefined) {
    await checkCertified(signed, certified, text, { nowSeconds, suites, pins })
  } else if (pins.get(peerId) !== undefined) {
    throw new PeerFault('not-certified', 'the withdrawal is not signed by the ML-DSA key that the peer is known to have')
  }
  return { peerId, encrypters, timeSeconds }
}

async function checkCertified (
  { peerId }: SignedWithdrawal, { certificate: bytes, signature }: NonNullable<SignedWithdrawal['certified']>, text: Uint8Array,
  { nowSeconds, suites, pins }: Required<WithdrawalContext>
): Promise<void> {
  const certificate = decodeCertificate(bytes)
  const peer = await checkCertificate(certificate, { peerId, nowSeconds, suites })
  if (!acceptedSuite(suites, certificate.suite).verify(certificate.publicKey, text, signature)) {
    throw new PeerFault('bad-key-signature', 'the withdrawal is not signed by the key of its certificate')
  }
  // Last: a rotation that the known key vouches for is learned from here
  pins.check(peer, false)
}
