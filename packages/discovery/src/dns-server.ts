/**
 * A small authoritative DNS server for demonstrations and test networks: on loopback only, over UDP and TCP, with the zone
 * as data. Not for production.
 *
 * @packageDocumentation
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import { type Answer, decode, type DecodedPacket, encode, type Question } from 'dns-packet'
import { addressKind, OperationError, parseIp } from '@peerwright/core'

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
}

/** A running server. */
export interface DnsServer {
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

/** TCP connections at a time, and how long one may be silent, in milliseconds. Chosen: for test networks. */
const MAX_CONNECTIONS = 64
const CONNECTION_TIMEOUT_MS = 5_000

/** TTL of the answer that there is nothing, in seconds. */
const NEGATIVE_TTL = 60

/** RFC 1035, 4.1.1: answer flags and codes. */
const FLAG_AUTHORITATIVE = 0x0400
const FLAG_TRUNCATED = 0x0200
const RCODE_REFUSED = 5
const RCODE_NXDOMAIN = 3

/**
 * Starts a server.
 *
 * @throws OperationError `invalid-option` for an address that is not loopback, `address-in-use`
 */
export async function startDnsServer (options: DnsServerOptions): Promise<DnsServer> {
  const ip = parseIp(options.ip)
  if (ip === undefined || addressKind(ip) !== 'loopback') {
    throw new OperationError('invalid-option', 'the DNS server of test networks listens on loopback only')
  }
  const server = new LoopbackDns(options)
  await server.listen()
  return server
}

class LoopbackDns implements DnsServer {
  readonly queries = { udp: 0, tcp: 0 }
  readonly #options: DnsServerOptions
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #connections = new Set<Socket>()
  #records: readonly ZoneRecord[]

  constructor (options: DnsServerOptions) {
    this.#options = options
    this.#records = options.records
    this.#udp = createSocket(options.ip.includes(':') ? 'udp6' : 'udp4')
    this.#udp.on('message', (query, from) => {
      const answer = this.#answer(query, 'udp')
      if (answer !== undefined) {
        this.#udp.send(answer, from.port, from.address)
      }
    })
    this.#tcp = createServer(socket => { this.#serve(socket) })
    this.#tcp.maxConnections = MAX_CONNECTIONS
  }

  setRecords (records: readonly ZoneRecord[]): void {
    this.#records = records
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
    socket.setTimeout(CONNECTION_TIMEOUT_MS, () => { socket.destroy() })
    socket.on('error', () => { socket.destroy() })
    socket.on('close', () => { this.#connections.delete(socket) })
    socket.on('data', chunk => {
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
    const question = packet.questions?.[0]
    if (packet.type !== 'query' || question === undefined || packet.questions?.length !== 1) {
      return undefined
    }
    this.queries[transport]++
    const answer = encode({ ...this.#look(question), type: 'response', id: packet.id ?? 0, questions: [question] })
    const limit = transport === 'tcp' ? 65_535 : udpLimit(packet)
    if (answer.length <= limit) {
      return answer
    }
    return encode({ type: 'response', id: packet.id ?? 0, flags: FLAG_AUTHORITATIVE | FLAG_TRUNCATED, questions: [question] })
  }

  #look ({ name, type }: Question): { flags: number, answers?: Answer[], additionals?: Answer[], authorities?: Answer[] } {
    const asked = name.toLowerCase()
    const { origin } = this.#options
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
    const below = own.length > 0 || asked === origin || this.#records.some(record => record.name.endsWith(`.${asked}`))
    return { flags: FLAG_AUTHORITATIVE | (below ? 0 : RCODE_NXDOMAIN), authorities: [soa(origin)] }
  }
}

function answerOf (record: ZoneRecord): Answer {
  return { ...record, class: 'IN' } as Answer
}

/** Says who answers for the zone, and how long that there is nothing holds (RFC 2308). */
function soa (origin: string): Answer {
  return {
    type: 'SOA', name: origin, ttl: NEGATIVE_TTL, class: 'IN',
    data: { mname: `ns.${origin}`, rname: `hostmaster.${origin}`, serial: 1, refresh: 3_600, retry: 600, expire: 86_400, minimum: NEGATIVE_TTL }
  }
}

function udpLimit (packet: DecodedPacket): number {
  const edns = packet.additionals?.find(record => record.type === 'OPT')
  const size = edns !== undefined && 'udpPayloadSize' in edns ? edns.udpPayloadSize : CLASSIC_UDP_BYTES
  return Math.min(MAX_UDP_BYTES, Math.max(CLASSIC_UDP_BYTES, size))
}
