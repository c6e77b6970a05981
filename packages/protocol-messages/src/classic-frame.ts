import { ByteReader, ByteWriter, invariant, PeerFault } from '@peerwright/core'
import { sha256d } from './hash-batch.ts'
import { classicPayloadLimit } from './message-table.ts'

/** Bytes before the payload: magic 4, command 12, length 4, checksum 4. */
export const CLASSIC_HEADER_BYTES = 24

const MAGIC_BYTES = 4
const COMMAND_BYTES = 12
const CHECKSUM_BYTES = 4

/** Largest payload of a command that we do not know, in bytes: such a message is handed out all the same. Chosen. */
const MAX_UNKNOWN_BYTES = 4_096

/** What the classic frame of a network needs to know. */
export interface ClassicFraming {
  /** First 4 bytes of every frame */
  readonly magic: Uint8Array
  /** A hash of the payload; its first 4 bytes count. `sha256d` for Bitcoin, BLAKE3 for QuantumCoin */
  readonly checksum: (payload: Uint8Array) => Uint8Array
  /** Largest block of the network, in bytes */
  readonly maxBlockBytes: number
}

/** A message as it lay in a classic frame. */
export interface ClassicFrame {
  /** 1 to 12 characters of ASCII; perhaps none that we know */
  readonly command: string
  readonly payload: Uint8Array
}

/** What the 24 bytes say. */
export interface ClassicHeader {
  readonly command: string
  readonly sizeBytes: number
  readonly checksum: Uint8Array
}

/** The framing of Bitcoin's family of networks. */
export function bitcoinFraming (magic: Uint8Array, maxBlockBytes: number): ClassicFraming {
  return { magic, checksum: sha256d, maxBlockBytes }
}

/** A message in its frame. */
export function encodeClassicFrame ({ magic, checksum }: ClassicFraming, { command, payload }: ClassicFrame): Uint8Array {
  invariant(/^[!-~]{1,12}$/.test(command), 'a command has 1 to 12 characters of ASCII')
  const name = new Uint8Array(COMMAND_BYTES)
  for (let at = 0; at < command.length; at++) {
    name[at] = command.charCodeAt(at)
  }
  return new ByteWriter(CLASSIC_HEADER_BYTES + payload.length).bytes(magic).bytes(name).u32le(payload.length)
    .bytes(checksum(payload).subarray(0, CHECKSUM_BYTES)).bytes(payload).finish()
}

/**
 * Reads one whole frame.
 *
 * @throws PeerFault as `readClassicHeader` and `checkClassicPayload`; `truncated`, `trailing-bytes`
 */
export function decodeClassicFrame (framing: ClassicFraming, bytes: Uint8Array): ClassicFrame {
  const reader = new ByteReader(bytes)
  const header = readClassicHeader(framing, reader.bytes(CLASSIC_HEADER_BYTES))
  const payload = reader.bytes(header.sizeBytes)
  reader.end()
  return checkClassicPayload(framing, header, payload)
}

/**
 * Whether these first bytes of a frame, perhaps not all of them, are those of our network.
 *
 * @throws PeerFault `foreign-network`: a node of another network has our address; no ground for a ban
 */
export function checkMagic ({ magic }: ClassicFraming, start: Uint8Array): void {
  const length = Math.min(MAGIC_BYTES, start.length)
  for (let at = 0; at < length; at++) {
    if (start[at] !== magic[at]) {
      throw new PeerFault('foreign-network', 'a frame of another network', { offence: 'ambiguous' })
    }
  }
}

/**
 * Reads the 24 bytes and compares the length with the limit of the command, before any payload arrives.
 *
 * @throws PeerFault `foreign-network`, `bad-command`, `oversized`
 */
export function readClassicHeader (framing: ClassicFraming, bytes: Uint8Array): ClassicHeader {
  checkMagic(framing, bytes)
  const reader = new ByteReader(bytes)
  reader.skip(MAGIC_BYTES)
  const command = commandOf(reader.bytes(COMMAND_BYTES))
  const sizeBytes = reader.u32le()
  const limit = classicPayloadLimit(command, framing.maxBlockBytes) ?? MAX_UNKNOWN_BYTES
  if (sizeBytes > limit) {
    throw new PeerFault('oversized', `a message of ${sizeBytes} bytes is over its limit of ${limit}`)
  }
  return { command, sizeBytes, checksum: reader.bytes(CHECKSUM_BYTES) }
}

/**
 * Compares a payload with its checksum.
 *
 * @throws PeerFault `bad-checksum`
 */
export function checkClassicPayload (framing: ClassicFraming, { command, checksum }: ClassicHeader, payload: Uint8Array): ClassicFrame {
  const right = framing.checksum(payload)
  for (let at = 0; at < CHECKSUM_BYTES; at++) {
    if (checksum[at] !== right[at]) {
      throw new PeerFault('bad-checksum', 'a payload is not that of its checksum', { offence: 'ambiguous' })
    }
  }
  return { command, payload }
}

/** ASCII without spaces, then zeros to the end. */
function commandOf (bytes: Uint8Array): string {
  let command = ''
  for (const [at, byte] of bytes.entries()) {
    if (byte === 0 ? at === 0 : byte < 0x21 || byte > 0x7e || command.length < at) {
      throw new PeerFault('bad-command', 'the name of a command is not ASCII with zeros behind')
    }
    command += byte === 0 ? '' : String.fromCharCode(byte)
  }
  return command
}
