import { ByteReader, ByteWriter, fromHex, invariant, PeerFault } from '@peerwright/core'
import type { Migration, PeerIdText, RegisteredNodeType, Registration, Revocation, RevocationReason } from '@peerwright/interface'
import { MAX_CERTIFICATE_BYTES } from '@peerwright/protocol-messages'
import { decodeCertificate } from './certificate.ts'
import { MAX_PEER_ID_BYTES, MAX_SIGNATURE_BYTES, MAX_WALLET_BYTES } from './constants.ts'
import { statement } from './statement.ts'
import { readName, writeName } from './text-field.ts'

/** A change of a registry, as it is kept in a ledger or on a chain. */
export type RegistryRecord =
  | { readonly type: 'register', readonly registration: Registration }
  | { readonly type: 'migrate', readonly registration: Registration, readonly migration: Migration }
  | { readonly type: 'revoke', readonly revocation: Revocation }

const FORM = 1
const TYPES = ['register', 'migrate', 'revoke'] as const
const NODE_TYPES: readonly RegisteredNodeType[] = ['light', 'full', 'super']
const REASONS: readonly RevocationReason[] = ['unspecified', 'key-lost', 'key-stolen', 'retired']
const SIGNERS: ReadonlyArray<Revocation['signedBy']> = ['identity', 'ml-dsa']
const ACTIVATION_BYTES = 32

/**
 * Longest record: form and type 2, PeerId 3 + 256, signature 3 + 4,627, activation 32, wallet 129, node type 1, times and count 12,
 * certificate 3 + 15,572, signature 3 + 4,627.
 */
export const MAX_RECORD_BYTES = 25_270

/** What the ML-DSA key of a peer signs to be registered in a network. */
export function registrationStatement (networkId: string, registration: Omit<Registration, 'deviceSignature'>): Uint8Array {
  return writeBody(statement('peerwright/registration/1', 16_384).bytes(id32(networkId)), registration).finish()
}

/** What the key of the peer that had the activation signs: to whom it goes. */
export function migrationStatement (networkId: string, from: PeerIdText, registration: Registration): Uint8Array {
  const text = writeName(statement('peerwright/migration/1', 32_768).bytes(id32(networkId)), from)
  return writeBody(text, registration).varBytes(registration.deviceSignature).finish()
}

/** What one of the keys of a peer signs to end its registration. */
export function revocationStatement (
  networkId: string, { peerId, timeSeconds, reason, signedBy }: Omit<Revocation, 'signature'>
): Uint8Array {
  return writeName(statement('peerwright/revocation/1').bytes(id32(networkId)), peerId)
    .u32le(timeSeconds).u8(REASONS.indexOf(reason)).u8(SIGNERS.indexOf(signedBy)).finish()
}

/** A record as it is kept. */
export function encodeRecord (record: RegistryRecord): Uint8Array {
  const writer = new ByteWriter(16_384).u8(FORM).u8(TYPES.indexOf(record.type))
  if (record.type === 'revoke') {
    const { peerId, timeSeconds, reason, signedBy, signature } = record.revocation
    return writeName(writer, peerId).u32le(timeSeconds).u8(REASONS.indexOf(reason)).u8(SIGNERS.indexOf(signedBy)).varBytes(signature).finish()
  }
  if (record.type === 'migrate') {
    writeName(writer, record.migration.from).varBytes(record.migration.signature)
  }
  return writeBody(writer, record.registration).varBytes(record.registration.deviceSignature).finish()
}

/**
 * Reads a record. Its form only: nothing is verified.
 *
 * @throws PeerFault `bad-record`, `bad-certificate`, or a code of `ByteReader`
 */
export function decodeRecord (bytes: Uint8Array): RegistryRecord {
  if (bytes.length > MAX_RECORD_BYTES) {
    throw bad(`of more than ${MAX_RECORD_BYTES} bytes`)
  }
  const reader = new ByteReader(bytes)
  if (reader.u8() !== FORM) {
    throw bad('of a form that there is not')
  }
  const record = readRecord(reader, oneOf(reader, TYPES))
  reader.end()
  return record
}

function readRecord (reader: ByteReader, type: RegistryRecord['type']): RegistryRecord {
  switch (type) {
    case 'register':
      return { type, registration: readRegistration(reader) }
    case 'migrate': {
      const migration = { from: readName(reader, MAX_PEER_ID_BYTES), signature: reader.varBytes(MAX_SIGNATURE_BYTES) }
      return { type, registration: readRegistration(reader), migration }
    }
    case 'revoke':
      return {
        type,
        revocation: {
          peerId: readName(reader, MAX_PEER_ID_BYTES),
          timeSeconds: reader.u32le(),
          reason: oneOf(reader, REASONS),
          signedBy: oneOf(reader, SIGNERS),
          signature: reader.varBytes(MAX_SIGNATURE_BYTES)
        }
      }
  }
}

function writeBody (
  writer: ByteWriter, { activation, walletAddress, nodeType, activatedSeconds, lastSeenSeconds, migrationCount, certificate }: Omit<Registration, 'deviceSignature'>
): ByteWriter {
  if (activation.length !== ACTIVATION_BYTES) {
    throw bad('whose activation is not 32 bytes long')
  }
  return writeName(writer.bytes(activation), walletAddress, MAX_WALLET_BYTES).u8(NODE_TYPES.indexOf(nodeType))
    .u32le(activatedSeconds).u32le(lastSeenSeconds).u32le(migrationCount).varBytes(certificate)
}

function readRegistration (reader: ByteReader): Registration {
  const registration = {
    activation: reader.bytes(ACTIVATION_BYTES),
    walletAddress: readName(reader, MAX_WALLET_BYTES),
    nodeType: oneOf(reader, NODE_TYPES),
    activatedSeconds: reader.u32le(),
    lastSeenSeconds: reader.u32le(),
    migrationCount: reader.u32le(),
    certificate: reader.varBytes(MAX_CERTIFICATE_BYTES),
    deviceSignature: reader.varBytes(MAX_SIGNATURE_BYTES)
  }
  decodeCertificate(registration.certificate)
  return registration
}

function oneOf<T> (reader: ByteReader, values: readonly T[]): T {
  const value = values[reader.u8()]
  if (value === undefined) {
    throw bad('with a choice that there is not')
  }
  return value
}

function id32 (networkId: string): Uint8Array {
  const bytes = fromHex(networkId)
  invariant(bytes?.length === 32, 'a network id has 32 bytes')
  return bytes
}

function bad (what: string): PeerFault {
  return new PeerFault('bad-record', `a record of a registry ${what}`)
}
