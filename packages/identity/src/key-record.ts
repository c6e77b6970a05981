import { createHash } from 'node:crypto'
import { ByteReader, ByteWriter, equalBytes, PeerFault } from '@peerwright/core'
import { DSA_SEED_BYTES } from '@peerwright/crypto'
import { requireSuite } from '@peerwright/protocol-messages'
import type { DsaSecret } from './dsa-secret.ts'
import { suiteId } from './suites.ts'

/** "PWDK", Peerwright's ML-DSA key. */
const MAGIC = Uint8Array.of(0x50, 0x57, 0x44, 0x4b)

/** The form of the record. */
const SCHEMA = 1

/** Bytes of SHA-256 at the end. Chosen: it finds damage, it keeps out nobody. */
const CHECKSUM_BYTES = 8

/** Longest record: magic 4, schema 1, suite 1, epoch 4, seed 32, flag 1, suite and seed of the key before 33, checksum 8. */
export const MAX_KEY_RECORD_BYTES = 84

/** A secret as it stands in a file. */
export function encodeKeyRecord ({ suite, epoch, seed, previous }: DsaSecret): Uint8Array {
  const writer = new ByteWriter(MAX_KEY_RECORD_BYTES).bytes(MAGIC).u8(SCHEMA).u8(suiteId(suite)).u32le(epoch).bytes(seed)
    .u8(previous === undefined ? 0 : 1)
  if (previous !== undefined) {
    writer.u8(suiteId(previous.suite)).bytes(previous.seed)
  }
  return writer.bytes(checksum(writer.finish())).finish()
}

/** @throws PeerFault `bad-key-record`, `newer-key-record`, `unknown-suite`, or a code of `ByteReader` */
export function decodeKeyRecord (bytes: Uint8Array): DsaSecret {
  const reader = new ByteReader(bytes)
  if (!equalBytes(reader.bytes(MAGIC.length), MAGIC)) {
    throw new PeerFault('bad-key-record', 'it does not begin like a key')
  }
  if (reader.u8() !== SCHEMA) {
    throw new PeerFault('newer-key-record', `its form is not number ${SCHEMA}`)
  }
  const suite = requireSuite(reader.u8())
  const secret = { suite, epoch: reader.u32le(), seed: new Uint8Array(reader.bytes(DSA_SEED_BYTES)) }
  const flag = reader.u8()
  const previous = flag === 0 ? undefined : { suite: requireSuite(reader.u8()), seed: new Uint8Array(reader.bytes(DSA_SEED_BYTES)) }
  const sum = checksum(bytes.subarray(0, reader.position))
  if (!equalBytes(reader.bytes(CHECKSUM_BYTES), sum) || flag > 1) {
    throw new PeerFault('bad-key-record', 'its checksum is wrong')
  }
  reader.end()
  return previous === undefined ? secret : { ...secret, previous }
}

function checksum (bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest().subarray(0, CHECKSUM_BYTES)
}
