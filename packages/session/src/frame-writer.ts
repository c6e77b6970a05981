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
  const header = frameHeader(type, payload.length, requestId)
  const frame = new Uint8Array(header.length + payload.length)
  frame.set(header)
  frame.set(payload, header.length)
  return frame
}
