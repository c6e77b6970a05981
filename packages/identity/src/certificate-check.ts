import { PeerFault } from '@peerwright/core'
import type { CertifiedPeer, PeerIdText } from '@peerwright/interface'
import type { ProofSuite } from '@peerwright/protocol-messages'
import { type Certificate, certificateStatement, fingerprint } from './certificate.ts'
import { CLOCK_SKEW_SECONDS } from './constants.ts'
import { readIdentityKey } from './identity-key.ts'
import { acceptedSuite, type Suites } from './suites.ts'

/** What a certificate is held against. */
export interface CertificateContext {
  /** Whose it must be */
  readonly peerId: PeerIdText
  /** Seconds since the Unix epoch */
  readonly nowSeconds: number
  readonly suites: Suites
}

/**
 * Verifies a certificate: its suite, its time, whose it is, and all its signatures; what is cheap comes first.
 *
 * @throws PeerFault `suite-not-accepted`, `not-yet-valid`, `expired`, `bad-identity-key`, `wrong-peer`, `bad-key-signature`,
 * `bad-identity-signature`, `bad-rotation`
 */
export async function checkCertificate (
  certificate: Certificate, { peerId, nowSeconds, suites }: CertificateContext
): Promise<CertifiedPeer & { readonly suite: ProofSuite }> {
  const { suite, epoch, publicKey, notAfterSeconds } = certificate
  const dsa = acceptedSuite(suites, suite)
  checkTime(certificate, nowSeconds)
  const identity = readIdentityKey(certificate.identityKey)
  if (identity.peerId !== peerId) {
    throw new PeerFault('wrong-peer', 'the certificate is another peer\'s')
  }
  const text = certificateStatement(certificate)
  if (!dsa.verify(publicKey, text, certificate.keySignature)) {
    throw new PeerFault('bad-key-signature', 'the certificate is not signed by its own key')
  }
  if (!await identity.verify(text, certificate.identitySignature)) {
    throw new PeerFault('bad-identity-signature', 'the certificate is not signed by the identity of its peer')
  }
  const vouchedBy = checkRotation(certificate, text, suites)
  const certified = { peerId, suite, epoch, publicKey: new Uint8Array(publicKey), fingerprint: fingerprint(certificate), notAfterSeconds }
  return vouchedBy === undefined ? certified : { ...certified, vouchedBy }
}

/**
 * The time of a certificate alone.
 *
 * @throws PeerFault `not-yet-valid`, `expired`
 */
export function checkTime (
  { notBeforeSeconds, notAfterSeconds }: Pick<Certificate, 'notBeforeSeconds' | 'notAfterSeconds'>, nowSeconds: number
): void {
  if (nowSeconds < notBeforeSeconds - CLOCK_SKEW_SECONDS) {
    throw new PeerFault('not-yet-valid', 'the certificate is not valid yet', { offence: 'ambiguous' })
  }
  if (nowSeconds >= notAfterSeconds) {
    throw new PeerFault('expired', 'the certificate has expired', { offence: 'ambiguous' })
  }
}

/** The key before, where it has signed. One of a suite that is no longer accepted vouches for nothing. */
function checkRotation ({ previous, previousSignature }: Certificate, text: Uint8Array, suites: Suites): string | undefined {
  const dsa = previous === undefined ? undefined : suites.get(previous.suite)
  if (previous === undefined || dsa === undefined) {
    return undefined
  }
  if (previousSignature === undefined || !dsa.verify(previous.publicKey, text, previousSignature)) {
    throw new PeerFault('bad-rotation', 'the certificate is not signed by the key that it replaces')
  }
  return fingerprint(previous)
}
