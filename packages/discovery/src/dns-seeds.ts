import { addressKind, type AddressKind, type AddressScope, inScope, NetAddress, OperationError } from '@peerwright/core'
import type { Candidate, CandidateSource } from '@peerwright/interface'
import { MAX_SRV_TARGETS } from './constants.ts'
import type { DnsAnswer, DnsClient } from './dns-client.ts'
import type { DnsRecord, RecordType } from './dns-message.ts'
import { targetFromMultiaddr } from './multiaddr-target.ts'

/** A DNS name that answers with addresses of peers. */
export interface Seed {
  readonly name: string
  /** What to ask for */
  readonly records: readonly RecordType[]
  /** In front of the name in an SRV query, such as `_quantumcoin._tcp.` */
  readonly srvPrefix: string
  /** In front of the name in a TXT query, such as `qtc-peers.` */
  readonly txtPrefix: string
}

/** How answers of seeds are judged. */
export interface SeedRules {
  /** Port of addresses that come without one */
  readonly defaultPort: number
  readonly addressScope: AddressScope
  /** Addresses taken from one seed at a time */
  readonly addressesPerSeed: number
}

/**
 * Why addresses of a seed were not taken. `malformed`: no address, or port 0. `over-limit`: more than one seed may give, or than
 * are looked at. The others: the kind of an address that is out of scope.
 */
export type DropReason = 'malformed' | 'over-limit' | AddressKind

/** One seed as a source of candidates. */
export class DnsSeed implements CandidateSource {
  readonly name: string
  /** Addresses that were not taken, by reason */
  readonly dropped: Record<DropReason, number> = { malformed: 0, 'over-limit': 0, public: 0, private: 0, loopback: 0, reserved: 0 }
  readonly #seed: Seed
  readonly #client: DnsClient
  readonly #rules: SeedRules

  constructor (seed: Seed, client: DnsClient, rules: SeedRules) {
    this.name = `dns:${seed.name}`
    this.#seed = seed
    this.#client = client
    this.#rules = rules
  }

  /** @throws OperationError when no question was answered: with the reason of the first failure */
  async find (signal: AbortSignal): Promise<readonly Candidate[]> {
    const { records } = this.#seed
    const asked = await Promise.allSettled(records.map(async type => await this.#targets(type, signal)))
    const answered = asked.filter(result => result.status === 'fulfilled')
    if (answered.length === 0) {
      const failed = asked.find(result => result.status === 'rejected')
      throw failed?.reason instanceof Error ? failed.reason : new OperationError('unreachable', 'the seed was not asked')
    }
    return this.#judge(answered.flatMap(result => result.value))
  }

  async #targets (type: RecordType, signal: AbortSignal): Promise<Array<Candidate | undefined>> {
    const { name, srvPrefix, txtPrefix } = this.#seed
    const prefix = type === 'SRV' ? srvPrefix : type === 'TXT' ? txtPrefix : ''
    const answer = await this.#client.query(prefix + name, type, signal)
    this.dropped['over-limit'] += answer.skipped
    if (type === 'SRV') {
      return await this.#services(answer, signal)
    }
    return answer.records.flatMap(record => 'text' in record
      ? textTargets(record.text, answer.ttlSeconds)
      : [ipTarget(record, this.#rules.defaultPort, answer.ttlSeconds)])
  }

  /** SRV records say names: their addresses came along, or are asked for. The preferred ones first (RFC 2782). */
  async #services (answer: DnsAnswer, signal: AbortSignal): Promise<Array<Candidate | undefined>> {
    const services = answer.records.flatMap(record => record.type === 'SRV' ? [record] : [])
      .sort((a, b) => a.priority === b.priority ? b.weight - a.weight : a.priority - b.priority)
    const unknown = new Set(services.map(({ target }) => target).filter(target => !answer.additional.has(target)))
    const asked = [...unknown].slice(0, MAX_SRV_TARGETS).flatMap(target => (['A', 'AAAA'] as const).map(type => ({ target, type })))
    this.dropped['over-limit'] += Math.max(0, unknown.size - MAX_SRV_TARGETS)
    const looked = await Promise.allSettled(asked.map(async ({ target, type }) => {
      const { records, ttlSeconds } = await this.#client.query(target, type, signal)
      return { target, records, ttlSeconds }
    }))
    const found = looked.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])
    return services.flatMap(({ target, port }) => [
      ...(answer.additional.get(target) ?? []).map(ip => ipTarget({ ip }, port, answer.ttlSeconds)),
      ...found.filter(other => other.target === target)
        .flatMap(other => other.records.map(record => ipTarget(record, port, Math.min(answer.ttlSeconds, other.ttlSeconds))))
    ])
  }

  #judge (targets: ReadonlyArray<Candidate | undefined>): Candidate[] {
    const taken = new Map<string, Candidate>()
    for (const candidate of targets) {
      if (candidate === undefined) {
        this.dropped.malformed++
      } else if (!inScope(candidate.address.ip, this.#rules.addressScope)) {
        this.dropped[addressKind(candidate.address.ip)]++
      } else if (taken.size >= this.#rules.addressesPerSeed && !taken.has(candidate.address.toString())) {
        this.dropped['over-limit']++
      } else {
        taken.set(candidate.address.toString(), candidate)
      }
    }
    return [...taken.values()]
  }
}

function ipTarget (record: DnsRecord | { readonly ip: string }, port: number, validForSeconds: number): Candidate | undefined {
  const address = 'ip' in record ? NetAddress.from(record.ip, port) : undefined
  return address && { address, validForSeconds }
}

/** `ip:port,ip:port`, or `dnsaddr=` and a multiaddr. Each entry stands for itself: a bad one spoils no other. */
function textTargets (text: string, validForSeconds: number): Array<Candidate | undefined> {
  if (text.startsWith('dnsaddr=')) {
    const named = targetFromMultiaddr(text.slice('dnsaddr='.length))
    return [named && { ...named, validForSeconds }]
  }
  return text.split(',').map(entry => {
    const address = NetAddress.parse(entry.trim())
    return address && { address, validForSeconds }
  })
}
