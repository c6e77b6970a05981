/**
 * @packageDocumentation
 *
 * Who is a peer? An ML-DSA key (FIPS 204) beside the classical identity of a libp2p node: certificates that bind the two, proofs that
 * are bound to one channel, pins, a registry, and trust in genesis nodes. Bytes: docs/specs/identity.md.
 *
 * @example A key, its certificate, and what others make of it
 *
 * ```ts
 * import type { PrivateKey } from '@libp2p/interface'
 * import { createSigner, createVerifier, derivedSecret, loadSuites, Pins } from '@peerwright/identity'
 *
 * export async function introduce (identity: PrivateKey, nowSeconds: number): Promise<string> {
 *   const suites = await loadSuites()
 *   const signer = createSigner({ identity, secret: derivedSecret(identity, 'ml-dsa-65'), suites })
 *   const verifier = createVerifier({ suites, pins: new Pins() })
 *   const peer = await verifier.certify(identity.publicKey.toString(), await signer.certificate(nowSeconds), nowSeconds)
 *   return peer.fingerprint
 * }
 * ```
 */
export { checkCertificate, type CertificateContext } from './certificate-check.ts'
export {
  type Certificate, type CertificateBody, decodeCertificate, type DsaPublicKey, encodeCertificate, fingerprint
} from './certificate.ts'
export { ChainRegistry, type ChainRegistryInit } from './chain-registry.ts'
export { deriveSeed } from './derived-seed.ts'
export { derivedSecret, type DsaSecret, freshSecret, MAX_EPOCH, rotatedSecret } from './dsa-secret.ts'
export {
  checkGenesisCertificate, decodeGenesisCertificate, encodeGenesisCertificate, GENESIS_IDS, type GenesisCertificate, type GenesisContext,
  type GenesisRecord, MAX_GENESIS_CERTIFICATE_BYTES, signGenesisCertificate, type Validity
} from './genesis-certificate.ts'
export { type GenesisEnvironment, readGenesisEnvironment } from './genesis-environment.ts'
export { type GenesisClaim, genesisStanding, type GenesisStanding, trustSteps, type TrustSteps } from './genesis-standing.ts'
export { GenesisTrust, genesisTrust, type GenesisTrustInit, type TrustedGenesis } from './genesis-trust.ts'
export { handshakeExtension, type HandshakeExtension, type HandshakeExtensionInit, type HandshakeResult, type PayloadFacts } from './handshake-extension.ts'
export { checkHandshake, type HandshakeFacts, type HandshakeProof, proveHandshake } from './handshake-proof.ts'
export { readKeyFile, writeKeyFile } from './key-file.ts'
export { Ledger, type LedgerBlock, type LedgerInit } from './ledger.ts'
export { decodePins, encodePins } from './pins-codec.ts'
export { type Pin, Pins, type PinSource } from './pins.ts'
export { type ProofObserver, PROOFS_DEFAULTS, type ProofsDefaults, type ProofsInit } from './options.ts'
export { createProofs, type Proofs } from './proofs.ts'
export { decodeRecord, encodeRecord, MAX_RECORD_BYTES, type RegistryRecord } from './registry-record.ts'
export { type RegistrationClaim, signMigration, signRegistration, signRevocation } from './registry-sign.ts'
export type { RegistryRules } from './registry-state.ts'
export { createSigner, type SignerInit } from './signer.ts'
export { loadSuites, type SuiteBackends, SUITES, type Suites } from './suites.ts'
export { createVerifier, type VerifierInit } from './verifier.ts'
export { checkWithdrawal, type WithdrawalContext } from './withdrawal-check.ts'
export {
  decodeWithdrawal, encodeWithdrawal, MAX_WITHDRAWAL_BYTES, type SignedWithdrawal, signWithdrawal, type Withdrawal
} from './withdrawal.ts'
