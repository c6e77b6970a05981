import { PeerFault } from '@peerwright/core'
import type { PeerIdText, Registration, RegistryEntry, Revocation } from '@peerwright/interface'
import { checkCertificate } from './certificate-check.ts'
import { decodeCertificate } from './certificate.ts'
import { readIdentityKey } from './identity-key.ts'
import { migrationStatement, registrationStatement, type RegistryRecord, revocationStatement } from './registry-record.ts'
import { acceptedSuite, type Suites } from './suites.ts'

/** What the signatures of a record are checked with. */
export interface RecordContext {
  /** 64 hexadecimal digits: a record of one network is none of another */
  readonly networkId: string
  readonly suites: Suites
  /** What the registry holds now */
  readonly lookup: (peerId: PeerIdText) => RegistryEntry | undefined
}

/** A record whose signatures are good. Whether it may be is for `RegistryState`. */
export type CheckedRecord =
  | { readonly type: 'register', readonly entry: RegistryEntry, readonly vouchedBy: string | undefined }
  | { readonly type: 'migrate', readonly entry: RegistryEntry, readonly vouchedBy: string | undefined, readonly from: PeerIdText }
  | { readonly type: 'revoke', readonly peerId: PeerIdText }

/**
 * Checks the signatures of a record. The time of a certificate does not matter here: a registry lists a key, and whoever meets the peer
 * looks at
 * the certificate that it shows.
 *
 * @throws PeerFault `bad-registration`, `bad-migration`, `bad-revocation`, and what is wrong with a certificate
 */
export async function checkRecord (record: RegistryRecord, context: RecordContext): Promise<CheckedRecord> {
  switch (record.type) {
    case 'register': {
      const { entry, vouchedBy } = await checkRegistration(record.registration, context)
      return { type: 'register', entry, vouchedBy }
    }
    case 'migrate': {
      const { registration, migration } = record
      const { entry, vouchedBy } = await checkRegistration(registration, context)
      const listed = context.lookup(migration.from)
      const text = migrationStatement(context.networkId, migration.from, registration)
      if (listed !== undefined && !verifyListed(listed, text, migration.signature, context.suites)) {
        throw new PeerFault('bad-migration', 'the peer that had the activation has not given it away')
      }
      return { type: 'migrate', entry, vouchedBy, from: migration.from }
    }
    case 'revoke':
      await checkRevocation(record.revocation, context)
      return { type: 'revoke', peerId: record.revocation.peerId }
  }
}

async function checkRegistration (
  registration: Registration, { networkId, suites }: RecordContext
): Promise<{ readonly entry: RegistryEntry, readonly vouchedBy: string | undefined }> {
  const certificate = decodeCertificate(registration.certificate)
  const { peerId } = readIdentityKey(certificate.identityKey)
  const certified = await checkCertificate(certificate, { peerId, nowSeconds: certificate.notBeforeSeconds, suites })
  const text = registrationStatement(networkId, registration)
  if (!acceptedSuite(suites, certificate.suite).verify(certificate.publicKey, text, registration.deviceSignature)) {
    throw new PeerFault('bad-registration', 'the registration is not signed by the key of its certificate')
  }
  const { fingerprint, epoch, vouchedBy } = certified
  return { entry: { peerId, status: 'active', registration: kept(registration), fingerprint, epoch }, vouchedBy }
}

/** What is kept must not change with, or hold on to, the buffer that it came in. */
function kept (registration: Registration): Registration {
  const { certificate, activation, deviceSignature } = registration
  return { ...registration, certificate: new Uint8Array(certificate), activation: new Uint8Array(activation), deviceSignature: new Uint8Array(deviceSignature) }
}

async function checkRevocation (revocation: Revocation, { networkId, suites, lookup }: RecordContext): Promise<void> {
  const listed = lookup(revocation.peerId)
  if (listed === undefined) {
    return
  }
  const text = revocationStatement(networkId, revocation)
  const good = revocation.signedBy === 'identity'
    ? await readIdentityKey(decodeCertificate(listed.registration.certificate).identityKey).verify(text, revocation.signature)
    : verifyListed(listed, text, revocation.signature, suites)
  if (!good) {
    throw new PeerFault('bad-revocation', 'the revocation is signed by neither key of the peer')
  }
}

function verifyListed ({ registration }: RegistryEntry, text: Uint8Array, signature: Uint8Array, suites: Suites): boolean {
  const { suite, publicKey } = decodeCertificate(registration.certificate)
  return suites.get(suite)?.verify(publicKey, text, signature) === true
}
