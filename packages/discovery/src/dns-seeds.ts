import { type AddressScope, inScope, NetAddress, OperationError } from '@peerwright/core'
import type { Candidate, CandidateSource } from '@peerwright/interface'
import type { DnsAnswer, DnsClient, RecordType } from './dns-client.ts'
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

/** Names that SRV records may point to, for which addresses are looked up. Chosen: a seed's share is 32 addresses. */
const MAX_SRV_TARGETS = 8

/** Why addresses of a seed were not taken. */
export type DropReason = 'malformed' | 'scope' | 'over-limit'

/** One seed as a source of candidates. */
export class DnsSeed implements CandidateSource {
  readonly name: string
  /** Addresses that were not taken, by reason */
  readonly dropped: Record<DropReason, number> = { malformed: 0, scope: 0, 'over-limit': 0 }
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
    switch (type) {
      case 'A':
      case 'AAAA': {
        const { records, ttlSeconds } = await this.#client.query(name, type, signal)
        return records.map(record => 'ip' in record ? target(record.ip, this.#rules.defaultPort, ttlSeconds) : undefined)
      }
      case 'SRV':
        return await this.#services(await this.#client.query(srvPrefix + name, 'SRV', signal), signal)
      case 'TXT': {
        const { records, ttlSeconds } = await this.#client.query(txtPrefix + name, 'TXT', signal)
        return records.flatMap(record => 'text' in record ? textTargets(record.text, ttlSeconds) : [])
      }
    }
  }

  /** SRV records say names: their addresses came along, or are asked for. */
  async #services (answer: DnsAnswer, signal: AbortSignal): Promise<Array<Candidate | undefined>> {
    const found: Array<Candidate | undefined> = []
    const services = answer.records.flatMap(record => record.type === 'SRV' ? [record] : []).sort((a, b) => a.priority - b.priority || b.weight - a.weight)
    for (const service of services.slice(0, this.#rules.addressesPerSeed)) {
      const known = answer.additional.get(service.target.toLowerCase())
      if (known !== undefined) {
        found.push(...known.map(ip => target(ip, service.port, answer.ttlSeconds)))
      }
    }
    if (found.length === 0) {
      for (const service of services.slice(0, MAX_SRV_TARGETS)) {
        const looked = await Promise.allSettled((['A', 'AAAA'] as const).map(async type => await this.#client.query(service.target, type, signal)))
        found.push(...looked.flatMap(result => result.status === 'fulfilled' ? result.value.records : [])
          .map(record => 'ip' in record ? target(record.ip, service.port, answer.ttlSeconds) : undefined))
      }
    }
    return found
  }

  #judge (targets: ReadonlyArray<Candidate | undefined>): Candidate[] {
    const taken = new Map<string, Candidate>()
    for (const candidate of targets) {
      if (candidate === undefined) {
        this.dropped.malformed++
      } else if (!inScope(candidate.address.ip, this.#rules.addressScope)) {
        this.dropped.scope++
      } else if (taken.size >= this.#rules.addressesPerSeed && !taken.has(candidate.address.toString())) {
        this.dropped['over-limit']++
      } else {
        taken.set(candidate.address.toString(), candidate)
      }
    }
    return [...taken.values()]
  }
}

function target (ip: string, port: number, validForSeconds: number): Candidate | undefined {
  const address = NetAddress.from(ip, port)
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
