import { type Clock, NetAddress, OperationError, PeerFault, type Random } from '@peerwright/core'
import { MAX_QUERY_DEADLINE_MS, MAX_RESOLVERS, QUERY_DEADLINE_MS } from './constants.ts'
import { type AliasTrail, NO_TRAIL, selectRecords } from './dns-answer.ts'
import { httpsExchange } from './dns-https.ts'
import { decodeAnswer, type DnsMessage, type DnsQuestion, type DnsRecord, encodeQuestion, type RecordType } from './dns-message.ts'
import { canonicalName } from './dns-name.ts'
import { type DnsExchanges, type Resolver, resolverName, systemResolvers, tcpExchange, udpExchange } from './dns-transport.ts'
import { type DnsAttempt, DnsError, type DnsOutcome, isOutcome } from './errors.ts'

/** The answer to a question. */
export interface DnsAnswer {
  /** Of the type asked for; none when the name has none */
  readonly records: readonly DnsRecord[]
  /** How long it may be kept, in seconds: the smallest TTL of its records and aliases, within bounds */
  readonly ttlSeconds: number
  /** Addresses of SRV targets that came along */
  readonly additional: ReadonlyMap<string, readonly string[]>
  /** Records of the answer that were passed over: beyond the bounds, of other names, or of no form we know */
  readonly skipped: number
}

/** How names are looked up. */
export interface DnsClientOptions {
  /** Asked in this order; `system`: those of the operating system */
  readonly resolvers: 'system' | readonly Resolver[]
  /** `forbidden`: no UDP socket is opened, the system's servers are asked over TCP */
  readonly udp: 'allowed' | 'forbidden'
  /** Patience with one server, in milliseconds */
  readonly timeoutMs: number
  /** Patience with one name, over all servers and aliases, in milliseconds; by default each server gets its time, 15 to 60 s in all */
  readonly deadlineMs?: number
  readonly clock: Clock
  readonly random: Random
  /** Carries queries; given in tests of faults only */
  readonly exchange?: DnsExchanges
  /** Where the operating system's servers stand. @default '/etc/resolv.conf' */
  readonly resolvConf?: string
}

/** How a server has done so far. */
export interface ResolverCounts {
  readonly asked: number
  readonly answered: number
  /** Failures by outcome */
  readonly failed: Readonly<Partial<Record<DnsOutcome, number>>>
}

interface Counts {
  asked: number
  answered: number
  failed: Partial<Record<DnsOutcome, number>>
}

/** What the answer codes mean to us (RFC 1035, 4.1.1). */
const OUTCOMES: Readonly<Record<string, DnsOutcome>> = { SERVFAIL: 'servfail', REFUSED: 'refused', NXDOMAIN: 'nxdomain' }

/**
 * Looks names up at the given servers, in their order: the next one is asked when one does not answer in time, cannot be
 * reached, fails, refuses, knows no such name, or answers what is no answer. An answer counts only with the id and the question that
 * were sent; over UDP others are passed over until the time is up, for anybody may have sent them.
 */
export class DnsClient {
  readonly #options: DnsClientOptions
  #resolvers: readonly Resolver[]
  readonly #exchange: Required<DnsExchanges>
  readonly #deadlineMs: number
  readonly #counts = new Map<string, Counts>()

  /**
   * @throws OperationError `invalid-option` when a server is to be asked over UDP and that is forbidden, when one is no IP address
   *   with a port, or when the list is too long
   */
  constructor (options: DnsClientOptions) {
    const { resolvers, udp } = options
    if (udp === 'forbidden' && resolvers !== 'system' && resolvers.some(({ transport }) => transport === 'udp')) {
      throw new OperationError('invalid-option', 'a DNS server is to be asked over UDP, which this network forbids')
    }
    this.#options = options
    this.#resolvers = resolvers === 'system' ? this.#systemResolvers() : resolvers
    if (this.#resolvers.length > MAX_RESOLVERS) {
      throw new OperationError('invalid-option', `at most ${MAX_RESOLVERS} DNS servers are asked`)
    }
    // A name here would be looked up by the system, which asks over UDP whatever we forbid
    if (this.#resolvers.some(({ ip, port }) => NetAddress.from(ip, port) === undefined)) {
      throw new OperationError('invalid-option', 'a DNS server must be an IP address and a port from 1 to 65535')
    }
    this.#deadlineMs = options.deadlineMs ?? Math.min(MAX_QUERY_DEADLINE_MS, Math.max(QUERY_DEADLINE_MS, this.#resolvers.length * options.timeoutMs))
    this.#exchange = { udp: udpExchange, tcp: tcpExchange, https: httpsExchange, ...options.exchange }
  }

