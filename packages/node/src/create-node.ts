import { identify } from '@libp2p/identify'
import { yamux } from '@libp2p/yamux'
import { completeProfile, type NetworkProfile } from '@peerwright/chain-spec'
import { systemClock } from '@peerwright/core'
import { createDiscovery, type Discovery } from '@peerwright/discovery'
import type { Chain, Network, PortClaim } from '@peerwright/interface'
import { session, type SessionService } from '@peerwright/session'
import { createSync, type Sync } from '@peerwright/sync'
import { checkMuxer, firstBytesGuard, type ForeignReason, listenError, listenMultiaddr, MUXER_STREAM_OPTIONS, peerTcp, StickyMemory } from '@peerwright/transport'
import { createLibp2p, type Libp2p } from 'libp2p'
import { encryptersOf, gateOf } from './channels.ts'
import type { NodeOptions } from './options.ts'
import { ownAddresses } from './own-addresses.ts'
import { checkBound, portManifest, portsOf } from './port-manifest.ts'

/** A blockchain node's network, put together. */
export interface PeerwrightNode {
  /** The profile, completed by the chain's genesis */
  readonly profile: NetworkProfile
  readonly chain: Chain
  readonly network: Network
  readonly discovery: Discovery
  readonly sync: Sync
  /** The libp2p node underneath */
  readonly libp2p: Libp2p<{ session: SessionService }>
  /** The ports it binds once it is started, all of them */
  describePorts(): readonly PortClaim[]
  /** Inbound connections that were closed because they began like no libp2p, by what they were */
  foreignConnections(): Readonly<Partial<Record<ForeignReason, number>>>
  /** Channels that did not come about, in and out, by the code of what was wrong with them */
  refusedChannels(): Readonly<Record<string, number>>
  /** Listens, looks for peers, and syncs. @throws OperationError `address-in-use`, `address-not-available`, `not-permitted`, `unclaimed-port` */
  start(): Promise<void>
  /** Says goodbye to everybody and closes all sockets; the chain stays open. */
  stop(): Promise<void>
}

/**
 * Inbound connections that libp2p may hold before they are secured. libp2p's 10 let one host shut everybody out (LIBP2P 0.2);
 * Zebra and Nano allow about as many as they have slots.
 */
const MAX_PENDING_CONNECTIONS = 128

/** New inbound connections per second and host. libp2p's 5 would refuse peers behind one address; sessions have limits of their own. */
const INBOUND_PER_SECOND = 64

/** Work that passes between sockets and sessions: guests and the doubles that a reconnect makes, above the slots of the profile. */
const SPARE_CONNECTIONS = 32

/**
 * Puts a node together from its parts. What is composed here can be composed by hand: each part is a service of its own.
 *
 * @throws SpecError when the chain is of another network than the profile
 * @throws OperationError `invalid-option`, `port-conflict`
 */
export async function createNode (options: NodeOptions): Promise<PeerwrightNode> {
  const { chain } = options
  const profile = completeProfile(options.spec, { genesis: chain.genesis })
  const { network: spec, policy } = profile
  checkMuxer(MUXER_STREAM_OPTIONS)
  const manifest = portManifest(portsOf(profile), policy)
  const foreign: Partial<Record<ForeignReason, number>> = {}
  const refused: Record<string, number> = {}
  const gate = gateOf(profile, systemClock)
  const encrypters = options.encrypters ?? encryptersOf(profile, {
    clock: systemClock,
    gate,
    memory: options.stickyMemory ?? new StickyMemory(),
    onRefused: channel => {
      refused[channel.code] = (refused[channel.code] ?? 0) + 1
      options.onRefusedChannel?.(channel)
    }
  })

  const libp2p = await createLibp2p({
    start: false,
    ...(options.privateKey === undefined ? {} : { privateKey: options.privateKey }),
    addresses: { listen: policy.listen.map(({ ip, port }) => listenMultiaddr(ip, port)) },
    transports: [peerTcp(options.dialFrom === undefined ? {} : { dialFrom: options.dialFrom })],
    connectionEncrypters: encrypters,
    connectionProtector: firstBytesGuard({
      onForeign: reason => { foreign[reason] = (foreign[reason] ?? 0) + 1 },
      gate,
      onBusy: () => { refused['busy'] = (refused['busy'] ?? 0) + 1 }
    }),
    streamMuxers: options.muxers ?? [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
    // Our own ping is the only one (DESIGN, "The life of a session")
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: policy.slots.maxInbound + policy.slots.maxOutbound + SPARE_CONNECTIONS,
      maxIncomingPendingConnections: MAX_PENDING_CONNECTIONS,
      inboundConnectionThreshold: INBOUND_PER_SECOND,
      dialTimeout: policy.timings.connectTimeoutMs,
      addressDialTimeout: policy.timings.connectTimeoutMs,
      // A socket that says nothing, or too little, is closed by then
      inboundUpgradeTimeout: policy.timings.handshakeTimeoutMs
    },
    services: {
      identify: identify({ runOnConnectionOpen: false }),
      session: session({
        networkId: profile.networkId,
        protocolName: spec.id,
        protocolVersion: spec.protocolVersion,
        minProtocolVersion: spec.minProtocolVersion,
        maxBlockBytes: spec.maxBlockBytes,
        tip: () => chain.tip(),
        services: BigInt(policy.services),
        userAgent: policy.userAgent,
        handshakeTimeoutMs: policy.timings.handshakeTimeoutMs,
        pingIntervalMs: policy.timings.pingIntervalMs,
        pingTimeoutMs: policy.timings.pingTimeoutMs,
        idleTimeoutMs: policy.timings.idleTimeoutMs
      })
    }
  })

  const network: Network = libp2p.services.session
  const sync = createSync({
    network,
    chain,
    mode: options.mode ?? 'full',
    minimumChainWork: spec.minimumChainWork,
    maxBlockBytes: spec.maxBlockBytes,
    protocolVersion: spec.protocolVersion,
    maxUploadBytesPerDay: policy.maxUploadBytesPerDay,
    ...policy.sync
  })
  const discovery = createDiscovery({
    network,
    defaultPort: policy.defaultPort,
    seeds: policy.seeds,
    bootstrap: policy.bootstrap,
    peers: options.peers ?? [],
    exclude: ownAddresses(policy.listen),
    resolvers: policy.resolvers,
    udp: policy.udp,
    addressScope: policy.addressScope,
    targetOutbound: policy.slots.minOutbound,
    dialTimeoutMs: policy.timings.connectTimeoutMs + policy.timings.handshakeTimeoutMs,
    dnsTimeoutMs: policy.dns.timeoutMs,
    refreshMs: policy.dns.refreshMs,
    cacheAddresses: policy.dns.cacheAddresses,
    addressesPerSeed: policy.dns.addressesPerSeed
  })

  return {
    profile,
    chain,
    network,
    discovery,
    sync,
    libp2p,
    describePorts: () => manifest,
    foreignConnections: () => ({ ...foreign }),
    refusedChannels: () => ({ ...refused }),
    start: async () => {
      try {
        await libp2p.start()
      } catch (error) {
        throw listenError(error, policy.listen.map(({ ip, port }) => `${ip} port ${port}`).join(', '))
      }
      try {
        checkBound(libp2p.getMultiaddrs(), manifest)
      } catch (error) {
        await libp2p.stop()
        throw error
      }
      sync.start()
      discovery.start()
    },
    stop: async () => {
      await discovery.stop()
      sync.stop()
      await libp2p.stop()
    }
  }
}
