import type { NetworkProfile } from '@peerwright/chain-spec'
import { addressKind, type Clock, NetAddress, type TokenBucketRate } from '@peerwright/core'
import { targetFromMultiaddr } from '@peerwright/discovery'
import type { PeerIdText, PeerTarget } from '@peerwright/interface'
import { type AddressPin, AddressPins, ChannelGuard, DowngradeError, type EncrypterOptions, GATE_LIMITS, HandshakeGate, noise, type PayloadExtensions, pqNoise, type StickyMemory, tlsFallback, WrongIdentityError } from '@peerwright/transport'
import type { Libp2pOptions } from 'libp2p'

/** A channel that did not come about, for the operator. */
export interface RefusedChannel {
  /** The code of the error, such as `downgrade`, `busy` or `bad-identity` */
  readonly code: string
  /** The id of the encrypter; empty where none was agreed on */
  readonly protocol: string
  readonly direction: 'inbound' | 'outbound'
  /** What was known before and how to lift the refusal, where somebody may have cut the channel down or taken another's place */
  readonly advice?: string
}

/** What a node knows of others before it has met them. */
export interface GuardSetting {
  readonly peers?: readonly PeerTarget[] | undefined
  readonly pins?: readonly AddressPin[] | undefined
  readonly memory: StickyMemory
  readonly clock: Clock
}

/** What the channels of a node are made with. */
export interface ChannelSetting {
  readonly guard: ChannelGuard
  /** What handshakes prove of identities, where they do */
  readonly extensions?: PayloadExtensions
  readonly gate: HandshakeGate
  /** The error itself, and the address where libp2p says it */
  readonly onRefused: (refused: RefusedChannel, error: unknown, address: NetAddress | undefined) => void
}

/** Peers that configuration and profile name with address and PeerId. */
function namedPeers ({ policy }: NetworkProfile, peers: readonly PeerTarget[]): ReadonlyArray<{ readonly address: NetAddress, readonly peerId: PeerIdText }> {
  const bootstrap = policy.bootstrap.map(targetFromMultiaddr).filter(target => target !== undefined)
  const genesis = policy.genesisPeers.flatMap(({ peerId, addresses }) =>
    addresses.map(({ ip, port }) => ({ peerId, address: NetAddress.from(ip, port) })))
  return [...peers, ...bootstrap, ...genesis].flatMap(({ address, peerId }) => address === undefined || peerId === undefined ? [] : [{ address, peerId }])
}

/**
 * What channels are held against: who had the hybrid, and who must answer where. The second is what the operator has pinned, and those
 * that configuration and profile name with address and PeerId, whoever else names their address.
 *
 * @throws OperationError `invalid-option`
 */
export function channelGuard (profile: NetworkProfile, { peers = [], pins = [], memory, clock }: GuardSetting): ChannelGuard {
  const { hybrid } = profile.policy.channels
  const named = namedPeers(profile, peers)
  const ids = new Set(named.map(({ peerId }) => peerId))
  return new ChannelGuard(isRequired(profile) ? 'require' : hybrid, {
    memory, clock, configured: peer => ids.has(peer), pins: new AddressPins([...pins, ...named.map(({ address, peerId }) => ({ address, pin: peerId }))])
  })
}

/** Whether nothing but the hybrid is spoken. */
function isRequired ({ network, policy }: NetworkProfile): boolean {
  return policy.channels.hybrid === 'require' || network.requiredSecurity === 'hybrid'
}

/** What networks that had no handshake lately have of the bound in all, where each handshake costs an ML-DSA signature. Chosen: an honest stranger is one of them. */
const FRESH_SHARE = 0.6

/**
 * The gate before inbound handshakes, as a profile says.
 *
 * @param signs - whether each handshake costs an ML-DSA signature: then the bound in all is one for all networks
 */
export function gateOf ({ policy }: NetworkProfile, clock: Clock, signs: boolean): HandshakeGate {
  const { concurrent, perSecond, perGroupPerSecond } = policy.channels.handshakes
  const fresh = FRESH_SHARE * perSecond
  return new HandshakeGate(clock, {
    ...GATE_LIMITS,
    concurrent,
    ...signs
      ? { shared: burst(perSecond - fresh), fresh: burst(fresh) }
      : { shared: burst(perSecond) },
    perGroup: burst(perGroupPerSecond)
  }, ip => !policy.limitLoopback && addressKind(ip) === 'loopback')
}

/** Twice a second's worth at once: peers come in bursts. */
function burst (perSecond: number): TokenBucketRate {
  return { capacity: Math.max(1, 2 * perSecond), perSecond }
}

/** The encrypters that a profile asks for, in the order of preference: hybrid first, and nothing else where it is required. */
export function encryptersOf (profile: NetworkProfile, { guard, gate, extensions, onRefused }: ChannelSetting): NonNullable<Libp2pOptions['connectionEncrypters']> {
  const options: EncrypterOptions = {
    guard,
    gate,
    refused: (error, protocol, direction, address) => {
      onRefused({ code: codeOf(error), protocol, direction, ...error instanceof DowngradeError || error instanceof WrongIdentityError ? { advice: error.message } : {} }, error, address)
    }
  }
  const proved = { ...options, ...(extensions === undefined ? {} : { extensions }) }
  return [pqNoise(proved), ...isRequired(profile) ? [] : [noise(proved), ...profile.policy.channels.tls === 'allowed' ? [tlsFallback(options)] : []]]
}

/** Errors of ours have codes, libp2p's have names. */
function codeOf (error: unknown): string {
  const { code, name } = error as { readonly code?: unknown, readonly name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown'
}
