/**
 * What a connection begins with: `ours` for libp2p's multistream-select, the rest for strangers. Bitcoin's family is told by the
 * command of its first message, so that each of its networks is known, whatever its magic.
 */
export type FirstBytes = 'ours' | 'bitcoin' | 'tls' | 'http' | 'other'

/** Bytes that are looked at. */
export const FIRST_BYTES = 16

/** The first message of multistream-select: a length of 19, then the protocol and a line feed. */
const MULTISTREAM = new TextEncoder().encode('\u0013/multistream/1.0.0\n').subarray(0, FIRST_BYTES)

/** A TLS record: handshake, major version 3 (RFC 8446, 5.1). */
const TLS = Uint8Array.of(0x16, 0x03)

/** A method and a space (RFC 9110, 9.1; RFC 9113, 3.4 for PRI). */
const HTTP = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI) /

/** Of Bitcoin's frame: magic 4, then 12 bytes of command, padded with zeros. */
const BITCOIN_COMMAND = /^[a-z0-9]{1,12}\0*$/
const MAGIC_BYTES = 4

/**
 * Says who begins a conversation so.
 *
 * @returns undefined while more bytes are needed
 */
export function classifyFirstBytes (bytes: Uint8Array): FirstBytes | undefined {
  if (startsAlike(bytes, TLS) && bytes.length >= TLS.length) {
    return 'tls'
  }
  const text = String.fromCharCode(...bytes.subarray(0, FIRST_BYTES))
  if (HTTP.test(text)) {
    return 'http'
  }
  if (bytes.length < FIRST_BYTES) {
    return undefined
  }
  if (startsAlike(bytes, MULTISTREAM)) {
    return 'ours'
  }
  return BITCOIN_COMMAND.test(text.slice(MAGIC_BYTES)) ? 'bitcoin' : 'other'
}

function startsAlike (bytes: Uint8Array, pattern: Uint8Array): boolean {
  return pattern.every((byte, at) => at >= bytes.length || bytes[at] === byte)
}
