import { decode, encode, type Answer, type DecodedPacket } from 'dns-packet'
import { BoundedMap, type Clock, OperationError, type Random } from '@peerwright/core'
import { type DnsExchange, type Resolver, systemResolvers, tcpExchange, udpExchange } from './dns-transport.ts'

/** Record types that are asked for. */
export type RecordType = 'A' | 'AAAA' | 'SRV' | 'TXT'

/** One record of an answer. */
export type DnsRecord =
  | { readonly type: 'A' | 'AAAA', readonly ip: string }
  | { readonly type: 'SRV', readonly target: string, readonly port: number, readonly priority: number, readonly weight: number }
  | { readonly type: 'TXT', readonly text: string }

/** The answer to a question. */
export interface DnsAnswer {
  readonly records: readonly DnsRecord[]
  /** How long it may be kept, in seconds: the smallest TTL of its records, within bounds */
  readonly ttlSeconds: number
  /** Addresses of SRV targets that came along */
  readonly additional: ReadonlyMap<string, readonly string[]>
}

/** How names are looked up. */
export interface DnsClientOptions {
  /** Asked in this order; `system`: those of the operating system */
  readonly resolvers: 'system' | readonly Resolver[]
  /** `forbidden`: no UDP socket is opened, the system's servers are asked over TCP */
  readonly udp: 'allowed' | 'forbidden'
  /** Patience with one server, in milliseconds */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: Random
  /** Carries queries; given in tests of faults only */
  readonly exchange?: { readonly udp: DnsExchange, readonly tcp: DnsExchange }
}

/** Records of an answer that are looked at. The most that fit 64 KiB is about 4,000; a seed has no use for them. */
const MAX_RECORDS = 512

/** Steps of a chain of aliases (unbound and Bitcoin Core's resolvers allow about as many). Chosen. */
const MAX_ALIASES = 8

/** UDP payload that we say we take, in bytes (DNS Flag Day 2020). */
const UDP_PAYLOAD_BYTES = 1_232

/** Bounds of a TTL in seconds. Chosen: not asked anew for every dial, not believed for more than a day. */
const MIN_TTL_SECONDS = 30
const MAX_TTL_SECONDS = 86_400

/** Servers of which failures are counted. Chosen: the most a policy names. */
const MAX_COUNTED = 64

/** Truncated: the answer is to be asked for over TCP (RFC 1035, 4.1.1). */
const FLAG_TC = 0x0200

/**
 * Looks names up at the given servers, in their order: the next one is asked when one does not answer in time, cannot be
 * reached, fails, refuses, knows no such name, or answers another question. The answer is filtered: records of other names,
 * malformed ones and those beyond the bounds are passed over.
 */
export class DnsClient {
  readonly #options: DnsClientOptions
  readonly #resolvers: readonly Resolver[]
  readonly #failures = new BoundedMap<string, number>(MAX_COUNTED)

  /** @throws OperationError `invalid-option` when a server is to be asked over UDP and that is forbidden */
  constructor (options: DnsClientOptions) {
    const { resolvers, udp } = options
    if (udp === 'forbidden' && resolvers !== 'system' && resolvers.some(({ transport }) => transport === 'udp')) {
      throw new OperationError('invalid-option', 'a DNS server is to be asked over UDP, which this network forbids')
    }
    this.#options = options
    this.#resolvers = resolvers === 'system' ? systemResolvers(udp === 'forbidden' ? 'tcp' : 'udp') : resolvers
  }

  /** Failures by server, such as `udp 127.0.0.1:53` */
  get failures (): ReadonlyMap<string, number> {
    return new Map(this.#failures)
  }

  /** @throws OperationError with the code of the last server's failure: `timeout`, `unreachable`, `servfail`, `refused`, `nxdomain`, `bad-answer`, `alias-loop`, `no-resolver`, `aborted` */
  async query (name: string, type: RecordType, signal?: AbortSignal): Promise<DnsAnswer> {
    let failure = new OperationError('no-resolver', 'no DNS server is known')
    for (const resolver of this.#resolvers) {
      if (signal?.aborted === true) {
        throw new OperationError('aborted', 'the look-up was given up')
      }
      try {
        return await this.#ask(resolver, name, type, signal)
      } catch (error) {
        failure = error instanceof OperationError ? error : new OperationError('bad-answer', 'the DNS server sent what is no answer', { cause: error })
        const key = `${resolver.transport} ${resolver.ip}:${resolver.port}`
        this.#failures.set(key, (this.#failures.get(key) ?? 0) + 1)
      }
    }
    throw failure
  }

  async #ask (resolver: Resolver, name: string, type: RecordType, signal: AbortSignal | undefined): Promise<DnsAnswer> {
    const exchange = this.#options.exchange ?? { udp: udpExchange, tcp: tcpExchange }
    const controller = new AbortController()
    const abort = (): void => { controller.abort() }
    const timer = this.#options.clock.schedule(this.#options.timeoutMs, abort)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const id = this.#options.random.below(65_536)
      const query = encode({
        type: 'query', id, flags: 0x0100, questions: [{ name, type }],
        additionals: [{ type: 'OPT', name: '.', udpPayloadSize: UDP_PAYLOAD_BYTES, flags: 0, options: [], extendedRcode: 0, ednsVersion: 0, flag_do: false }]
      })
      let packet = parse(await exchange[resolver.transport](resolver, query, controller.signal), id, name, type)
      if ((packet.flags ?? 0) & FLAG_TC && resolver.transport === 'udp') {
        packet = parse(await exchange.tcp({ ...resolver, transport: 'tcp' }, query, controller.signal), id, name, type)
      }
      return collect(packet, name, type)
    } finally {
      timer.cancel()
      signal?.removeEventListener('abort', abort)
    }
  }
}

