/**
 * A small authoritative DNS server for demonstrations and test networks: on loopback only, over UDP and TCP, with the zone
 * as data. Not for production.
 *
 * @packageDocumentation
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import { addressKind, type Clock, IpAddress, OperationError, systemClock, type Timer } from '@peerwright/core'
import { type Answer, decode, type DecodedPacket, encode, type Question } from 'dns-packet'

/** A record of a zone. */
export type ZoneRecord =
  | { readonly name: string, readonly type: 'A' | 'AAAA', readonly ttl: number, readonly data: string }
  | { readonly name: string, readonly type: 'SRV', readonly ttl: number, readonly data: { readonly target: string, readonly port: number } }
  | { readonly name: string, readonly type: 'TXT', readonly ttl: number, readonly data: string }

/** Where to serve what. */
export interface DnsServerOptions {
  /** A loopback address */
  readonly ip: string
  /** 1 to 65535, for UDP and TCP alike */
  readonly port: number
  /** The name below which the server knows everything */
  readonly origin: string
  readonly records: readonly ZoneRecord[]
  /** @default the system's */
  readonly clock?: Clock
}

/** A running server. */
export interface DnsServer {
  /** Where it listens */
  readonly ip: string
  readonly port: number
  /** Questions answered so far, by transport */
  readonly queries: { readonly udp: number, readonly tcp: number }
  /** Replaces the zone. */
  setRecords(records: readonly ZoneRecord[]): void
  close(): Promise<void>
}

/** Answers over UDP that are longer are cut and asked for again over TCP (DNS Flag Day 2020). */
const MAX_UDP_BYTES = 1_232

/** Smallest limit of a client without EDNS (RFC 1035, 4.2.1). */
const CLASSIC_UDP_BYTES = 512

/** Longest query taken over TCP: a question and an OPT record need far less. */
const MAX_QUERY_BYTES = 1_024

/** Longest answer over TCP: its length has 16 bits (RFC 1035, 4.2.2). */
const MAX_TCP_BYTES = 65_535

/** TCP connections at a time, and how long one may be silent, in milliseconds. Chosen: for test networks. */
const MAX_CONNECTIONS = 64
const CONNECTION_TIMEOUT_MS = 5_000

/** TTL of the answer that there is nothing, in seconds. */
const NEGATIVE_TTL = 60

/** Bytes of one string of a TXT record (RFC 1035, 3.3). */
const MAX_STRING_BYTES = 255

/** RFC 1035, 4.1.1: answer flags and codes. */
const FLAG_AUTHORITATIVE = 0x0400
const FLAG_TRUNCATED = 0x0200
const FLAG_RECURSION_DESIRED = 0x0100
const OPCODE_MASK = 0x7800
const RCODE_FORMERR = 1
const RCODE_NOTIMP = 4
const RCODE_REFUSED = 5
const RCODE_NXDOMAIN = 3

/**
 * Starts a server.
 *
 * @throws OperationError `invalid-option` for an address that is not loopback, `address-in-use`
 */
export async function startDnsServer (options: DnsServerOptions): Promise<DnsServer> {
  const ip = IpAddress.parse(options.ip)
  if (ip === undefined || addressKind(ip) !== 'loopback') {
    throw new OperationError('invalid-option', 'the DNS server of test networks listens on loopback only')
  }
  const server = new LoopbackDns(options)
  await server.listen()
  return server
}

class LoopbackDns implements DnsServer {
  readonly ip: string
  readonly port: number
  readonly queries = { udp: 0, tcp: 0 }
  readonly #options: DnsServerOptions
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #connections = new Set<Socket>()
  #records: readonly ZoneRecord[]

