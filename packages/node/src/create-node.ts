import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { yamux } from '@libp2p/yamux'
import { completeProfile, type NetworkProfile } from '@peerwright/chain-spec'
import { OperationError, systemClock, systemRandom } from '@peerwright/core'
import { createDiscovery, type Discovery } from '@peerwright/discovery'
import { handshakeExtension, Pins } from '@peerwright/identity'
import type { Chain, Network, PeerIdText, PortClaim } from '@peerwright/interface'
import { InboundSlots } from '@peerwright/peer-manager'
import { type AdmissionControl, type AdmissionEvent, AdmissionService } from '@peerwright/security'
import { session, type SessionService } from '@peerwright/session'
import { createSync, type Sync } from '@peerwright/sync'
import { checkMuxer, firstBytesGuard, type ForeignReason, listenError, listenMultiaddr, MUXER_STREAM_OPTIONS, peerTcp, StickyMemory, sturdyMuxer } from '@peerwright/transport'
import { createLibp2p, type Libp2p } from 'libp2p'
import { announceInterval } from './announce-interval.ts'
import { channelGuard, encryptersOf, gateOf, type RefusedChannel } from './channels.ts'
import { connectionRoom, openFilesLimit } from './connection-room.ts'
import { doorkeeper } from './doorkeeper.ts'
import { identityKeys, identitySetting, type NodeIdentity, nodeIdentity } from './identity.ts'
import { LastRefusals } from './last-refusals.ts'
import { channelMetrics } from './metrics.ts'
import type { NodeOptions } from './options.ts'
import { ownAddresses } from './own-addresses.ts'
import { checkBound, portManifest, portsOf } from './port-manifest.ts'
import { acceptWithdrawal } from './withdrawal.ts'

/** A blockchain node's network, put together. */
export interface PeerwrightNode {
  /** The profile, completed by the chain's genesis */
  readonly profile: NetworkProfile
  readonly chain: Chain
  readonly network: Network
  readonly discovery: Discovery
  readonly sync: Sync
  /** Who is kept out and why; keeps out, and lets in again */
  readonly admission: AdmissionControl
  /** Present where the options or the profile ask for it */
  readonly identity: NodeIdentity | undefined
  /** The libp2p node underneath */
  readonly libp2p: Libp2p<{ session: SessionService }>
  /** Hears of refusals, throttles, bans and attacks. Called synchronously; must not throw. @returns a function that ends the subscription */
  observeAdmission(listener: (event: AdmissionEvent) => void): () => void
  /** The ports it binds once it is started, all of them */
  describePorts(): readonly PortClaim[]
  /** Inbound connections that were closed because they began like no libp2p, by what they were */
  foreignConnections(): Readonly<Partial<Record<ForeignReason, number>>>
  /** Channels that did not come about, in and out, by the code of what was wrong with them */
  refusedChannels(): Readonly<Record<string, number>>
  /** What is counted of admission and of channels, each as a number under its name and labels in the form of Prometheus */
  metrics(): Readonly<Record<string, number>>
  /** Forgets that a peer had a hybrid channel, on a statement that it has signed (`writeWithdrawal`). @returns the peer @throws OperationError `withdrawal-refused`, `not-remembered` */
  acceptWithdrawal(statement: Uint8Array): Promise<PeerIdText>
  /** Listens, looks for peers, and syncs. @throws OperationError `address-in-use`, `address-not-available`, `not-permitted`, `unclaimed-port` */
  start(): Promise<void>
  /** Says goodbye to everybody and closes all sockets; the chain stays open. */
  stop(): Promise<void>
}

/** Connections that libp2p and the sockets below it may hold above what admission allows: those that are just being refused or closed. */
const SPARE_CONNECTIONS = 64

/** libp2p's own bound on new connections of a host and second, which says no reason. Admission has a lower one, which does. */
const NO_BOUND_OF_LIBP2P = 1_000_000

/**
 * Puts a node together from its parts. What is composed here can be composed by hand: each part is a service of its own.
 *
 * @throws SpecError when the chain is of another network than the profile
 * @throws OperationError `invalid-option`, `port-conflict`; with an identity, also `no-seed`, `slow-signatures`
 */
