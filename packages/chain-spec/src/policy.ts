import type { AddressScope } from '@peerwright/core'
import { z } from 'zod'
import { DEFAULT_ADMISSION } from './admission-defaults.ts'
import { type AdmissionPolicy, admissionSchema } from './admission-policy.ts'
import { type ChannelsPolicy, channelsSchema, DEFAULT_CHANNELS } from './channel-policy.ts'
import {
  CONNECT_TIMEOUT_MS, CONTROL_SHARE, DNS_ADDRESSES_PER_SEED, DNS_CACHE_ADDRESSES, DNS_REFRESH_MS, DNS_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS,
  HEADER_LEADER_TIMEOUT_MS, IDLE_TIMEOUT_MS, MAX_CERTIFICATE_BYTES, MAX_INBOUND, MAX_OUTBOUND, MAX_PATH_BYTES, MAX_SLOTS, MAX_STALL_TIMEOUT_MS, MAX_TIMING_MS,
  MAX_USER_AGENT_BYTES, MIN_OUTBOUND, NODE_NETWORK, PING_INTERVAL_MS, PING_TIMEOUT_MS, STALL_TIMEOUT_MS, SYNC_WINDOW_BLOCKS,
  SYNC_WINDOW_BYTES
} from './constants.ts'
import { type GenesisPeer, genesisPeersSchema } from './genesis-peers.ts'
import { bootstrapAddress, dnsName, dnsPrefix, flag, ip, list, oneOf, port, table, text, whole } from './values.ts'

/** Where to listen. */
export interface ListenAddress {
  /** An IP address; `0.0.0.0` is every IPv4 adapter, `::` every adapter, IPv4 included */
  readonly ip: string
  /** 1 to 65535: a port is chosen, never drawn */
  readonly port: number
}

/** The records that a seed may answer with. */
export type SeedRecord = 'A' | 'AAAA' | 'SRV' | 'TXT'

/** A DNS name that answers with addresses of peers. */
export interface SeedSpec {
  readonly name: string
  /** What to ask for */
  readonly records: readonly SeedRecord[]
  /** In front of the name in an SRV query, such as `_quantumcoin._tcp.` */
  readonly srvPrefix: string
  /** In front of the name in a TXT query, such as `qtc-peers.` */
  readonly txtPrefix: string
}

/** A DNS server that is asked over UDP or TCP. */
export interface PlainResolverSpec {
  readonly transport: 'udp' | 'tcp'
  readonly ip: string
  readonly port: number
}

/** A DNS server that is asked over HTTPS (RFC 8484). */
export interface HttpsResolverSpec {
  readonly transport: 'https'
  readonly ip: string
  readonly port: number
  /** Absent: `/dns-query` */
  readonly path?: string
  /** Whose certificate it must show; absent: the IP address's */
  readonly serverName?: string
  /** Certificates, as PEM, that are trusted instead of the system's */
  readonly ca?: readonly string[]
}

/** A DNS server. */
export type ResolverSpec = PlainResolverSpec | HttpsResolverSpec

/** How the seeds are asked. */
export interface DnsPolicy {
  /** Patience with one server */
  readonly timeoutMs: number
  /** Time between two rounds */
  readonly refreshMs: number
  /** Addresses kept */
  readonly cacheAddresses: number
  /** Addresses taken from one seed in one round */
  readonly addressesPerSeed: number
}

/** Patience. */
export interface Timings {
  /** With a TCP connection and the channel on it */
  readonly connectTimeoutMs: number
  /** With version and verack */
  readonly handshakeTimeoutMs: number
  /** Time between two pings */
  readonly pingIntervalMs: number
  /** With a pong */
  readonly pingTimeoutMs: number
  /** With a peer that sends nothing at all */
  readonly idleTimeoutMs: number
}

/** How many peers. */
export interface Slots {
  readonly maxInbound: number
  readonly maxOutbound: number
  /** Kept up by dialling */
  readonly minOutbound: number
}

/** The window and the patience of block sync. */
export interface SyncPolicy {
  /** Blocks that may be fetched ahead of the connected tip */
  readonly windowBlocks: number
  /** Received but unconnected bytes, node-wide */
  readonly windowBytes: number
  /** Patience with the peer that leads the header sync */
  readonly headerLeaderTimeoutMs: number
  /** First patience with a peer that blocks the window */
  readonly stallTimeoutMs: number
  /** Longest patience with a peer that blocks the window */
  readonly maxStallTimeoutMs: number
}

