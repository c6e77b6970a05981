/** A key exchange of TLS 1.3. Source: IANA, "TLS Supported Groups". */
export interface TlsGroup {
  readonly name: string
  /** Whether it has a part that withstands a quantum computer */
  readonly pq: boolean
}

const GROUPS: ReadonlyMap<number, TlsGroup> = new Map([
  [23, { name: 'secp256r1', pq: false }],
  [24, { name: 'secp384r1', pq: false }],
  [25, { name: 'secp521r1', pq: false }],
  [29, { name: 'X25519', pq: false }],
  [30, { name: 'X448', pq: false }],
  [4_587, { name: 'SecP256r1MLKEM768', pq: true }],
  [4_588, { name: 'X25519MLKEM768', pq: true }],
  [4_589, { name: 'SecP384r1MLKEM1024', pq: true }]
])

/** A group that is not in the list, or not to be found: nothing is claimed of it. */
export const UNKNOWN_GROUP: TlsGroup = { name: 'unknown', pq: false }

/** Most bytes looked at. derived: a HelloRetryRequest, a change of cipher and a ServerHello with the longest key share, 1,665 bytes, twice over. */
const MAX_BYTES = 4_096

/** Record and message types, and the extension. Source: RFC 8446, B.1, B.3 and 4.2. */
const CHANGE_CIPHER_SPEC = 20
const HANDSHAKE = 22
const SERVER_HELLO = 2
const KEY_SHARE = 51

/** The random of a ServerHello that asks for another key share and is followed by the real one. Source: RFC 8446, 4.1.3. */
const RETRY_RANDOM = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')

/**
 * Reads which group a TLS 1.3 server chose, from what it sends in clear: Node tells it to the client alone, and libp2p's encrypter to
 * nobody. It looks on; whether the handshake holds is for TLS to say.
 */
export class ServerHelloReader {
  #bytes = Buffer.alloc(0)
  #group: TlsGroup | undefined

  /** The group, `UNKNOWN_GROUP` when there is none to be found, undefined as long as more bytes may tell */
  get group (): TlsGroup | undefined {
    return this.#group
  }

  /** Bytes that the server sent, in order. */
  push (bytes: Uint8Array): void {
    if (this.#group !== undefined) {
      return
    }
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(0, MAX_BYTES - this.#bytes.length)])
    this.#read()
    if (this.#group === undefined && this.#bytes.length === MAX_BYTES) {
      this.#group = UNKNOWN_GROUP
    }
    if (this.#group !== undefined) {
      this.#bytes = Buffer.alloc(0)
    }
  }

  /** Takes whole records from the front. */
  #read (): void {
    while (this.#group === undefined && this.#bytes.length >= 5) {
      const end = 5 + this.#bytes.readUInt16BE(3)
      if (this.#bytes.length < end) {
        return
      }
      const [type, body] = [this.#bytes[0], this.#bytes.subarray(5, end)]
      this.#bytes = this.#bytes.subarray(end)
      if (type === HANDSHAKE) {
        this.#group = groupOf(body)
      } else if (type !== CHANGE_CIPHER_SPEC) {
        this.#group = UNKNOWN_GROUP
      }
    }
  }
}

/** @returns undefined for a HelloRetryRequest */
function groupOf (message: Buffer): TlsGroup | undefined {
  // type 1, length 3, version 2, random 32, then the session id behind its length
  if (message[0] !== SERVER_HELLO || message.length < 39) {
    return UNKNOWN_GROUP
  }
  if (message.subarray(6, 38).equals(RETRY_RANDOM)) {
    return undefined
  }
  // cipher suite 2, compression 1, length of the extensions 2
  let offset = 39 + (message[38] ?? 0) + 5
  while (offset + 4 <= message.length) {
    const [type, length] = [message.readUInt16BE(offset), message.readUInt16BE(offset + 2)]
    offset += 4
    if (type === KEY_SHARE && length >= 2 && offset + 2 <= message.length) {
      return GROUPS.get(message.readUInt16BE(offset)) ?? UNKNOWN_GROUP
    }
    offset += length
  }
  return UNKNOWN_GROUP
}
