import { ByteReader, ByteWriter, fromHex, invariant, NetAddress, PeerFault } from '@peerwright/core'
import type { DsaKey } from '@peerwright/crypto'
import type { PeerIdText } from '@peerwright/interface'
import { PROOF_SUITES, type ProofSuite, requireSuite } from '@peerwright/protocol-messages'
import { checkTime } from './certificate-check.ts'
import type { DsaPublicKey } from './certificate.ts'
import { MAX_GENESIS_ADDRESSES, MAX_PEER_ID_BYTES } from './constants.ts'
import { statement } from './statement.ts'
import { acceptedSuite, type Suites } from './suites.ts'
import { readName, writeName } from './text-field.ts'

/** The bootstrap ids (REQUIREMENTS 5.4). */
export const GENESIS_IDS: readonly string[] = ['001', '002', '003', '004', '005']

/** A node that everybody of a network knows from the start. */
export interface GenesisRecord extends DsaPublicKey {
  /** One of `001` to `005` */
  readonly id: string
  readonly peerId: PeerIdText
  /** Where it is to be found; 1 to 8 */
  readonly addresses: readonly NetAddress[]
  /** Seconds since the Unix epoch until which this is good; absent: as long as it is configured */
  readonly notAfterSeconds?: number
}

/** How long a certificate is good: seconds since the Unix epoch. */
export interface Validity {
  readonly notBeforeSeconds: number
  readonly notAfterSeconds: number
}

/** By whom and for what a certificate must be. */
export interface GenesisContext {
  /** The bootstrap id that it is shown for */
  readonly id: string
  /** The pinned root of the network */
  readonly root: DsaPublicKey
  /** 64 hexadecimal digits */
  readonly networkId: string
  readonly nowSeconds: number
  readonly suites: Suites
}

const FORM = 1
const ID_BYTES = 3

/**
 * Longest certificate: form 1, id 3, times 8, PeerId 3 + 256, suite and key 2,593, count 1, 8 addresses of 18, suite and signature of the
 * root 4,628
 * (FIPS 204, table 2).
 */
export const MAX_GENESIS_CERTIFICATE_BYTES = 7_637

/** A certificate of a genesis node: what it says, and who has signed it. */
export interface GenesisCertificate {
  readonly record: GenesisRecord
  readonly validity: Validity
  /** The suite of the root's key */
  readonly rootSuite: ProofSuite
  readonly signature: Uint8Array
}

/** Makes the certificate of a genesis node, with the key of the root. */
export function signGenesisCertificate (
  root: DsaKey, rootSuite: ProofSuite, networkId: string, record: GenesisRecord, validity: Validity
): Uint8Array {
  return encodeGenesisCertificate({ record, validity, rootSuite, signature: root.sign(genesisStatement(networkId, record, validity)) })
}

/** The bytes of a certificate. */
export function encodeGenesisCertificate ({ record, validity, rootSuite, signature }: GenesisCertificate): Uint8Array {
  return writeBody(new ByteWriter(8_192), record, validity).u8(PROOF_SUITES[rootSuite].id).bytes(signature).finish()
}

/**
 * Reads a certificate. Its form only: nothing is verified.
 *
 * @throws PeerFault `bad-genesis-certificate`, `unknown-suite`, `bad-name`, or a code of `ByteReader`
 */
export function decodeGenesisCertificate (bytes: Uint8Array): GenesisCertificate {
  if (bytes.length > MAX_GENESIS_CERTIFICATE_BYTES) {
    throw bad('too long')
  }
  const reader = new ByteReader(bytes)
  const body = readBody(reader)
  const rootSuite = requireSuite(reader.u8())
  const certificate = { ...body, rootSuite, signature: reader.bytes(PROOF_SUITES[rootSuite].signatureBytes) }
  reader.end()
  return certificate
}

/**
 * Checks the certificate of a genesis node against the pinned root.
 *
 * @throws PeerFault `wrong-genesis-id`, `not-yet-valid`, `expired`, `suite-not-accepted`, `bad-genesis-signature`, or a code of its form
 */
export function checkGenesisCertificate (bytes: Uint8Array, { id, root, networkId, nowSeconds, suites }: GenesisContext): GenesisRecord {
  const { record, validity, rootSuite, signature } = decodeGenesisCertificate(bytes)
  if (record.id !== id) {
    throw new PeerFault('wrong-genesis-id', 'the certificate is for another bootstrap id')
  }
  checkTime(validity, nowSeconds)
  if (rootSuite !== root.suite || !acceptedSuite(suites, rootSuite).verify(root.publicKey, genesisStatement(networkId, record, validity), signature)) {
    throw new PeerFault('bad-genesis-signature', 'the certificate is not signed by the root of this network')
  }
  return { ...record, notAfterSeconds: validity.notAfterSeconds }
}

function genesisStatement (networkId: string, record: GenesisRecord, validity: Validity): Uint8Array {
  const id = fromHex(networkId)
  invariant(id?.length === 32, 'a network id has 32 bytes')
  return writeBody(statement('peerwright/genesis/1', 4_096).bytes(id), record, validity).finish()
}

function writeBody (
  writer: ByteWriter, { id, peerId, suite, publicKey, addresses }: GenesisRecord, { notBeforeSeconds, notAfterSeconds }: Validity
): ByteWriter {
  invariant(GENESIS_IDS.includes(id), `a bootstrap id is one of ${GENESIS_IDS.join(', ')}`)
  invariant(addresses.length >= 1 && addresses.length <= MAX_GENESIS_ADDRESSES, `a genesis node has 1 to ${MAX_GENESIS_ADDRESSES} addresses`)
  invariant(publicKey.length === PROOF_SUITES[suite].keyBytes, `a key of ${suite} has ${PROOF_SUITES[suite].keyBytes} bytes`)
  writer.u8(FORM).bytes(new TextEncoder().encode(id)).u32le(notBeforeSeconds).u32le(notAfterSeconds)
  writeName(writer, peerId).u8(PROOF_SUITES[suite].id).bytes(publicKey).u8(addresses.length)
  for (const { ip, port } of addresses) {
    writer.bytes(ip.toBytes()).u16be(port)
  }
  return writer
}

function readBody (reader: ByteReader): { readonly record: GenesisRecord, readonly validity: Validity } {
  if (reader.u8() !== FORM) {
    throw bad('of a form that there is not')
  }
  const id = new TextDecoder().decode(reader.bytes(ID_BYTES))
  if (!GENESIS_IDS.includes(id)) {
    throw bad('for a bootstrap id that there is not')
  }
  const validity = { notBeforeSeconds: reader.u32le(), notAfterSeconds: reader.u32le() }
  const peerId = readName(reader, MAX_PEER_ID_BYTES)
  const suite = requireSuite(reader.u8())
  const publicKey = new Uint8Array(reader.bytes(PROOF_SUITES[suite].keyBytes))
  const count = reader.u8()
  if (count < 1 || count > MAX_GENESIS_ADDRESSES) {
    throw bad('with no address, or too many')
  }
  return { record: { id, peerId, suite, publicKey, addresses: Array.from({ length: count }, () => readAddress(reader)) }, validity }
}

function readAddress (reader: ByteReader): NetAddress {
  const address = NetAddress.from(new Uint8Array(reader.bytes(16)), reader.u16be())
  if (address === undefined) {
    throw bad('with an address that is none')
  }
  return address
}

function bad (what: string): PeerFault {
  return new PeerFault('bad-genesis-certificate', `a certificate of a genesis node that is ${what}`)
}