/** What a node decides for itself. Hashed into `policyId`, never compared with a peer's. */
export interface Policy {
  readonly listen: readonly ListenAddress[]
  /** The network's port: of addresses that come without one, such as A and AAAA records */
  readonly defaultPort: number
  /** Which addresses are dialled, stored and relayed */
  readonly addressScope: AddressScope
  /** Whether limits hold for loopback too; false only where `addressScope` is `loopback` */
  readonly limitLoopback: boolean
  /** `forbidden`: no part of the node may open a UDP socket */
  readonly udp: 'allowed' | 'forbidden'
  readonly seeds: readonly SeedSpec[]
  /** Asked in this order; `system`: those of the operating system */
  readonly resolvers: 'system' | readonly ResolverSpec[]
  readonly dns: DnsPolicy
  /** Multiaddrs of nodes that are asked when the seeds do not help */
  readonly bootstrap: readonly string[]
  /** Peers whose keys everybody knows, where identities are proved */
  readonly genesisPeers: readonly GenesisPeer[]
  readonly timings: Timings
  readonly slots: Slots
  readonly sync: SyncPolicy
  /** Who may come in, and how much they may ask */
  readonly admission: AdmissionPolicy
  /** What encrypted channels are taken */
  readonly channels: ChannelsPolicy
  readonly storage: 'memory' | 'disk'
  /** Bytes of blocks served in 24 hours; 0 means no bound */
  readonly maxUploadBytesPerDay: number
  /** What we call ourselves in `version` */
  readonly userAgent: string
  /** Service bits of `version` */
  readonly services: number
}

/** What a policy says where nobody says otherwise. Everything but `listen` and `defaultPort`, for which there is no good guess. */
export const DEFAULT_POLICY: Omit<Policy, 'listen' | 'defaultPort'> = {
  addressScope: 'public',
  limitLoopback: true,
  udp: 'allowed',
  seeds: [],
  resolvers: 'system',
  dns: {
    timeoutMs: DNS_TIMEOUT_MS,
    refreshMs: DNS_REFRESH_MS,
    cacheAddresses: DNS_CACHE_ADDRESSES,
    addressesPerSeed: DNS_ADDRESSES_PER_SEED
  },
  bootstrap: [],
  genesisPeers: [],
  timings: {
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
    pingIntervalMs: PING_INTERVAL_MS,
    pingTimeoutMs: PING_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS
  },
  slots: { maxInbound: MAX_INBOUND, maxOutbound: MAX_OUTBOUND, minOutbound: MIN_OUTBOUND },
  sync: {
    windowBlocks: SYNC_WINDOW_BLOCKS,
    windowBytes: SYNC_WINDOW_BYTES,
    headerLeaderTimeoutMs: HEADER_LEADER_TIMEOUT_MS,
    stallTimeoutMs: STALL_TIMEOUT_MS,
    maxStallTimeoutMs: MAX_STALL_TIMEOUT_MS
  },
  admission: DEFAULT_ADMISSION,
  channels: DEFAULT_CHANNELS,
  storage: 'disk',
  maxUploadBytesPerDay: 0,
  userAgent: '/Peerwright:0.1.0/',
  services: NODE_NETWORK
}

const timing = (): z.ZodNumber => whole(1, MAX_TIMING_MS)

const resolvers = z.union([
  z.literal('system'),
  list(z.discriminatedUnion('transport', [
    table({ transport: oneOf('udp', 'tcp'), ip: ip(), port: port() }),
    table({
      transport: z.literal('https'),
      ip: ip(),
      port: port(),
      path: text(MAX_PATH_BYTES, 'a path such as "/dns-query"', value => /^\/[\x21-\x7e]*$/.test(value)).exactOptional(),
      serverName: dnsName().exactOptional(),
      ca: list(text(MAX_CERTIFICATE_BYTES, 'a certificate as PEM', value => value.includes('-----BEGIN CERTIFICATE-----'))).exactOptional()
    })
  ], { error: '{ transport = "udp", "tcp" or "https", ip, port }' })).min(1)
], { error: '"system", or a list of 1 to 64 { transport = "udp", "tcp" or "https", ip, port = 1 to 65535 }' })

