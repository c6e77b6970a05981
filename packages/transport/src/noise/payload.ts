import { invariant, PeerFault } from '@peerwright/core'
import { join } from './join.ts'

/** What both sides prove and offer inside the handshake. Source: libp2p specs, noise/README.md r5, "The libp2p handshake payload". */
export interface HandshakePayload {
  /** The identity key, in libp2p's protobuf */
  readonly identityKey: Uint8Array
  /** By the identity key, over the static key of this channel */
  readonly identitySignature: Uint8Array
  /** Muxers in the order of preference */
  readonly streamMuxers: readonly string[]
  /** The encrypters of the whole node in its order; absent in a payload of a libp2p that does not tell them */
  readonly encrypters?: readonly string[]
  /** Further fields, by numbers from `FIRST_EXTENSION` to `LAST_EXTENSION` */
  readonly extensions?: ReadonlyMap<number, Uint8Array>
}

/** Fields of `NoiseHandshakePayload` and of `NoiseExtensions`. */
const IDENTITY_KEY = 1
const IDENTITY_SIGNATURE = 2
const EXTENSIONS = 4
const STREAM_MUXERS = 2

/** Field of `NoiseExtensions` for the node's encrypters. Chosen: above 1024, where the registry of libp2p leaves room for trials. */
const ENCRYPTERS = 1_801
/** The first number that an extension of a user may have. Chosen: behind our own. */
const FIRST_EXTENSION = 1_802
/** The last one. Chosen. */
const LAST_EXTENSION = 1_831

/** Names read of a list; more are the sender's fault. Chosen: libp2p knows three muxers, and `version` has room for 16 encrypters. */
const MAX_NAMES = 16
/** Bytes of a name. Chosen: as in `version`. */
const MAX_NAME_BYTES = 64

/** Bytes of a field's number or of a length: 7 bits a byte, five bytes for 32 bits (Protocol Buffers, "Base 128 Varints"). */
const MAX_VARINT_BYTES = 5

function varint (value: number): number[] {
  const bytes = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) {
      return [...bytes, rest]
    }
    bytes.push((rest & 0x7f) | 0x80)
  }
}

/** One length-delimited field. */
function field (number: number, value: Uint8Array): Uint8Array {
  return join(Uint8Array.from([...varint((number << 3) | 2), ...varint(value.length)]), value)
}

/** The payload as bytes. */
export function encodePayload ({ identityKey, identitySignature, streamMuxers, encrypters = [], extensions = new Map() }: HandshakePayload): Uint8Array {
  for (const number of extensions.keys()) {
    invariant(number >= FIRST_EXTENSION && number <= LAST_EXTENSION, `an extension has a number from ${FIRST_EXTENSION} to ${LAST_EXTENSION}`)
  }
  const inner = join(
    ...streamMuxers.map(name => field(STREAM_MUXERS, Buffer.from(name))),
    ...encrypters.map(name => field(ENCRYPTERS, Buffer.from(name))),
    ...[...extensions].map(([number, value]) => field(number, value))
  )
  return join(field(IDENTITY_KEY, identityKey), field(IDENTITY_SIGNATURE, identitySignature), field(EXTENSIONS, inner))
}

/** Reads the fields of a protobuf message; a field is a view into it, so nothing is allocated by what the bytes claim. */
function* fields (bytes: Uint8Array): Generator<{ readonly number: number, readonly value: Uint8Array | undefined }> {
  let offset = 0
  const fault = (): never => { throw new PeerFault('bad-payload', 'a handshake payload is no protobuf message') }
  const number = (): number => {
    let value = 0
    for (let at = 0; at < MAX_VARINT_BYTES; at++) {
      const byte = bytes[offset++] ?? fault()
      value += (byte & 0x7f) * 2 ** (7 * at)
      if (byte < 0x80) {
        return value
      }
    }
    return fault()
  }
  const skip = (length: number): Uint8Array => {
    const end = offset + length
    if (end > bytes.length) {
      fault()
    }
    const value = bytes.subarray(offset, end)
    offset = end
    return value
  }
  /** A varint nobody asks for may have all its ten bytes. */
  const skipVarint = (): void => {
    const end = offset + 10
    while (offset < end) {
      if ((bytes[offset++] ?? fault()) < 0x80) {
        return
      }
    }
    fault()
  }
  while (offset < bytes.length) {
    const tag = number()
    const key = { number: Math.floor(tag / 8) }
    switch (tag % 8) {
      case 0: skipVarint(); yield { ...key, value: undefined }; break
      case 1: skip(8); yield { ...key, value: undefined }; break
      case 2: yield { ...key, value: skip(number()) }; break
      case 5: skip(4); yield { ...key, value: undefined }; break
      default: fault()
    }
  }
}

/**
 * The payload of a message. Fields that nobody knows here are passed over; of one that comes twice, the last counts.
 *
 * @throws PeerFault `bad-payload`
 */
export function decodePayload (bytes: Uint8Array): HandshakePayload {
  let identityKey: Uint8Array | undefined
  let identitySignature: Uint8Array | undefined
  const names = { muxers: [] as string[], encrypters: [] as string[] }
  const extensions = new Map<number, Uint8Array>()
  for (const { number, value } of fields(bytes)) {
    if (number === IDENTITY_KEY) {
      identityKey = value
    } else if (number === IDENTITY_SIGNATURE) {
      identitySignature = value
    } else if (number === EXTENSIONS && value !== undefined) {
      readExtensions(value, names, extensions)
    }
  }
  if (identityKey === undefined || identitySignature === undefined) {
    throw new PeerFault('bad-payload', 'a handshake payload lacks the identity key or its signature')
  }
  const { muxers, encrypters } = names
  return { identityKey, identitySignature, streamMuxers: muxers, extensions, ...encrypters.length === 0 ? {} : { encrypters } }
}

function readExtensions (bytes: Uint8Array, names: { readonly muxers: string[], readonly encrypters: string[] }, extensions: Map<number, Uint8Array>): void {
  for (const { number, value } of fields(bytes)) {
    if (value === undefined) {
      continue
    }
    if (number === STREAM_MUXERS) {
      readName(value, names.muxers)
    } else if (number === ENCRYPTERS) {
      readName(value, names.encrypters)
    } else if (number >= FIRST_EXTENSION && number <= LAST_EXTENSION) {
      extensions.set(number, value)
    }
  }
}

function readName (value: Uint8Array, into: string[]): void {
  if (into.length === MAX_NAMES || value.length > MAX_NAME_BYTES) {
    throw new PeerFault('bad-payload', `a list in a handshake payload has more than ${MAX_NAMES} names or one of more than ${MAX_NAME_BYTES} bytes`)
  }
  into.push(Buffer.from(value).toString())
}
