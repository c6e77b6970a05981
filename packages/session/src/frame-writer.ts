import { encodeVarint } from '@peerwright/protocol-messages'

/**
 * The bytes that go before a payload: `varint length | type | [varint request id]`.
 *
 * @param requestId - only on the bulk stream
 */
export function frameHeader (type: number, payloadBytes: number, requestId?: number): Uint8Array {
  const id = requestId === undefined ? new Uint8Array(0) : encodeVarint(requestId)
  const length = encodeVarint(1 + id.length + payloadBytes)
  const header = new Uint8Array(length.length + 1 + id.length)
  header.set(length)
  header[length.length] = type
  header.set(id, length.length + 1)
  return header
}

/** Header and payload in one piece, for small messages. */
export function wholeFrame (type: number, payload: Uint8Array, requestId?: number): Uint8Array {
  return joined([frameHeader(type, payload.length, requestId), payload])
}

/** Parts in one piece. */
export function joined (parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
