import type { PrivateKey } from '@libp2p/interface'
import { ByteReader, ByteWriter, PeerFault } from '@peerwright/core'
import type { PeerIdText, Signer } from '@peerwright/interface'
import { MAX_CERTIFICATE_BYTES } from '@peerwright/protocol-messages'
import { MAX_IDENTITY_KEY_BYTES, MAX_IDENTITY_SIGNATURE_BYTES, MAX_SIGNATURE_BYTES } from './constants.ts'
import { identityKeyBytes, readIdentityKey } from './identity-key.ts'
import { statement } from './statement.ts'
import { readName, writeName } from './text-field.ts'

/** What a peer says that had the hybrid and will not offer it any more: nobody is to hold it to that. */
export interface Withdrawal {
  readonly peerId: PeerIdText
  /** The encrypters that it will offer from now on, 1 to 16, the best first */
  readonly encrypters: readonly string[]
  /** When it was said: seconds since the Unix epoch, below 2^32 */
  readonly timeSeconds: number
}

/** A withdrawal with the signatures of both keys of the peer, or of the one that it has. */
export interface SignedWithdrawal extends Withdrawal {
  /** The public key behind the PeerId, as libp2p writes it */
  readonly identityKey: Uint8Array
  readonly identitySignature: Uint8Array
  /** Of a peer that has an ML-DSA key: the certificate, and the signature of the key in it */
  readonly certified?: { readonly certificate: Uint8Array, readonly signature: Uint8Array }
}

const FORM = 1

/** Encrypters in a list. Source: as in the payload of a handshake (docs/specs/hybrid-noise.md, "Payload"). */
const MAX_ENCRYPTERS = 16
/** Longest id of an encrypter, in bytes. Source: the same. */
const MAX_ENCRYPTER_BYTES = 64

/**
 * Longest withdrawal: form 1, identity key 3 + 600, list 1 + 16 * 65, time 4, signature 3 + 512, flag 1, certificate 3 + 15,572,
 * signature 3 + 4,627.
 */
export const MAX_WITHDRAWAL_BYTES = 22_370

/** What both keys sign. */
export function withdrawalStatement ({ peerId, encrypters, timeSeconds }: Withdrawal): Uint8Array {
  return writeList(writeName(statement('peerwright/withdraw-hybrid/1', 2_048), peerId), encrypters).u32le(timeSeconds).finish()
}

/**
 * Signs a withdrawal with the identity, and with the ML-DSA key where there is one.
 *
 * @throws PeerFault `bad-withdrawal`, `bad-name` when the list is out of range
 */
export async function signWithdrawal (
  identity: PrivateKey, { encrypters, timeSeconds }: Omit<Withdrawal, 'peerId'>, signer?: Signer
): Promise<SignedWithdrawal> {
  const said = { peerId: identity.publicKey.toString(), encrypters, timeSeconds }
  const text = withdrawalStatement(said)
  const signed = { ...said, identityKey: identityKeyBytes(identity), identitySignature: await identity.sign(text) }
  return signer === undefined ? signed : { ...signed, certified: { certificate: await signer.certificate(timeSeconds), signature: signer.sign(text) } }
}

/** A withdrawal as it is handed on. The PeerId follows from the identity key. */
export function encodeWithdrawal ({ identityKey, encrypters, timeSeconds, identitySignature, certified }: SignedWithdrawal): Uint8Array {
  const writer = writeList(new ByteWriter(MAX_WITHDRAWAL_BYTES).u8(FORM).varBytes(identityKey), encrypters).u32le(timeSeconds).varBytes(identitySignature)
  return (certified === undefined ? writer.u8(0) : writer.u8(1).varBytes(certified.certificate).varBytes(certified.signature)).finish()
}

/**
 * Reads a withdrawal. Its form only: nothing is verified.
 *
 * @throws PeerFault `bad-withdrawal`, `bad-identity-key`, `bad-name`, `not-canonical`, or a code of `ByteReader`
 */
export function decodeWithdrawal (bytes: Uint8Array): SignedWithdrawal {
  if (bytes.length > MAX_WITHDRAWAL_BYTES) {
    throw bad(`of more than ${MAX_WITHDRAWAL_BYTES} bytes`)
  }
  const reader = new ByteReader(bytes)
  if (reader.u8() !== FORM) {
    throw bad('of a form that there is not')
  }
  const identityKey = reader.varBytes(MAX_IDENTITY_KEY_BYTES)
  const encrypters = readList(reader)
  const timeSeconds = reader.u32le()
  const identitySignature = reader.varBytes(MAX_IDENTITY_SIGNATURE_BYTES)
  const certified = readCertified(reader)
  reader.end()
  const { peerId } = readIdentityKey(identityKey)
  return { peerId, encrypters, timeSeconds, identityKey, identitySignature, ...certified === undefined ? {} : { certified } }
}

function readCertified (reader: ByteReader): SignedWithdrawal['certified'] {
  const flag = reader.u8()
  if (flag > 1) {
    throw new PeerFault('not-canonical', 'a flag of a withdrawal is neither 0 nor 1')
  }
  return flag === 0 ? undefined : { certificate: reader.varBytes(MAX_CERTIFICATE_BYTES), signature: reader.varBytes(MAX_SIGNATURE_BYTES) }
}

function writeList (writer: ByteWriter, encrypters: readonly string[]): ByteWriter {
  checkCount(encrypters.length)
  writer.u8(encrypters.length)
  for (const encrypter of encrypters) {
    writeName(writer, encrypter, MAX_ENCRYPTER_BYTES)
  }
  return writer
}

function readList (reader: ByteReader): string[] {
  const count = reader.u8()
  checkCount(count)
  return Array.from({ length: count }, () => readName(reader, MAX_ENCRYPTER_BYTES))
}

function checkCount (count: number): void {
  if (count === 0 || count > MAX_ENCRYPTERS) {
    throw bad(`that does not name 1 to ${MAX_ENCRYPTERS} encrypters`)
  }
}

function bad (what: string): PeerFault {
  return new PeerFault('bad-withdrawal', `a withdrawal ${what}`)
}
