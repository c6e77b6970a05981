import type { NetworkProfile } from '@peerwright/chain-spec'
import { addressKind, type Clock, type NetAddress } from '@peerwright/core'
import { ChannelGuard, DowngradeError, type EncrypterOptions, GATE_LIMITS, HandshakeGate, noise, type PayloadExtensions, pqNoise, type StickyMemory, tlsFallback } from '@peerwright/transport'
import type { Libp2pOptions } from 'libp2p'

/** A channel that did not come about, for the operator. */
export interface RefusedChannel {
  /** The code of the error, such as `downgrade`, `busy` or `bad-identity` */
  readonly code: string
  /** The id of the encrypter */
  readonly protocol: string
  readonly direction: 'inbound' | 'outbound'
  /** What was offered before and how to lift the refusal, where somebody may have cut the channel down */
  readonly advice?: string
}

/** What the channels of a node are made with. */
export interface ChannelSetting {
  readonly clock: Clock
  readonly memory: StickyMemory
  /** What handshakes prove of identities, where they do */
  readonly extensions?: PayloadExtensions
  readonly gate: HandshakeGate
  /** The address where libp2p says it */
  readonly onRefused: (refused: RefusedChannel, address: NetAddress | undefined) => void
}

/** The gate before inbound handshakes, as a profile says. */
export function gateOf ({ policy }: NetworkProfile, clock: Clock): HandshakeGate {
  const { concurrent, perSecond, perGroupPerSecond } = policy.channels.handshakes
  return new HandshakeGate(clock, {
    ...GATE_LIMITS,
    concurrent,
    // Twice a second's worth at once: peers come in bursts
    shared: { capacity: 2 * perSecond, perSecond },
    perGroup: { capacity: 2 * perGroupPerSecond, perSecond: perGroupPerSecond }
  }, ip => !policy.limitLoopback && addressKind(ip) === 'loopback')
}

/** The encrypters that a profile asks for, in the order of preference: hybrid first, and nothing else where it is required. */
export function encryptersOf ({ network, policy }: NetworkProfile, { clock, memory, gate, extensions, onRefused }: ChannelSetting): NonNullable<Libp2pOptions['connectionEncrypters']> {
  const { hybrid, tls } = policy.channels
  const required = hybrid === 'require' || network.requiredSecurity === 'hybrid'
  const options: EncrypterOptions = {
    guard: new ChannelGuard(required ? 'require' : hybrid, { memory, clock }),
    gate,
    refused: (error, protocol, direction, address) => {
      onRefused({ code: codeOf(error), protocol, direction, ...error instanceof DowngradeError ? { advice: error.message } : {} }, address)
    }
  }
  const proved = { ...options, ...(extensions === undefined ? {} : { extensions }) }
  return [pqNoise(proved), ...required ? [] : [noise(proved), ...tls === 'allowed' ? [tlsFallback(options)] : []]]
}

/** Errors of ours have codes, libp2p's have names. */
function codeOf (error: unknown): string {
  const { code, name } = error as { readonly code?: unknown, readonly name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown'
}
