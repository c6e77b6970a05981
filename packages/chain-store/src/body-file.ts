import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { OperationError } from '@peerwright/core'
import { BITCOIN_HEADER_BYTES } from '@peerwright/protocol-messages'

// A body file: a head, then records, each `magic 4 | u32 LE length | block | u32 LE CRC-32 of the block`. The CRC tells a damaged
// disk, not an attacker: blocks prove themselves by their hashes. Files of schema 1 have no head and begin with a record; they
// are read, and written on, as they are: what points into them counts from their first byte.

/** Size at which a new file is begun, in bytes (Bitcoin Core, MAX_BLOCKFILE_SIZE: 128 MiB). */
export const MAX_FILE_BYTES = 134_217_728

/** Before a block: magic 4, length 4. */
export const RECORD_HEAD_BYTES = 8

/** After a block: CRC-32 4. */
export const CHECK_BYTES = 4

/** Blocks up to this size are copied into their records, in bytes. Chosen: copying a page costs less than a piece of a vectored write. */
const MAX_JOINED_BYTES = 4_096

/** Begins the head of a file: `PWBLOCKS`. */
const SIGNATURE = new TextEncoder().encode('PWBLOCKS')

/** Layout of the files that are begun now. */
const BODY_SCHEMA = 2

/** Signature 8, u32 LE schema, magic 4, genesis header 80, CRC-32 of all before. */
export const FILE_HEAD_BYTES = 100

/** Which chain body files are of. */
export interface BodyChain {
  readonly magic: readonly number[]
  readonly genesisHeader: Uint8Array
}

/** The head of a file. */
export function encodeFileHead ({ magic, genesisHeader }: BodyChain): Uint8Array {
  const bytes = new Uint8Array(FILE_HEAD_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(SIGNATURE)
  view.setUint32(SIGNATURE.length, BODY_SCHEMA, true)
  bytes.set(magic, SIGNATURE.length + 4)
  bytes.set(genesisHeader, SIGNATURE.length + 8)
  view.setUint32(FILE_HEAD_BYTES - CHECK_BYTES, crc32(bytes.subarray(0, FILE_HEAD_BYTES - CHECK_BYTES)), true)
  return bytes
}

/**
 * Which chain a file is of.
 *
 * @param bytes - the first `FILE_HEAD_BYTES` of the file, or fewer where it is shorter
 * @returns undefined for a file of schema 1, which does not say
 * @throws OperationError `future-schema`, `store-corrupt`
 */
function decodeFileHead (bytes: Uint8Array, path: string): BodyChain | undefined {
  if (!SIGNATURE.every((byte, at) => bytes[at] === byte)) {
    return undefined
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length === FILE_HEAD_BYTES && crc32(bytes.subarray(0, -CHECK_BYTES)) === view.getUint32(FILE_HEAD_BYTES - CHECK_BYTES, true)
  const schema = bytes.length >= SIGNATURE.length + 4 ? view.getUint32(SIGNATURE.length, true) : 0
  if (schema > BODY_SCHEMA) {
    throw new OperationError('future-schema', `${path} has schema ${schema} of a newer version; this one knows ${BODY_SCHEMA}: upgrade, or run "peerwright store reset --data DIR"`)
  }
  if (!whole) {
    throw new OperationError('store-corrupt', `the head of ${path} is damaged: run "peerwright store repair --data DIR"`)
  }
  const magicAt = SIGNATURE.length + 4
  return { magic: Array.from(bytes.subarray(magicAt, magicAt + 4)), genesisHeader: bytes.slice(magicAt + 4, magicAt + 4 + BITCOIN_HEADER_BYTES) }
}

/** Which chain the file at `path` is of, as `decodeFileHead` tells it. */
export async function readFileHead (path: string): Promise<BodyChain | undefined> {
  const handle = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(FILE_HEAD_BYTES), 0, FILE_HEAD_BYTES, 0)
    return decodeFileHead(buffer.subarray(0, bytesRead), path)
  } finally {
    await handle.close()
  }
}

/** The record of a block: what stands before it, itself, and what stands after it; in one piece where copying costs less than a piece. */
export function recordParts (magic: readonly number[], block: Uint8Array): readonly Uint8Array[] {
  const inside = block.length <= MAX_JOINED_BYTES ? block.length : 0
  const record = Buffer.alloc(RECORD_HEAD_BYTES + inside + CHECK_BYTES)
  record.set(magic)
  record.writeUInt32LE(block.length, 4)
  record.writeUInt32LE(crc32(block), RECORD_HEAD_BYTES + inside)
  if (inside > 0) {
    record.set(block, RECORD_HEAD_BYTES)
    return [record]
  }
  return [record.subarray(0, RECORD_HEAD_BYTES), block, record.subarray(RECORD_HEAD_BYTES)]
}

/**
 * Takes the CRC-32 off the end of a block.
 *
 * @returns undefined when they do not agree
 */
export function checkedBlock (bytes: Uint8Array): Uint8Array | undefined {
  const block = bytes.subarray(0, -CHECK_BYTES)
  const check = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(block.length, true)
  return crc32(block) === check ? block : undefined
}

/** The path of a body file. */
export function bodyFile (folder: string, file: number): string {
  return join(folder, `blk${String(file).padStart(5, '0')}.dat`)
}

/** Numbers of the body files in a folder, lowest first; none where there is no folder. */
export async function bodyFiles (folder: string): Promise<number[]> {
  let names: string[]
  try {
    names = await readdir(folder)
  } catch {
    return []
  }
  return names.flatMap(name => {
    const number = /^blk(\d{5,7})\.dat$/.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  }).sort((a, b) => a - b)
}