export async function createNode (options: NodeOptions): Promise<PeerwrightNode> {
  const { chain } = options
  const profile = completeProfile(options.spec, { genesis: chain.genesis })
  const { network: spec, policy } = profile
  checkMuxer(MUXER_STREAM_OPTIONS)
  const manifest = portManifest(portsOf(profile), policy)
  const privateKey = options.privateKey ?? await generateKeyPair('Ed25519')
  const proving = identitySetting(options.identity, policy)
  const keys = proving && await identityKeys(proving, privateKey, Math.floor(Date.now() / 1_000))
  const foreign: Partial<Record<ForeignReason, number>> = {}
  const room = connectionRoom(policy, options.openFilesLimit ?? openFilesLimit())
  const security = new AdmissionService({
    policy: policy.admission,
    maxConnections: room.connections,
    reservedForOutbound: room.slots.maxOutbound,
    limitLoopback: policy.limitLoopback,
    clock: systemClock,
    exempt: new Set(options.peers?.map(({ peerId }) => peerId).filter(peerId => peerId !== undefined)),
    ...(options.dataDir === undefined || policy.storage === 'memory' ? {} : { folder: options.dataDir }),
    ...(options.asOf === undefined ? {} : { asOf: options.asOf }),
    ...(options.log === undefined ? {} : { log: options.log }),
    cut: peerId => {
      for (const connection of libp2p.getConnections()) {
        if (connection.remotePeer.toString() === peerId) {
          connection.abort(new OperationError('refused', 'the peer has to go'))
        }
      }
    }
  })
  if (room.loweredTo !== undefined) {
    options.log?.(`the limit of open files leaves ${room.loweredTo} connections: ${room.slots.maxInbound} inbound and ${room.slots.maxOutbound} outbound sessions`)
  }
  const refused: Record<string, number> = {}
  const refusals = new LastRefusals()
  const memory = options.stickyMemory ?? new StickyMemory()
  const gate = gateOf(profile, systemClock, proving !== undefined && proving.pqAuth !== 'off')
  const onBusy = (): void => { refused['busy'] = (refused['busy'] ?? 0) + 1 }
  const tellRefused = (channel: RefusedChannel): void => {
    refused[channel.code] = (refused[channel.code] ?? 0) + 1
    options.onRefusedChannel?.(channel)
  }
  const encrypters = options.encrypters ?? encryptersOf(profile, {
    gate,
    guard: channelGuard(profile, { ...options, memory, clock: systemClock }),
    ...(keys === undefined || proving === undefined ? {} : { extensions: handshakeExtension({ ...proving, ...keys }) }),
    onRefused: (channel, error, address) => {
      if (address !== undefined && channel.direction === 'outbound' && error instanceof Error) {
        refusals.note(address, error)
      } else if (address !== undefined && channel.code === 'busy') {
        security.admission.connections.excuse(address)
      }
      tellRefused(channel)
    }
  })

  const libp2p = await createLibp2p({
    start: false,
    privateKey,
    addresses: { listen: policy.listen.map(({ ip, port }) => listenMultiaddr(ip, port)) },
    transports: [peerTcp({
      maxSockets: room.connections + SPARE_CONNECTIONS,
      onLost: reason => { security.admission.lost(reason) },
      wanted: doorkeeper({ admission: security.admission, gate, clock: systemClock, onBusy }),
      ...(options.dialFrom === undefined ? {} : { dialFrom: options.dialFrom })
    })],
    connectionGater: security.gater,
    connectionEncrypters: encrypters,
    connectionProtector: firstBytesGuard({
      onForeign: (reason, address) => {
        foreign[reason] = (foreign[reason] ?? 0) + 1
        if (address !== undefined && reason !== 'silent') {
          security.admission.foreign(address, reason, systemClock.monotonic())
        }
      }
    }),
    streamMuxers: (options.muxers ?? [yamux({ streamOptions: MUXER_STREAM_OPTIONS })]).map(muxer => sturdyMuxer(muxer)),
    // Our own ping is the only one (DESIGN, "The life of a session")
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: room.connections + SPARE_CONNECTIONS,
      maxIncomingPendingConnections: room.connections + SPARE_CONNECTIONS,
      inboundConnectionThreshold: NO_BOUND_OF_LIBP2P,
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
        idleTimeoutMs: policy.timings.idleTimeoutMs,
        admission: security.admission,
        channelError: address => refusals.take(address),
        onNoChannel: () => { tellRefused({ code: 'no-channel', protocol: '', direction: 'outbound' }) },
        slots: new InboundSlots({
          maxInbound: room.slots.maxInbound,
          maxOutbound: room.slots.maxOutbound,
          secret: systemRandom.bytes(32),
          exempt: (peerId, address) => policy.limitLoopback && security.admission.isExempt(peerId, address),
          preferEvict: (peerId, address, nowMs) => security.preferEvict(peerId, address, nowMs)
        })
      })
    }
  })

  const network: Network = libp2p.services.session
  security.attach(network)
  const identity = keys === undefined || proving === undefined ? undefined : nodeIdentity(keys, proving, network, profile.networkId)
  const sync = createSync({
    network,
    chain,
    mode: options.mode ?? 'full',
    minimumChainWork: spec.minimumChainWork,
    maxBlockBytes: spec.maxBlockBytes,
    protocolVersion: spec.protocolVersion,
    maxUploadBytesPerDay: policy.maxUploadBytesPerDay,
    announceIntervalMs: announceInterval(policy.admission),
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
    targetOutbound: room.slots.minOutbound,
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
    admission: security.control,
    identity,
    libp2p,
    observeAdmission: listener => security.observe(listener),
    describePorts: () => manifest,
    foreignConnections: () => ({ ...foreign }),
    refusedChannels: () => ({ ...refused }),
    metrics: () => ({ ...security.control.metrics(), ...channelMetrics({ sessions: network.sessions(), refused, foreign }) }),
    acceptWithdrawal: async statement => await acceptWithdrawal(statement, { profile, memory, pins: keys?.pins ?? new Pins(), nowMs: systemClock.now() }),
    start: async () => {
      await security.start()
      try {
        await libp2p.start()
      } catch (error) {
        await security.stop()
        throw listenError(error, policy.listen.map(({ ip, port }) => `${ip} port ${port}`).join(', '))
      }
      try {
        checkBound(libp2p.getMultiaddrs(), manifest)
      } catch (error) {
        await libp2p.stop()
        await security.stop()
        throw error
      }
      identity?.proofs.start()
      sync.start()
      discovery.start()
    },
    stop: async () => {
      await discovery.stop()
      sync.stop()
      identity?.proofs.stop()
      await libp2p.stop()
      await security.stop()
    }
  }
}
