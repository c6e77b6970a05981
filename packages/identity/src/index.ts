/**
 * @packageDocumentation
 *
 * Who is a peer?
 */
export { checkCertificate, type CertificateContext } from './certificate-check.ts'
export {
  type Certificate, type CertificateBody, decodeCertificate, type DsaPublicKey, encodeCertificate, fingerprint
} from './certificate.ts'
export { deriveSeed } from './derived-seed.ts'
export { derivedSecret, type DsaSecret, freshSecret, MAX_EPOCH, rotatedSecret } from './dsa-secret.ts'
export { checkHandshake, type HandshakeFacts, MAX_HANDSHAKE_PROOF_BYTES, proveHandshake } from './handshake-proof.ts'
export { readKeyFile, writeKeyFile } from './key-file.ts'
export { decodePins, encodePins } from './pins-codec.ts'
export { type Pin, Pins, type PinSource } from './pins.ts'
export { createSigner, type SignerInit } from './signer.ts'
export { loadSuites, SUITES, type Suites } from './suites.ts'
export { createVerifier, type VerifierInit } from './verifier.ts'
