import type { PrivateKey } from '@libp2p/interface'
import type { Migration, PeerIdText, Registration, Revocation, Signer } from '@peerwright/interface'
import { migrationStatement, registrationStatement, revocationStatement } from './registry-record.ts'

/** What a peer says to be registered; the rest is its certificate and its signature. */
export type RegistrationClaim = Omit<Registration, 'certificate' | 'deviceSignature'>

/**
 * Signs a registration with the ML-DSA key of the peer that it is of.
 *
 * @throws PeerFault `bad-record`, `bad-name` when a field is out of range
 */
export async function signRegistration (
  signer: Signer, networkId: string, claim: RegistrationClaim, nowSeconds: number
): Promise<Registration> {
  const unsigned = { ...claim, certificate: await signer.certificate(nowSeconds) }
  return { ...unsigned, deviceSignature: signer.sign(registrationStatement(networkId, unsigned)) }
}

/** Gives an activation to the peer of a registration. */
export function signMigration (signer: Signer, networkId: string, from: PeerIdText, registration: Registration): Migration {
  return { from, signature: signer.sign(migrationStatement(networkId, from, registration)) }
}

/** Ends a registration: with the ML-DSA key that is listed, or with the identity. */
export async function signRevocation (
  signer: Signer | PrivateKey, networkId: string, claim: Pick<Revocation, 'peerId' | 'timeSeconds' | 'reason'>
): Promise<Revocation> {
  const unsigned = { ...claim, signedBy: 'suite' in signer ? 'ml-dsa' : 'identity' } as const
  return { ...unsigned, signature: await signer.sign(revocationStatement(networkId, unsigned)) }
}
