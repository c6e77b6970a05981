import type { PrivateKey } from '@libp2p/interface'
import { OperationError } from '@peerwright/core'
import type { DsaKey } from '@peerwright/crypto'
import type { Signer } from '@peerwright/interface'
import type { ProofSuite } from '@peerwright/protocol-messages'
import { type Certificate, type CertificateBody, certificateStatement, encodeCertificate } from './certificate.ts'
import { MAX_VALIDITY_SECONDS, VALIDITY_SECONDS } from './constants.ts'
import type { DsaSecret } from './dsa-secret.ts'
import { identityKeyBytes } from './identity-key.ts'
import type { Suites } from './suites.ts'

/** Whose certificate, with which key, and how long it is good for. */
export interface SignerInit {
  /** The identity of the libp2p node, of any kind */
  readonly identity: PrivateKey
  readonly secret: DsaSecret
  /** What signs here: must hold the suite of the secret, and that of the key before */
  readonly suites: Suites
  /**
   * Validity of a certificate, in seconds, 3600 to 34560000. Short ones need clocks that are right, long ones outlive a key that was lost.
   *
   * @default 7776000
   */
  readonly validitySeconds?: number
}

/** Shortest validity, in seconds. Chosen: twelve times what clocks may be apart. */
const MIN_VALIDITY_SECONDS = 3_600

/**
 * Signs with the ML-DSA key of a node, and certifies it. A certificate is renewed when half its time is over.
 *
 * @throws OperationError `invalid-option`
 */
export function createSigner (
  { identity, secret, suites, validitySeconds = VALIDITY_SECONDS }: SignerInit
): Signer & { readonly suite: ProofSuite } {
  if (!Number.isInteger(validitySeconds) || validitySeconds < MIN_VALIDITY_SECONDS || validitySeconds > MAX_VALIDITY_SECONDS) {
    throw new OperationError('invalid-option', `identity option validitySeconds must be a whole number from ${MIN_VALIDITY_SECONDS} to ${MAX_VALIDITY_SECONDS}`)
  }
  const key = keyOf(secret, suites)
  const previous = secret.previous === undefined ? undefined : { suite: secret.previous.suite, key: keyOf(secret.previous, suites) }
  let current: { readonly bytes: Promise<Uint8Array>, readonly fromSeconds: number } | undefined

  const issue = async (nowSeconds: number): Promise<Uint8Array> => encodeCertificate(await issueCertificate(identity, {
    suite: secret.suite,
    epoch: secret.epoch,
    key,
    ...(previous === undefined ? {} : { previous })
  }, { notBeforeSeconds: nowSeconds, notAfterSeconds: nowSeconds + validitySeconds }))

  return {
    suite: secret.suite,
    certificate: async nowSeconds => {
      const age = current === undefined ? undefined : nowSeconds - current.fromSeconds
      // A clock that was put back makes a new one too
      if (current === undefined || age === undefined || age < 0 || age >= validitySeconds / 2) {
        const bytes = issue(nowSeconds)
        bytes.catch(() => { current = undefined })
        current = { bytes, fromSeconds: nowSeconds }
      }
      return await current.bytes
    },
    sign: text => key.sign(text)
  }
}

/** An ML-DSA key that is ready to sign. */
interface IssuingKey {
  readonly suite: ProofSuite
  readonly epoch: number
  readonly key: DsaKey
  readonly previous?: { readonly suite: ProofSuite, readonly key: DsaKey }
}

/** Makes a certificate: signed by the identity, by the key itself, and by the key before. */
async function issueCertificate (
  identity: PrivateKey, { suite, epoch, key, previous }: IssuingKey, validity: Pick<CertificateBody, 'notBeforeSeconds' | 'notAfterSeconds'>
): Promise<Certificate> {
  const body: CertificateBody = {
    suite,
    epoch,
    notBeforeSeconds: validity.notBeforeSeconds,
    notAfterSeconds: validity.notAfterSeconds,
    identityKey: identityKeyBytes(identity),
    publicKey: key.publicKey,
    ...(previous === undefined ? {} : { previous: { suite: previous.suite, publicKey: previous.key.publicKey } })
  }
  const text = certificateStatement(body)
  return {
    ...body,
    identitySignature: await identity.sign(text),
    keySignature: key.sign(text),
    ...(previous === undefined ? {} : { previousSignature: previous.key.sign(text) })
  }
}

function keyOf ({ suite, seed }: Pick<DsaSecret, 'suite' | 'seed'>, suites: Suites): DsaKey {
  const dsa = suites.get(suite)
  if (dsa === undefined) {
    throw new OperationError('invalid-option', `${suite} signs here, or has signed, and is not among the suites`)
  }
  return dsa.fromSeed(seed)
}