/** The form of a `Policy`. */
export const policySchema: z.ZodType<Policy> = table({
  listen: list(table({ ip: ip(), port: port() })),
  defaultPort: port(),
  addressScope: oneOf('public', 'private', 'loopback'),
  limitLoopback: flag(),
  udp: oneOf('allowed', 'forbidden'),
  seeds: list(table({
    name: dnsName(),
    records: list(oneOf('A', 'AAAA', 'SRV', 'TXT')).min(1, { error: 'at least one record type' }),
    srvPrefix: dnsPrefix(),
    txtPrefix: dnsPrefix()
  })),
  resolvers,
  dns: table({
    timeoutMs: timing(),
    refreshMs: whole(1_000, MAX_TIMING_MS),
    cacheAddresses: whole(1, 100_000),
    addressesPerSeed: whole(1, 256)
  }),
  bootstrap: list(bootstrapAddress()),
  genesisPeers: genesisPeersSchema,
  timings: table({
    connectTimeoutMs: timing(),
    handshakeTimeoutMs: timing(),
    pingIntervalMs: timing(),
    pingTimeoutMs: timing(),
    idleTimeoutMs: timing()
  }),
  slots: table({ maxInbound: whole(0, MAX_SLOTS), maxOutbound: whole(1, MAX_SLOTS), minOutbound: whole(0, MAX_SLOTS) }),
  sync: table({
    windowBlocks: whole(1, 65_536),
    windowBytes: whole(1_048_576, 4_294_967_296),
    headerLeaderTimeoutMs: timing(),
    stallTimeoutMs: timing(),
    maxStallTimeoutMs: timing()
  }),
  admission: admissionSchema,
  channels: channelsSchema,
  storage: oneOf('memory', 'disk'),
  maxUploadBytesPerDay: whole(0, Number.MAX_SAFE_INTEGER),
  userAgent: text(MAX_USER_AGENT_BYTES, `1 to ${MAX_USER_AGENT_BYTES} printable ASCII characters`, value => /^[\x20-\x7e]+$/.test(value)),
  services: whole(0, Number.MAX_SAFE_INTEGER)
}).check(context => {
  const fault = (path: Array<string | number>, input: unknown, message: string): void => {
    context.issues.push({ code: 'custom', path, input, message })
  }
  const { listen, resolvers: asked, ...policy } = context.value

  for (const [index, { ip: host, port: number }] of listen.entries()) {
    if (listen.findIndex(other => other.ip === host && other.port === number) < index) {
      fault(['listen', index], `${host} port ${number}`, 'an address and port that no other entry has')
    }
  }
  if (asked !== 'system' && policy.udp === 'forbidden') {
    for (const [index, { transport }] of asked.entries()) {
      if (transport === 'udp') {
        fault(['resolvers', index, 'transport'], transport, '"tcp" or "https": udp is forbidden')
      }
    }
  }
  if (!policy.limitLoopback && policy.addressScope !== 'loopback') {
    fault(['limitLoopback'], false, `true: limits hold for loopback unless addressScope is "loopback", and it is "${policy.addressScope}"`)
  }
  if (policy.slots.minOutbound > policy.slots.maxOutbound) {
    fault(['slots', 'minOutbound'], policy.slots.minOutbound, `at most slots.maxOutbound, which is ${policy.slots.maxOutbound}`)
  }
  if (policy.sync.stallTimeoutMs > policy.sync.maxStallTimeoutMs) {
    fault(['sync', 'stallTimeoutMs'], policy.sync.stallTimeoutMs, `at most sync.maxStallTimeoutMs, which is ${policy.sync.maxStallTimeoutMs}`)
  }
  if (policy.timings.idleTimeoutMs <= policy.timings.pingIntervalMs) {
    fault(['timings', 'idleTimeoutMs'], policy.timings.idleTimeoutMs,
      `more than timings.pingIntervalMs, which is ${policy.timings.pingIntervalMs}: a quiet peer must have its chance to answer a ping`)
  }
  const { admission: { budgets: { controlPerMinute } }, timings: { pingIntervalMs } } = policy
  const soonestMs = leastPingIntervalMs(controlPerMinute)
  if (pingIntervalMs < soonestMs) {
    fault(['timings', 'pingIntervalMs'], pingIntervalMs,
      `at least ${soonestMs}: pings and pongs of a peer with this profile must leave it a fifth of admission.budgets.controlPerMinute, which is ${controlPerMinute}`)
  }
})

/** The shortest time between two pings, in milliseconds, at which a peer that pings and answers pings as we do keeps within its budget. */
function leastPingIntervalMs (controlPerMinute: number): number {
  return Math.ceil(2 * 60_000 / (CONTROL_SHARE * controlPerMinute))
}
