import type { Offence } from '@peerwright/core'
import { z } from 'zod'
import { MAX_TIMING_MS } from './constants.ts'
import { cidr, list, oneOf, table, whole } from './values.ts'

/** How many bits of an address name a group of addresses. */
export interface AddressGrouping {
  /** Of an IPv4 address, 8 to 32 */
  readonly v4Bits: number
  /** Of an IPv6 address, 16 to 128 */
  readonly v6Bits: number
}

/** How many connections, from whom, how fast. */
export interface ConnectionLimits {
  /** What counts as one host */
  readonly host: AddressGrouping
  /** What counts as one subnet */
  readonly subnet: AddressGrouping
  /** Connections of one host, both directions */
  readonly perHost: number
  /** Connections of one subnet, both directions */
  readonly perSubnet: number
  /** Inbound connections that have not proved an identity yet */
  readonly pending: number
  /** The same, of one host */
  readonly pendingPerHost: number
  /** Inbound connections taken in a second, from everybody */
  readonly acceptsPerSecond: number
  /** The same, of one host */
  readonly acceptsPerSecondPerHost: number
  /** Broken attempts of one host in ten minutes after which it is banned for an hour; 0: never */
  readonly failedAttempts: number
}

/** Units a second and how many may come at once. */
export interface RateLimit {
  /** 0: no bound */
  readonly perSecond: number
  /** Seconds of `perSecond` that may be saved up */
  readonly burstSeconds: number
}

/** How much may be asked. */
export interface Budgets {
  /** Unsolicited live traffic of one host, over all its connections, in any window of this length */
  readonly live: { readonly messages: number, readonly bytes: number, readonly windowMs: number }
  /** Pings, fee filters and the like of one peer, a minute */
  readonly controlPerMinute: number
  /** Bytes of bulk answers to one peer */
  readonly peerBytes: RateLimit
  /** Cost of bulk requests of one peer: a locator 1, a block 1 and its size by 64 KiB */
  readonly peerCost: RateLimit
  /** Bytes of live traffic, node-wide */
  readonly generic: RateLimit
  /** Bytes of bulk answers, node-wide */
  readonly bootstrap: RateLimit
  /** Bytes of telemetry, node-wide: reserved, never taken by others */
  readonly telemetry: RateLimit
}

/** What happens to a peer. `warn`: it is told of, nothing else. `disconnect`: it may come back at once. `cool-down`: not before a while. */
export type LadderAction = 'warn' | 'throttle' | 'disconnect' | 'cool-down' | 'ban' | 'permanent'

/** One rung: what a violation costs from the `from`-th on. */
export interface LadderStep {
  readonly from: number
  readonly action: LadderAction
  /** How long, for the `from`-th violation; 0 where the action has no length */
  readonly durationMs: number
  /** Longer by this for each violation after the `from`-th */
  readonly extraMs: number
  /** Twice as long for each violation after the `from`-th, up to a day */
  readonly doubles: boolean
}

/** What violations lead to. */
export interface Ladder {
  /** Which offences it counts */
  readonly offences: readonly Offence[]
  /** Who is counted: the peer id, or the host it comes from */
  readonly key: 'peer' | 'host'
  /** In the order of `from`, the first 1 */
  readonly steps: readonly LadderStep[]
  /** One violation is forgotten after this long without another */
  readonly forgetMs: number
}

/** What a peer's conduct leads to. */
export interface ScoringPolicy {
  readonly ladders: readonly Ladder[]
  /** Half of an ambiguous score is forgotten in this time */
  readonly halfLifeMs: number
  /** Whole points, negative: where an ambiguous score has consequences */
  readonly warnAt: number
  readonly throttleAt: number
  readonly coolDownAt: number
  /** Outbound sessions below which no ambiguous score ends one */
  readonly floorOutbound: number
}

/** The ban list. */
export interface BanPolicy {
  /** Bans with an end that are kept; permanent ones have a table of their own */
  readonly maxEntries: number
  /** Different banned peer ids of one host after which the host is banned; 0: never */
  readonly hostAfterPeers: number
  /** How long a host is banned whose threat score crosses 0.7; 0: it is only told of */
  readonly threatBanMs: number
}