  constructor (options: DnsServerOptions) {
    this.ip = options.ip
    this.port = options.port
    this.#options = options
    this.#records = options.records.map(lowerCase)
    this.#udp = createSocket(options.ip.includes(':') ? 'udp6' : 'udp4')
    this.#udp.on('message', (query, from) => {
      const answer = this.#answer(query, 'udp')
      if (answer !== undefined) {
        this.#udp.send(answer, from.port, from.address)
      }
    })
    this.#tcp = createServer(socket => { this.#serve(socket) })
    this.#tcp.maxConnections = MAX_CONNECTIONS
    // Beside the one that `listen` waits for: an error of a socket that nobody hears ends the process
    this.#udp.on('error', () => {})
    this.#tcp.on('error', () => {})
  }

  setRecords (records: readonly ZoneRecord[]): void {
    this.#records = records.map(lowerCase)
  }

  async listen (): Promise<void> {
    const { ip, port } = this.#options
    try {
      await new Promise<void>((resolve, reject) => {
        this.#udp.once('error', reject).bind(port, ip, resolve)
      })
      await new Promise<void>((resolve, reject) => {
        this.#tcp.once('error', reject).listen(port, ip, resolve)
      })
    } catch (error) {
      this.#udp.close()
      throw new OperationError('address-in-use', `the DNS server cannot listen on ${ip} port ${port}`, { cause: error })
    }
  }

  async close (): Promise<void> {
    for (const socket of this.#connections) {
      socket.destroy()
    }
    await Promise.all([
      new Promise<void>(resolve => { this.#udp.close(resolve) }),
      new Promise<void>(resolve => { this.#tcp.close(() => { resolve() }) })
    ])
  }

  #serve (socket: Socket): void {
    this.#connections.add(socket)
    let held = Buffer.alloc(0)
    const { clock = systemClock } = this.#options
    const inTime = (): Timer => clock.schedule(CONNECTION_TIMEOUT_MS, () => { socket.destroy() })
    let silence = inTime()
    socket.on('error', () => { socket.destroy() })
    socket.on('close', () => {
      silence.cancel()
      this.#connections.delete(socket)
    })
    socket.on('data', chunk => {
      silence.cancel()
      silence = inTime()
      held = Buffer.concat([held, chunk])
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
        const size = held.readUInt16BE(0)
        const answer = this.#answer(held.subarray(2, 2 + size), 'tcp')
        held = held.subarray(2 + size)
        if (answer === undefined) {
          socket.destroy()
          return
        }
        const head = Buffer.alloc(2)
        head.writeUInt16BE(answer.length)
        socket.write(Buffer.concat([head, answer]))
      }
      if (held.length > MAX_QUERY_BYTES) {
        socket.destroy()
      }
    })
  }

  /** @returns undefined for what is no question */
  #answer (query: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined {
    if (query.length > MAX_QUERY_BYTES) {
      return undefined
    }
    let packet: DecodedPacket
    try {
      packet = decode(query)
    } catch {
      return undefined
    }
    if (packet.type !== 'query') {
      return undefined
    }
    this.queries[transport]++
    const [question] = packet.questions ?? []
    const edns = packet.additionals?.find(record => record.type === 'OPT')
    const reply = {
      type: 'response' as const,
      id: packet.id ?? 0,
      ...(question === undefined ? {} : { questions: [question] }),
      // A query with EDNS gets its OPT record back (RFC 6891, 7)
      additionals: edns === undefined ? [] : [optRecord()]
    }
    // Recursion desired is copied (RFC 1035, 4.1.1)
    const asked = (packet.flags ?? 0) & FLAG_RECURSION_DESIRED
    if (question === undefined || packet.questions?.length !== 1) {
      return encode({ ...reply, questions: [], flags: asked | RCODE_FORMERR })
    }
    if (((packet.flags ?? 0) & OPCODE_MASK) !== 0) {
      return encode({ ...reply, flags: asked | RCODE_NOTIMP })
    }
    const found = this.#look(question)
    const answer = encode({ ...reply, ...found, flags: asked | found.flags, additionals: [...found.additionals ?? [], ...reply.additionals] })
    const limit = transport === 'tcp' ? MAX_TCP_BYTES : udpLimit(edns)
    return answer.length <= limit ? answer : encode({ ...reply, flags: asked | FLAG_AUTHORITATIVE | FLAG_TRUNCATED })
  }

  #look ({ name, type }: Question): { flags: number, answers?: Answer[], additionals?: Answer[], authorities?: Answer[] } {
    const asked = name.toLowerCase()
    const origin = this.#options.origin.toLowerCase()
    if (asked !== origin && !asked.endsWith(`.${origin}`)) {
      return { flags: RCODE_REFUSED }
    }
    const own = this.#records.filter(record => record.name === asked)
    const answers = own.filter(record => record.type === type).map(answerOf)
    if (answers.length > 0) {
      const targets = new Set(own.flatMap(record => record.type === 'SRV' && type === 'SRV' ? [record.data.target] : []))
      const additionals = this.#records.filter(record => targets.has(record.name) && (record.type === 'A' || record.type === 'AAAA')).map(answerOf)
      return { flags: FLAG_AUTHORITATIVE, answers, additionals }
    }
    if (asked === origin && (type === 'SOA' || type === 'NS')) {
      return { flags: FLAG_AUTHORITATIVE, answers: [type === 'SOA' ? soa(origin) : nameServer(origin)] }
    }
    const below = own.length > 0 || asked === origin || this.#records.some(record => record.name.endsWith(`.${asked}`))
    return { flags: FLAG_AUTHORITATIVE | (below ? 0 : RCODE_NXDOMAIN), authorities: [soa(origin)] }
  }
}

function answerOf (record: ZoneRecord): Answer {
  return record.type === 'TXT' ? { ...record, class: 'IN', data: stringsOf(record.data) } : { ...record, class: 'IN' }
}

/** A text as the strings of one TXT record. */
function stringsOf (text: string): Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  const count = Math.max(1, Math.ceil(bytes.length / MAX_STRING_BYTES))
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * MAX_STRING_BYTES, (index + 1) * MAX_STRING_BYTES))
}

/** Names are the same in any case; the zone keeps them in lower case. */
function lowerCase (record: ZoneRecord): ZoneRecord {
  const name = record.name.toLowerCase()
  return record.type === 'SRV' ? { ...record, name, data: { ...record.data, target: record.data.target.toLowerCase() } } : { ...record, name }
}

function nameServer (origin: string): Answer {
  return { type: 'NS', name: origin, ttl: NEGATIVE_TTL, class: 'IN', data: `ns.${origin}` }
}

function optRecord (): Answer {
  return { type: 'OPT', name: '.', udpPayloadSize: MAX_UDP_BYTES, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] }
}

/** Says who answers for the zone, and how long that there is nothing holds (RFC 2308). */
function soa (origin: string): Answer {
  return {
    type: 'SOA', name: origin, ttl: NEGATIVE_TTL, class: 'IN',
    data: { mname: `ns.${origin}`, rname: `hostmaster.${origin}`, serial: 1, refresh: 3_600, retry: 600, expire: 86_400, minimum: NEGATIVE_TTL }
  }
}

function udpLimit (edns: Answer | undefined): number {
  const size = edns?.type === 'OPT' ? edns.udpPayloadSize : CLASSIC_UDP_BYTES
  return Math.min(MAX_UDP_BYTES, Math.max(CLASSIC_UDP_BYTES, size))
}
