import { createHash } from 'node:crypto'
import { ByteReader, ByteWriter, equalBytes, fromHex, PeerFault, toHex } from '@peerwright/core'
import { MAX_PEER_ID_BYTES, MAX_PINS } from './constants.ts'
import { type Pin, PIN_SOURCES } from './pins.ts'
import { readName, writeName } from './text-field.ts'

const FORM = 1
const FINGERPRINT_BYTES = 32
const CHECKSUM_BYTES = 32

/** Pins as they are kept: form 1, count, for each the PeerId, the fingerprint 32, the epoch 4 and the source 1; SHA-256 of it all. */
export function encodePins (pins: readonly Pin[]): Uint8Array {
  const writer = new ByteWriter(128 * pins.length + 64).u8(FORM).compactSize(pins.length)
  for (const { peerId, fingerprint, epoch, source } of pins) {
    writeName(writer, peerId).bytes(fromHex(fingerprint) ?? new Uint8Array(FINGERPRINT_BYTES)).u32le(epoch).u8(PIN_SOURCES.indexOf(source))
  }
  return writer.bytes(checksum(writer.finish())).finish()
}

/** @throws PeerFault `bad-pins`, `bad-name`, or a code of `ByteReader` */
export function decodePins (bytes: Uint8Array): Pin[] {
  const reader = new ByteReader(bytes)
  if (reader.u8() !== FORM) {
    throw bad('of a form that there is not')
  }
  const count = reader.compactSize(MAX_PINS)
  const pins: Pin[] = []
  for (let index = 0; index < count; index++) {
    pins.push(readPin(reader))
  }
  const sum = checksum(bytes.subarray(0, reader.position))
  if (!equalBytes(reader.bytes(CHECKSUM_BYTES), sum)) {
    throw bad('damaged')
  }
  reader.end()
  return pins
}

function readPin (reader: ByteReader): Pin {
  const pin = { peerId: readName(reader, MAX_PEER_ID_BYTES), fingerprint: toHex(reader.bytes(FINGERPRINT_BYTES)), epoch: reader.u32le() }
  const source = PIN_SOURCES[reader.u8()]
  if (source === undefined) {
    throw bad('from a source that there is not')
  }
  return { ...pin, source }
}

function checksum (bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

function bad (what: string): PeerFault {
  return new PeerFault('bad-pins', `these pins are ${what}`)
}
