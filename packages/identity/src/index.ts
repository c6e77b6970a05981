/**
 * @packageDocumentation
 *
 * Who is a peer?
 */
export { checkCertificate, type CertificateContext } from './certificate-check.ts'
export {
  type Certificate, type CertificateBody, decodeCertificate, type DsaPublicKey, encodeCertificate, fingerprint
} from './certificate.ts'
export { ChainRegistry, type ChainRegistryInit } from './chain-registry.ts'
export { deriveSeed } from './derived-seed.ts'
export { derivedSecret, type DsaSecret, freshSecret, MAX_EPOCH, rotatedSecret } from './dsa-secret.ts'
export {
  checkGenesisCertificate, GENESIS_IDS, type GenesisContext, type GenesisRecord, MAX_GENESIS_CERTIFICATE_BYTES, signGenesisCertificate, type Validity
} from './genesis-certificate.ts'
export { type GenesisEnvironment, readGenesisEnvironment } from './genesis-environment.ts'
export { type GenesisClaim, genesisStanding, type GenesisStanding, trustSteps, type TrustSteps } from './genesis-standing.ts'
export { GenesisTrust, genesisTrust, type GenesisTrustInit, type TrustedGenesis } from './genesis-trust.ts'
export { checkHandshake, type HandshakeFacts, MAX_HANDSHAKE_PROOF_BYTES, proveHandshake } from './handshake-proof.ts'
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
export { loadSuites, SUITES, type Suites } from './suites.ts'
export { createVerifier, type VerifierInit } from './verifier.ts'
