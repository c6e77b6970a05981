import { createHash } from 'node:crypto'
import { ByteReader, ByteWriter, equalBytes, PeerFault } from '@peerwright/core'
import { MAX_CERTIFICATE_BYTES, PROOF_SUITES, type ProofSuite, requireSuite } from '@peerwright/protocol-messages'
import { MAX_IDENTITY_KEY_BYTES, MAX_IDENTITY_SIGNATURE_BYTES, MAX_VALIDITY_SECONDS } from './constants.ts'
import { statement } from './statement.ts'

/** A public key of ML-DSA. */
export interface DsaPublicKey {
  readonly suite: ProofSuite
  /** As long as its suite says */
  readonly publicKey: Uint8Array
}

/** What a certificate says: this ML-DSA key is that of the peer with this identity key, and with it of its PeerId. */
export interface CertificateBody extends DsaPublicKey {
  /** How often the key was replaced */
  readonly epoch: number
  /** Seconds since the Unix epoch, below 2^32 */
  readonly notBeforeSeconds: number
  /** The same; later, by at most 400 days */
  readonly notAfterSeconds: number
  /** The public key behind the PeerId, as libp2p writes it */
  readonly identityKey: Uint8Array
  /** The ML-DSA key of the epoch before, which signs too */
  readonly previous?: DsaPublicKey
}

/** A certificate: what it says, and who vouches for it. */
export interface Certificate extends CertificateBody {
  /** Of the identity key */
  readonly identitySignature: Uint8Array
  /** Of the ML-DSA key itself: whoever has the identity key alone cannot take another's ML-DSA key for its own */
  readonly keySignature: Uint8Array
  /** Of the ML-DSA key of the epoch before; exactly when the body names one */
  readonly previousSignature?: Uint8Array
}

/** The form of a certificate. */
const FORM = 1

/** What all signatures of a certificate are over. */
export function certificateStatement (body: CertificateBody): Uint8Array {
  return statement('peerwright/certificate/1', 4_096).bytes(bodyBytes(body)).finish()
}

/** The bytes of a certificate. The same for the same certificate. */
export function encodeCertificate (certificate: Certificate): Uint8Array {
  const { identitySignature, keySignature, previousSignature } = certificate
  const writer = new ByteWriter(16_384).bytes(bodyBytes(certificate)).varBytes(identitySignature).bytes(keySignature)
  return (previousSignature === undefined ? writer : writer.bytes(previousSignature)).finish()
}

function bodyBytes ({ suite, epoch, notBeforeSeconds, notAfterSeconds, identityKey, publicKey, previous }: CertificateBody): Uint8Array {
  const writer = new ByteWriter(4_096).u8(FORM).u8(PROOF_SUITES[suite].id).u32le(epoch).u32le(notBeforeSeconds).u32le(notAfterSeconds)
    .varBytes(identityKey).bytes(publicKey)
  return (previous === undefined ? writer.u8(0) : writer.u8(1).u8(PROOF_SUITES[previous.suite].id).bytes(previous.publicKey)).finish()
}

/**
 * Reads a certificate. Its form only: nothing is verified.
 *
 * @throws PeerFault `bad-certificate`, `unknown-suite`, or a code of `ByteReader`
 */
export function decodeCertificate (bytes: Uint8Array): Certificate {
  if (bytes.length > MAX_CERTIFICATE_BYTES) {
    throw new PeerFault('bad-certificate', `a certificate has at most ${MAX_CERTIFICATE_BYTES} bytes`)
  }
  const reader = new ByteReader(bytes)
  if (reader.u8() !== FORM) {
    throw new PeerFault('bad-certificate', 'a certificate of a form that there is not')
  }
  const suite = requireSuite(reader.u8())
  const body = {
    suite,
    epoch: reader.u32le(),
    notBeforeSeconds: reader.u32le(),
    notAfterSeconds: reader.u32le(),
    identityKey: reader.varBytes(MAX_IDENTITY_KEY_BYTES),
    publicKey: keyOf(reader, suite)
  }
  const previous = readPrevious(reader)
  checkBody(body, previous)
  const signatures = { identitySignature: reader.varBytes(MAX_IDENTITY_SIGNATURE_BYTES), keySignature: signatureOf(reader, suite) }
  const certificate = previous === undefined
    ? { ...body, ...signatures }
    : { ...body, previous, ...signatures, previousSignature: signatureOf(reader, previous.suite) }
  reader.end()
  return certificate
}

function readPrevious (reader: ByteReader): DsaPublicKey | undefined {
  const flag = reader.u8()
  if (flag > 1) {
    throw new PeerFault('not-canonical', 'a flag of a certificate is neither 0 nor 1')
  }
  if (flag === 0) {
    return undefined
  }
  const suite = requireSuite(reader.u8())
  return { suite, publicKey: keyOf(reader, suite) }
}

function checkBody ({ epoch, notBeforeSeconds, notAfterSeconds, publicKey }: CertificateBody, previous: DsaPublicKey | undefined): void {
  if (notAfterSeconds <= notBeforeSeconds || notAfterSeconds - notBeforeSeconds > MAX_VALIDITY_SECONDS) {
    throw new PeerFault('bad-certificate', 'a certificate that is never valid, or for too long')
  }
  if (previous !== undefined && (epoch === 0 || equalBytes(previous.publicKey, publicKey))) {
    throw new PeerFault('bad-certificate', 'a certificate that replaces no key')
  }
}

const keyOf = (reader: ByteReader, suite: ProofSuite): Uint8Array => reader.bytes(PROOF_SUITES[suite].keyBytes)
const signatureOf = (reader: ByteReader, suite: ProofSuite): Uint8Array => reader.bytes(PROOF_SUITES[suite].signatureBytes)

/** What stands for an ML-DSA key: SHA-256 of its suite's number and the key, as 64 hexadecimal digits. */
export function fingerprint ({ suite, publicKey }: DsaPublicKey): string {
  return createHash('sha256').update(Uint8Array.of(PROOF_SUITES[suite].id)).update(publicKey).digest('hex')
}
