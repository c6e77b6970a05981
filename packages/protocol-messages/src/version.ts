import { ByteReader, ByteWriter, fromHex, invariant, IP_BYTES, NetAddress, PeerFault, toHex } from '@peerwright/core'
import type { ConnectionClass } from '@peerwright/interface'
import { HASH_BYTES, readU256, writeU256 } from './numbers.ts'
import { readText, writeText } from './text.ts'

/** Longest user agent, in bytes (Bitcoin Core, MAX_SUBVERSION_LENGTH; ANCHORS 3.1). */
export const MAX_USER_AGENT_BYTES = 256

/** Most features and encrypters named in a version. Chosen: a version must fit the 1,024 bytes before the handshake. */
const MAX_FEATURES = 32
const MAX_ENCRYPTERS = 16

/** Longest name of a feature or an encrypter, in bytes. Chosen, as above. */
const MAX_NAME_BYTES = 64

/** The form of our fields after Bitcoin's. */
const EXTENSION_VERSION = 1

/** Connection classes by their number on the wire. */
const CLASSES: readonly ConnectionClass[] = ['full', 'block-only', 'feeler', 'addr-fetch', 'manual']

/** Our own fields of a version, where Bitcoin nodes ignore them. */
export interface VersionExtension {
  /** Hash of the network part of the profile, 64 hexadecimal digits */
  readonly networkId: string
  /** Accumulated work of the sender's best block */
  readonly chainWork: bigint
  readonly connectionClass: ConnectionClass
  /** At most 32 names of at most 64 bytes */
  readonly features: readonly string[]
  /** The encrypters that the sender offers, in its order; at most 16 of at most 64 bytes */
  readonly encrypters: readonly string[]
}

/** The first message of a conversation. Bitcoin's `version` (ANCHORS 3.1) and our extension. */
export interface Version {
  readonly protocolVersion: number
  /** Service bits */
  readonly services: bigint
  /** Seconds since the Unix epoch */
  readonly timeSeconds: number
  /** The receiver as the sender sees it */
  readonly receiver?: NetAddress
  readonly nonce: bigint
  readonly userAgent: string
  readonly startHeight: number
  /** Whether transactions are to be announced (BIP37, BIP60) */
  readonly relay: boolean
  /** Absent in a version from a node that is none of ours */
  readonly extension?: VersionExtension
}

/** @throws InvariantError when a field is out of range */
export function encodeVersion (version: Version): Uint8Array {
  const writer = new ByteWriter(512)
  writer.i32le(version.protocolVersion).u64le(version.services).i64le(BigInt(version.timeSeconds))
  writeAddress(writer, version.receiver)
  // The sender's own address is left out, as Bitcoin Core does
  writeAddress(writer, undefined)
  writer.u64le(version.nonce)
  writeText(writer, version.userAgent, MAX_USER_AGENT_BYTES)
  writer.i32le(version.startHeight).u8(version.relay ? 1 : 0)
  if (version.extension !== undefined) {
    writeExtension(writer, version.extension)
  }
  return writer.finish()
}

/** @throws PeerFault with the codes of `ByteReader`, `bad-version` */
export function decodeVersion (payload: Uint8Array): Version {
  const reader = new ByteReader(payload)
  const protocolVersion = reader.i32le()
  const services = reader.u64le()
  const timeSeconds = Number(reader.i64le())
  const receiver = readAddress(reader)
  readAddress(reader)
  const nonce = reader.u64le()
  const userAgent = readText(reader, MAX_USER_AGENT_BYTES)
  const startHeight = reader.i32le()
  // BIP60: older nodes leave the flag out, which means yes
  const relay = reader.remaining === 0 || reader.u8() !== 0
  const extension = readExtension(reader)
  return {
    protocolVersion,
    services,
    timeSeconds,
    nonce,
    userAgent,
    startHeight,
    relay,
    ...(receiver === undefined ? {} : { receiver }),
    ...(extension === undefined ? {} : { extension })
  }
}

/** 26 bytes: services, IP, port. */
function writeAddress (writer: ByteWriter, address: NetAddress | undefined): void {
  writer.u64le(0n).bytes(address?.ip.toBytes() ?? new Uint8Array(IP_BYTES)).u16be(address?.port ?? 0)
}

function readAddress (reader: ByteReader): NetAddress | undefined {
  reader.skip(8)
  const ip = reader.bytes(IP_BYTES)
  return NetAddress.from(ip, reader.u16be())
}

function writeExtension (writer: ByteWriter, extension: VersionExtension): void {
  const networkId = fromHex(extension.networkId)
  invariant(networkId?.length === HASH_BYTES, 'a network id has 32 bytes')
  writer.u8(EXTENSION_VERSION).bytes(networkId)
  writeU256(writer, extension.chainWork)
  writer.u8(CLASSES.indexOf(extension.connectionClass))
  for (const [names, limit] of [[extension.features, MAX_FEATURES], [extension.encrypters, MAX_ENCRYPTERS]] as const) {
    invariant(names.length <= limit, `at most ${limit} names`)
    writer.compactSize(names.length)
    for (const name of names) {
      writeText(writer, name, MAX_NAME_BYTES)
    }
  }
}

function readExtension (reader: ByteReader): VersionExtension | undefined {
  // A form that we do not know is a newer node's: without its fields it is a version of another network
  if (reader.remaining === 0 || reader.u8() !== EXTENSION_VERSION) {
    return undefined
  }
  const networkId = toHex(reader.bytes(HASH_BYTES))
  const chainWork = readU256(reader)
  const connectionClass = CLASSES[reader.u8()]
  if (connectionClass === undefined) {
    throw new PeerFault('bad-version', 'a version names a connection class that there is not')
  }
  const names = (limit: number): string[] => Array.from({ length: reader.compactSize(limit) }, () => readText(reader, MAX_NAME_BYTES))
  return { networkId, chainWork, connectionClass, features: names(MAX_FEATURES), encrypters: names(MAX_ENCRYPTERS) }
}
