import { createHash } from 'node:crypto'
import { all, byteBelow, compactSize, data, either, type Field, fixed, join, list, oneOf, type Target } from '@peerwright/testing'
import * as identity from '../../src/index.ts'
import { decodeKeyRecord, encodeKeyRecord } from '../../src/key-record.ts'

const byte = (...values: number[]): Field => oneOf(...values.map(value => Uint8Array.of(value)))

/** A field, and behind it the first bytes of its SHA-256. */
const summed = (field: Field, bytes: number): Field => draw => {
  const pieces = field(draw)
  return [...pieces, { role: 'fixed', bytes: new Uint8Array(createHash('sha256').update(join(pieces)).digest().subarray(0, bytes)) }]
}

const SIZES = [[1, 1_312, 2_420], [2, 1_952, 3_309], [3, 2_592, 4_627]] as const
const times: Field = oneOf(Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0), Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 5))

/** A certificate whose signatures are noise. */
const certificate: Field = either(...SIZES.flatMap(([id, key, signature]) => [
  all(byte(1), byte(id), fixed(4), times, data(1, 60), fixed(key), byte(0), data(1, 70), fixed(signature)),
  all(byte(1), byte(id), byte(5), fixed(3), times, data(1, 60), fixed(key), byte(1), byte(1), fixed(1_312), data(1, 70), fixed(signature + 2_420))
]))

const name: Field = oneOf(...['12D3KooW', '16Uiu2', 'Qm1'].map(text => Uint8Array.of(text.length, ...new TextEncoder().encode(text))))

/** A field with its length before it. */
const counted = (field: Field): Field => draw => {
  const bytes = join(field(draw))
  return [{ role: 'length', bytes: compactSize(bytes.length) }, { role: 'data', bytes }]
}

const registration: Field = all(fixed(32), name, byteBelow(3), fixed(12), counted(certificate), data(0, 40))

/** A record of a registry whose signatures are noise. */
const record: Field = either(
  all(byte(1), byte(0), registration), all(byte(1), byte(1), name, data(0, 40), registration), all(byte(1), byte(2), name, fixed(4), byteBelow(4), byteBelow(2), data(0, 40))
)

/** 10.0.0.1 and a port. */
const address: Field = oneOf(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 0x26, 0x94))

/** A certificate of a genesis node whose signature is noise. */
const genesis: Field = all(
  byte(1), oneOf(...identity.GENESIS_IDS.map(id => new TextEncoder().encode(id))), fixed(8), name, byte(1), fixed(1_312),
  either(all(byte(1), address), all(byte(2), address, address)), byte(2), fixed(3_309)
)

/** The smallest key of Ed25519, as libp2p writes it. */
const identityKey: Field = oneOf(Uint8Array.of(0x24, 0x08, 0x01, 0x12, 0x20, 0x01, ...new Uint8Array(31)))

/** A withdrawal whose signatures are noise. */
const withdrawal: Field = all(
  byte(1), identityKey, list(1, 16, name), fixed(4), data(1, 70), either(byte(0), all(byte(1), data(1, 90), data(1, 90)))
)

/** Every decoder of the package. */
export const TARGETS: readonly Target[] = [
  { name: 'certificate', decode: identity.decodeCertificate, encode: identity.encodeCertificate, message: certificate },
  { name: 'genesis certificate', decode: identity.decodeGenesisCertificate, encode: identity.encodeGenesisCertificate, message: genesis },
  { name: 'withdrawal', decode: identity.decodeWithdrawal, encode: identity.encodeWithdrawal, message: withdrawal },
  { name: 'record', decode: identity.decodeRecord, encode: identity.encodeRecord, message: record },
  {
    name: 'key record',
    decode: decodeKeyRecord,
    encode: encodeKeyRecord,
    message: summed(all(byte(0x50), byte(0x57), byte(0x44), byte(0x4b), byte(1), byte(1, 2, 3), fixed(36), either(byte(0), all(byte(1), byte(1, 2, 3), fixed(32)))), 8)
  },
  { name: 'pins', decode: identity.decodePins, encode: identity.encodePins, message: summed(all(byte(1), list(0, 5, name, fixed(36), byteBelow(4))), 32) }
]
