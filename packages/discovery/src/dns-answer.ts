import { MAX_CNAME_LINKS, MAX_TTL_SECONDS, MIN_TTL_SECONDS } from './constants.ts'
import type { DnsMessage, DnsRecord, RecordType } from './dns-message.ts'

/** The aliases followed so far, over all questions of one look-up. */
export interface AliasTrail {
  readonly seen: ReadonlySet<string>
  /** The shortest TTL on the way */
  readonly ttlSeconds: number
}

/** The trail before the first question. */
export const NO_TRAIL: AliasTrail = { seen: new Set(), ttlSeconds: MAX_TTL_SECONDS }

/** Where an answer leads. */
export type DnsSelection =
  /** To records of the type that was asked for; none means there are none */
  | { readonly kind: 'records', readonly records: readonly DnsRecord[], readonly ttlSeconds: number }
  /** To a name that must be asked for next */
  | { readonly kind: 'alias', readonly name: string, readonly trail: AliasTrail }
  /** Round in a circle, or further than 8 links */
  | { readonly kind: 'cname-loop' | 'cname-too-long' }

/**
 * Picks what answers a question for `name` and `type`: records of that name, or of the name its aliases lead to. Records of any
 * other name, which the server has no say over, are passed over.
 */
export function selectRecords (message: DnsMessage, name: string, type: RecordType, trail: AliasTrail): DnsSelection {
  const seen = new Set(trail.seen)
  let { ttlSeconds } = trail
  let owner = name
  for (;;) {
    const at = owner
    const own = message.answers.filter(record => record.owner === at)
    const found = own.filter(record => record.says.type === type)
    if (found.length > 0) {
      ttlSeconds = Math.min(ttlSeconds, ...found.map(record => record.ttlSeconds))
      const records = found.flatMap(({ says }) => says.type === 'CNAME' ? [] : [says])
      return { kind: 'records', records, ttlSeconds: Math.max(MIN_TTL_SECONDS, ttlSeconds) }
    }
    const alias = own.find(record => record.says.type === 'CNAME')
    if (alias?.says.type !== 'CNAME') {
      return owner === name
        ? { kind: 'records', records: [], ttlSeconds: MIN_TTL_SECONDS }
        : { kind: 'alias', name: owner, trail: { seen, ttlSeconds } }
    }
    seen.add(owner)
    if (seen.has(alias.says.target)) {
      return { kind: 'cname-loop' }
    }
    if (seen.size > MAX_CNAME_LINKS) {
      return { kind: 'cname-too-long' }
    }
    ttlSeconds = Math.min(ttlSeconds, alias.ttlSeconds)
    owner = alias.says.target
  }
}