/** What a range of addresses may. `noban`: no consequence but the end of a session. `relay`: no live budget. `download`: no bulk budget. */
export type PermissionName = 'noban' | 'relay' | 'download'

/** Permissions of a range of addresses. */
export interface PermissionRange {
  /** An address, or a range such as `192.168.0.0/16` */
  readonly range: string
  readonly grants: readonly PermissionName[]
}

/** Who may come in, how much they may ask, and what conduct leads to. */
export interface AdmissionPolicy {
  readonly connections: ConnectionLimits
  readonly budgets: Budgets
  readonly scoring: ScoringPolicy
  readonly bans: BanPolicy
  readonly permissions: readonly PermissionRange[]
}

const count = (): z.ZodNumber => whole(1, 100_000)
const duration = (): z.ZodNumber => whole(0, 30 * MAX_TIMING_MS)
const grouping = (): z.ZodType<AddressGrouping> => table({ v4Bits: whole(8, 32), v6Bits: whole(16, 128) })
const rate = (): z.ZodType<RateLimit> => table({ perSecond: whole(0, 10_000_000_000), burstSeconds: whole(1, 3_600) })

const step = table({
  from: count(), action: oneOf('warn', 'throttle', 'disconnect', 'cool-down', 'ban', 'permanent'), durationMs: duration(), extraMs: duration(),
  doubles: z.boolean({ error: 'true or false' })
})

const ladder = table({
  offences: list(oneOf('provable', 'resource', 'ambiguous')).min(1, { error: 'at least one offence' }),
  key: oneOf('peer', 'host'),
  steps: list(step).refine(steps => steps.every(({ from }, at) => at === 0 ? from === 1 : from > (steps[at - 1]?.from ?? 0)),
    { error: 'steps whose "from" rises, beginning with 1' }),
  forgetMs: whole(1_000, 30 * MAX_TIMING_MS)
})

/** The form of an `AdmissionPolicy`. */
export const admissionSchema: z.ZodType<AdmissionPolicy> = table({
  connections: table({
    host: grouping(),
    subnet: grouping(),
    perHost: count(),
    perSubnet: count(),
    pending: whole(1, 10_000),
    pendingPerHost: count(),
    acceptsPerSecond: count(),
    acceptsPerSecondPerHost: count(),
    failedAttempts: whole(0, 100_000)
  }),
  budgets: table({
    // What is kept is one entry for each message: 16 bytes
    live: table({ messages: whole(1, 10_000), bytes: whole(1_024, 1_073_741_824), windowMs: whole(1_000, 3_600_000) }),
    controlPerMinute: whole(4, 10_000),
    peerBytes: rate(),
    peerCost: rate(),
    generic: rate(),
    bootstrap: rate(),
    telemetry: rate()
  }),
  scoring: table({
    ladders: list(ladder),
    halfLifeMs: whole(1_000, MAX_TIMING_MS),
    warnAt: whole(-99, -1),
    throttleAt: whole(-99, -1),
    coolDownAt: whole(-99, -1),
    floorOutbound: whole(0, 1_000)
  }),
  bans: table({ maxEntries: whole(1, 1_000_000), hostAfterPeers: whole(0, 1_000), threatBanMs: duration() }),
  permissions: list(table({ range: cidr(), grants: list(oneOf('noban', 'relay', 'download')) }))
}).check(({ value, issues }) => {
  const { connections: { perHost, perSubnet, host, subnet }, scoring: { warnAt, throttleAt, coolDownAt } } = value
  const fault = (path: string[], input: number, message: string): void => { issues.push({ code: 'custom', path, input, message }) }
  if (perSubnet < perHost) {
    fault(['connections', 'perSubnet'], perSubnet, `at least connections.perHost, which is ${perHost}`)
  }
  if (subnet.v4Bits > host.v4Bits || subnet.v6Bits > host.v6Bits) {
    fault(['connections', 'subnet'], subnet.v4Bits, 'no more bits than connections.host')
  }
  if (throttleAt > warnAt || coolDownAt > throttleAt) {
    fault(['scoring', 'throttleAt'], throttleAt, `from coolDownAt to warnAt, which are ${coolDownAt} and ${warnAt}`)
  }
})
