import { type ByteReader, type ByteWriter, PeerFault } from '@peerwright/core'
import { MAX_PEER_ID_BYTES } from './constants.ts'

/** Names are printable ASCII, 0x21 to 0x7e: what is shown is what was signed. */
const isPrintable = (byte: number): boolean => byte >= 0x21 && byte <= 0x7e

/**
 * Writes a name with its length before it.
 *
 * @throws PeerFault `bad-name`
 */
export function writeName (writer: ByteWriter, name: string, maxBytes: number = MAX_PEER_ID_BYTES): ByteWriter {
  const bytes = new TextEncoder().encode(name)
  return writer.varBytes(checked(bytes, maxBytes))
}

/** @throws PeerFault `bad-name`, or a code of `ByteReader` */
export function readName (reader: ByteReader, maxBytes: number): string {
  return new TextDecoder().decode(checked(reader.varBytes(maxBytes), maxBytes))
}

function checked (bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length === 0 || bytes.length > maxBytes || !bytes.every(isPrintable)) {
    throw new PeerFault('bad-name', `a name has 1 to ${maxBytes} printable characters without spaces`)
  }
  return bytes
}