/** What the answer codes mean to us (RFC 1035, 4.1.1). */
const FAILURES: Readonly<Record<string, string>> = { SERVFAIL: 'servfail', REFUSED: 'refused', NXDOMAIN: 'nxdomain' }

function parse (bytes: Uint8Array, id: number, name: string, type: RecordType): DecodedPacket {
  let packet: DecodedPacket
  try {
    packet = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (error) {
    throw new OperationError('bad-answer', 'the DNS server sent what is no DNS message', { cause: error })
  }
  const question = packet.questions?.[0]
  if (packet.type !== 'response' || packet.id !== id || packet.questions?.length !== 1 || question?.type !== type || !sameName(question.name, name)) {
    throw new OperationError('bad-answer', 'the DNS server answered another question')
  }
  const { rcode } = packet as DecodedPacket & { rcode?: string }
  if (rcode !== 'NOERROR') {
    const code = FAILURES[rcode ?? ''] ?? 'servfail'
    throw new OperationError(code, `the DNS server answered ${code}`)
  }
  return packet
}

function sameName (a: string, b: string): boolean {
  return a.toLowerCase().replace(/\.$/, '') === b.toLowerCase().replace(/\.$/, '')
}

function collect (packet: DecodedPacket, name: string, type: RecordType): DnsAnswer {
  const answers = (packet.answers ?? []).slice(0, MAX_RECORDS)
  const owner = followAliases(answers, name)
  const records: DnsRecord[] = []
  let ttlSeconds = MAX_TTL_SECONDS
  for (const answer of answers) {
    const record = answer.type === type && sameName(answer.name, owner) ? recordOf(answer) : undefined
    if (record !== undefined) {
      records.push(record)
      ttlSeconds = Math.min(ttlSeconds, 'ttl' in answer ? answer.ttl ?? MAX_TTL_SECONDS : MAX_TTL_SECONDS)
    }
  }
  const additional = new Map<string, string[]>()
  for (const extra of (packet.additionals ?? []).slice(0, MAX_RECORDS)) {
    const record = extra.type === 'A' || extra.type === 'AAAA' ? recordOf(extra) : undefined
    if (record?.type === 'A' || record?.type === 'AAAA') {
      const key = extra.name.toLowerCase()
      additional.set(key, [...(additional.get(key) ?? []), record.ip])
    }
  }
  return { records, ttlSeconds: Math.max(MIN_TTL_SECONDS, ttlSeconds), additional }
}

function followAliases (answers: readonly Answer[], name: string): string {
  let owner = name
  for (let step = 0; step <= MAX_ALIASES; step++) {
    const alias = answers.find(answer => answer.type === 'CNAME' && sameName(answer.name, owner))
    if (alias?.type !== 'CNAME') {
      return owner
    }
    owner = alias.data
  }
  throw new OperationError('alias-loop', `the name is an alias of an alias, more than ${MAX_ALIASES} times`)
}

function recordOf (answer: Answer): DnsRecord | undefined {
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return { type: answer.type, ip: answer.data }
    case 'SRV': {
      const { target, port, priority = 0, weight = 0 } = answer.data
      return { type: 'SRV', target, port, priority, weight }
    }
    case 'TXT': {
      // The pieces of one record belong together (RFC 1035, 3.3.14); a library that hands them out singly loses addresses
      const pieces = Array.isArray(answer.data) ? answer.data : [answer.data]
      return { type: 'TXT', text: Buffer.concat(pieces.map(piece => Buffer.from(piece))).toString('latin1') }
    }
    default:
      return undefined
  }
}