  /** How each server that was asked has done, by name such as `udp 127.0.0.1:53` */
  get counts (): ReadonlyMap<string, ResolverCounts> {
    return new Map([...this.#counts].map(([name, { asked, answered, failed }]) => [name, { asked, answered, failed: { ...failed } }]))
  }

  /** @throws DnsError with what each server did */
  async query (name: string, type: RecordType, signal?: AbortSignal): Promise<DnsAnswer> {
    const canonical = canonicalName(name)
    if (canonical === undefined) {
      throw new DnsError('bad-name', 'what is to be looked up is no DNS name')
    }
    if (this.#options.resolvers === 'system') {
      // They change when the machine changes its network
      this.#resolvers = this.#systemResolvers()
    }
    const controller = new AbortController()
    const abort = (): void => { controller.abort() }
    const timer = this.#options.clock.schedule(this.#deadlineMs, abort)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted === true) {
      abort()
    }
    const attempts: DnsAttempt[] = []
    try {
      return await this.#follow(canonical, type, NO_TRAIL, attempts, controller.signal)
    } catch (error) {
      if (error instanceof DnsError && error.code === 'aborted' && signal?.aborted !== true) {
        throw new DnsError('timeout', `${canonical} ${type}: no answer in ${this.#deadlineMs} ms`, { attempts, cause: error })
      }
      throw error
    } finally {
      timer.cancel()
      signal?.removeEventListener('abort', abort)
    }
  }

  #systemResolvers (): Resolver[] {
    return systemResolvers(this.#options.udp === 'forbidden' ? 'tcp' : 'udp', this.#options.resolvConf)
  }

  /** Asks server after server for a name, and then for the name that it turns out to be an alias of. */
  async #follow (name: string, type: RecordType, trail: AliasTrail, attempts: DnsAttempt[], signal: AbortSignal): Promise<DnsAnswer> {
    for (const resolver of this.#resolvers) {
      const counts = this.#countsOf(resolver)
      const fail = (outcome: DnsOutcome): void => {
        counts.failed[outcome] = (counts.failed[outcome] ?? 0) + 1
        attempts.push({ server: resolverName(resolver), outcome })
      }
      counts.asked++
      const message = await this.#ask(resolver, name, type, signal)
      if (typeof message === 'string') {
        fail(message)
        continue
      }
      const selection = selectRecords(message, name, type, trail)
      if (selection.kind === 'records') {
        counts.answered++
        const { records, ttlSeconds } = selection
        const passedOver = message.answers.filter(({ says }) => says.type !== 'CNAME').length - records.length
        return { records, ttlSeconds, additional: addressesOf(message), skipped: message.skipped + passedOver }
      }
      if (selection.kind === 'alias') {
        counts.answered++
        return await this.#follow(selection.name, type, selection.trail, attempts, signal)
      }
      fail(selection.kind)
    }
    const code = attempts.some(({ outcome }) => outcome === 'nxdomain') ? 'nxdomain' : attempts.at(-1)?.outcome ?? 'no-resolver'
    const tried = attempts.map(({ server, outcome }) => `${server} ${outcome}`).join(', ')
    throw new DnsError(code, `${name} ${type}: ${tried === '' ? 'no DNS server is known' : tried}`, { attempts })
  }

  /** @returns the answer, or how the server failed */
  async #ask (resolver: Resolver, name: string, type: RecordType, signal: AbortSignal): Promise<DnsMessage | DnsOutcome> {
    const late = new AbortController()
    const abort = (): void => { late.abort() }
    const timer = this.#options.clock.schedule(this.#options.timeoutMs, abort)
    signal.addEventListener('abort', abort)
    if (signal.aborted) {
      abort()
    }
    try {
      let message = await this.#exchangeOnce(resolver, name, type, late.signal)
      if (message.truncated && resolver.transport === 'udp') {
        message = await this.#exchangeOnce({ transport: 'tcp', ip: resolver.ip, port: resolver.port }, name, type, late.signal)
      }
      return message.rcode === 'NOERROR' ? message : OUTCOMES[message.rcode] ?? 'other-rcode'
    } catch (error) {
      if (error instanceof PeerFault) {
        return error.code === 'mismatch' ? 'mismatch' : 'malformed'
      }
      if (!(error instanceof DnsError) || signal.aborted) {
        throw error
      }
      return isOutcome(error.code) ? error.code : 'timeout'
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', abort)
    }
  }

  async #exchangeOnce (resolver: Resolver, name: string, type: RecordType, signal: AbortSignal): Promise<DnsMessage> {
    const question: DnsQuestion = { id: this.#options.random.below(65_536), name, type }
    const accepts = (answer: Uint8Array): boolean => {
      try {
        decodeAnswer(answer, question)
        return true
      } catch (error) {
        // Bytes with our id that are no message come from the server itself: waiting on would not mend them
        return !(error instanceof PeerFault && error.code === 'mismatch')
      }
    }
    return decodeAnswer(await this.#exchange[resolver.transport](resolver, encodeQuestion(question), signal, accepts), question)
  }

  #countsOf (resolver: Resolver): Counts {
    const name = resolverName(resolver)
    const counts = this.#counts.get(name) ?? { asked: 0, answered: 0, failed: {} }
    this.#counts.set(name, counts)
    return counts
  }
}

function addressesOf (message: DnsMessage): Map<string, string[]> {
  const addresses = new Map<string, string[]>()
  for (const { owner, says } of message.additionals) {
    if (says.type === 'A' || says.type === 'AAAA') {
      addresses.set(owner, [...(addresses.get(owner) ?? []), says.ip])
    }
  }
  return addresses
}
