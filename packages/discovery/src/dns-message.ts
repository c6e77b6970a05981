import { IpAddress, PeerFault } from '@peerwright/core'
import { type Answer, decode, type DecodedPacket, encode, type Packet, RECURSION_DESIRED } from 'dns-packet'
import {
  EDNS_BYTES, HEADER_BYTES, MAX_ADDITIONAL_RECORDS, MAX_ANSWER_RECORDS, MAX_AUTHORITY_RECORDS, MAX_TXT_BYTES
} from './constants.ts'
import { canonicalName } from './dns-name.ts'

/** Record types that are asked for. */
export type RecordType = 'A' | 'AAAA' | 'SRV' | 'TXT'

/** One question. */
export interface DnsQuestion {
  /** 0 to 65535, not to be guessed */
  readonly id: number
  /** In canonical form */
  readonly name: string
  readonly type: RecordType
}

/** What a record says. */
export type DnsRecord =
  | { readonly type: 'A' | 'AAAA', readonly ip: string }
  | { readonly type: 'SRV', readonly target: string, readonly port: number, readonly priority: number, readonly weight: number }
  /** The pieces of one record are joined (RFC 7208, 3.3): a reader that hands them out singly loses addresses */
  | { readonly type: 'TXT', readonly text: string }

/** A record as it came: whose it is, for how long, and what it says; `target` is what an alias stands for. */
interface OwnedRecord {
  /** In canonical form */
  readonly owner: string
  readonly ttlSeconds: number
  readonly says: DnsRecord | { readonly type: 'CNAME', readonly target: string }
}

/** An answer, decoded. */
export interface DnsMessage {
  /** Such as `NOERROR`, `NXDOMAIN` */
  readonly rcode: string
  /** There is more, by TCP */
  readonly truncated: boolean
  readonly answers: readonly OwnedRecord[]
  readonly additionals: readonly OwnedRecord[]
  /** Records that were not looked at or not understood */
  readonly skipped: number
}

/** The bytes of a question, with EDNS. */
export function encodeQuestion ({ id, name, type }: DnsQuestion): Uint8Array {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type, class: 'IN' }],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: EDNS_BYTES, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] }]
  })
}

/**
 * Reads the answer to `question`. Of an oversized one only the records within the bounds are decoded.
 *
 * @throws PeerFault `mismatch` when it answers something else, `malformed` when it is no DNS message
 */
export function decodeAnswer (bytes: Uint8Array, question: DnsQuestion): DnsMessage {
  const { packet, cut } = decodeBounded(bytes, question.id)
  if (!isAnswerTo(packet, question)) {
    throw new PeerFault('mismatch', 'an answer to another question', { offence: 'ambiguous' })
  }
  const answers = (packet.answers ?? []).flatMap(toRecord)
  const additionals = (packet.additionals ?? []).flatMap(toRecord)
  const decoded = (packet.answers?.length ?? 0) + (packet.additionals ?? []).filter(({ type }) => type !== 'OPT').length
  return {
    rcode: packet.rcode,
    truncated: packet.flag_tc,
    answers,
    additionals,
    skipped: cut + decoded - answers.length - additionals.length
  }
}

/** What dns-packet adds to the packets it decodes. */
type Decoded = Packet & { readonly rcode: string, readonly flag_tc: boolean }

function decodeBounded (bytes: Uint8Array, id: number): { packet: Decoded, cut: number } {
  if (bytes.length < HEADER_BYTES) {
    throw new PeerFault('malformed', 'a DNS message is at least 12 bytes')
  }
  // The id is compared before anything else is looked at: it is what tells a stray datagram from a broken server
  if (((bytes[0] ?? 0) << 8 | (bytes[1] ?? 0)) !== id) {
    throw new PeerFault('mismatch', 'an answer with another id', { offence: 'ambiguous' })
  }
  const copy = Buffer.from(bytes)
  const cut = cutCounts(copy)
  try {
    return { packet: decode(copy) as DecodedPacket & Decoded, cut }
  } catch (cause) {
    throw new PeerFault('malformed', 'the bytes are no DNS message', { cause })
  }
}

/**
 * Writes the bounds into the counts of the header, so that the decoder allocates and walks no more than these. A section that is
 * cut hides where the next one begins, so what follows it is cut as a whole.
 *
 * @returns how many records were cut
 */
function cutCounts (message: Buffer): number {
  if (message.readUInt16BE(4) > 1) {
    throw new PeerFault('malformed', 'an answer to more than one question')
  }
  let cut = 0
  let open = true
  for (const [at, limit] of [[6, MAX_ANSWER_RECORDS], [8, MAX_AUTHORITY_RECORDS], [10, MAX_ADDITIONAL_RECORDS]] as const) {
    const count = message.readUInt16BE(at)
    const kept: number = open ? Math.min(count, limit) : 0
    open &&= kept === count
    cut += count - kept
    message.writeUInt16BE(kept, at)
  }
  return cut
}

/** Codes with which a server refuses a query that it did not read, and so may leave the question out (RFC 6891, 7: FORMERR for EDNS). */
const UNREAD: ReadonlySet<string> = new Set(['FORMERR', 'SERVFAIL', 'NOTIMP', 'REFUSED'])

function isAnswerTo (packet: Decoded, question: DnsQuestion): boolean {
  const [asked] = packet.questions ?? []
  if (asked === undefined) {
    return packet.type === 'response' && UNREAD.has(packet.rcode)
  }
  return packet.type === 'response' && asked.type === question.type &&
    asked.class === 'IN' && canonicalName(asked.name) === question.name
}

function toRecord (answer: Answer): OwnedRecord[] {
  const owner = canonicalName(answer.name)
  const says = answer.type === 'OPT' || answer.class !== 'IN' ? undefined : contentOf(answer)
  if (owner === undefined || says === undefined) {
    return []
  }
  // RFC 2181, 8: a TTL with the highest bit set counts as 0
  const ttl = 'ttl' in answer ? answer.ttl ?? 0 : 0
  return [{ owner, ttlSeconds: ttl > 0x7fff_ffff ? 0 : ttl, says }]
}

function contentOf (answer: Answer): OwnedRecord['says'] | undefined {
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return IpAddress.parse(answer.data) === undefined ? undefined : { type: answer.type, ip: answer.data }
    case 'CNAME': {
      const target = canonicalName(answer.data)
      return target === undefined ? undefined : { type: 'CNAME', target }
    }
    case 'SRV': {
      const target = canonicalName(answer.data.target)
      const { port, priority = 0, weight = 0 } = answer.data
      return target === undefined ? undefined : { type: 'SRV', target, port, priority, weight }
    }
    case 'TXT': {
      const pieces = Array.isArray(answer.data) ? answer.data : [answer.data]
      const joined = Buffer.concat(pieces.map(piece => Buffer.from(piece)))
      return joined.length > MAX_TXT_BYTES ? undefined : { type: 'TXT', text: joined.toString('latin1') }
    }
    default:
      return undefined
  }
}
