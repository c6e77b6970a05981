import { type ByteReader, type ByteWriter, invariant } from '@peerwright/core'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Text from the wire, made fit for a log: control characters and broken UTF-8 become `?`. */
export function printable (bytes: Uint8Array): string {
  return decoder.decode(bytes).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{fffd}]/gu, '?')
}

/** A CompactSize length of at most `limit` bytes and the text. */
export function readText (reader: ByteReader, limit: number): string {
  return printable(reader.varBytes(limit))
}

/** A CompactSize length and the text. */
export function writeText (writer: ByteWriter, value: string, limit: number): void {
  const bytes = encoder.encode(value)
  invariant(bytes.length <= limit, `text of ${bytes.length} bytes fits ${limit}`)
  writer.varBytes(bytes)
}
