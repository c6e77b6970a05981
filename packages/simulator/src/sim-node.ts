import type { NetworkProfile } from '@peerwright/chain-spec'
import { type NetAddress, OperationError } from '@peerwright/core'
import type { PeerSession, SessionEnd } from '@peerwright/interface'
import type { AdmissionEvent } from '@peerwright/security'
import { session, type SessionInit, type SessionService } from '@peerwright/session'
import type { Guards } from './guards.ts'
import type { NodeClock } from './node-clock.ts'
import type { VirtualLibp2p } from './virtual-libp2p.ts'

/** What a node of the virtual network is told beside its profile. */
export interface SimNodeOptions {
  /** What it is called in the trace; `n0`, `n1`, ... when not told */
  readonly name?: string
  /** Its address; a fresh one, in a /16 of its own, when not told */
  readonly ip?: string
  /** Its autonomous system */
  readonly as?: number
  /** Another profile than the world's */
  readonly profile?: NetworkProfile
  /** Whether it has the guards of a node: admission, slots, scores. @default true */
  readonly guarded?: boolean
  /** What the session service is told beside what the profile says */
  readonly session?: Partial<SessionInit>
}

/** A node: the production services, on a libp2p that is not real. */
export class SimNode {
  readonly name: string
  readonly address: NetAddress
  readonly libp2p: VirtualLibp2p
  readonly clock: NodeClock
  readonly #guards: Guards | undefined
  readonly network: SessionService & { start(): Promise<void>, beforeStop(): Promise<void>, stop(): Promise<void> }

  constructor (name: string, libp2p: VirtualLibp2p, clock: NodeClock, init: SessionInit, guards: Guards | undefined) {
    this.name = name
    this.clock = clock
    this.#guards = guards
    this.address = libp2p.address
    this.libp2p = libp2p
    this.network = session(init)(libp2p.components) as SimNode['network']
  }

  /** Who guards it. @throws OperationError `invalid-option` when nobody does */
  get guards (): Guards {
    if (this.#guards === undefined) {
      throw new OperationError('invalid-option', `${this.name} was made without guards`)
    }
    return this.#guards
  }

  async start (): Promise<void> {
    await this.network.start()
    this.libp2p.listen()
  }

  /** Goodbye to everybody, as libp2p stops its services. */
  async stop (): Promise<void> {
    await this.network.beforeStop()
    await this.network.stop()
    this.libp2p.stop()
    await this.#guards?.service.stop()
  }

  /** Dies: no word to anybody. */
  async kill (): Promise<void> {
    this.libp2p.stop()
    await this.network.stop()
    await this.#guards?.service.stop()
  }
}

/** What the session service of a node of this profile is told, as `createNode` does. */
export function sessionInitOf ({ networkId, network, policy }: NetworkProfile): SessionInit {
  return {
    networkId,
    protocolName: network.id,
    protocolVersion: network.protocolVersion,
    minProtocolVersion: network.minProtocolVersion,
    maxBlockBytes: network.maxBlockBytes,
    tip: () => ({ id: '00'.repeat(32), height: 0, work: 0n }),
    services: BigInt(policy.services),
    userAgent: policy.userAgent,
    handshakeTimeoutMs: policy.timings.handshakeTimeoutMs,
    pingIntervalMs: policy.timings.pingIntervalMs,
    pingTimeoutMs: policy.timings.pingTimeoutMs,
    idleTimeoutMs: policy.timings.idleTimeoutMs
  }
}

/** What the trace says of a session. */
export function describeSession ({ peerId, direction, class: connectionClass }: PeerSession): string {
  return `${direction} ${connectionClass} ${peerId.slice(-8)}`
}

/** What the trace says of its end. */
export function describeEnd ({ code, remote, fault }: SessionEnd): string {
  return `${remote ? 'theirs' : 'ours'} ${code}${fault === undefined ? '' : ` (${fault.message})`}`
}

/** What the trace says of what admission tells: its kind and the words in it. */
export function describeEvent (event: AdmissionEvent): string {
  const words = Object.entries(event).filter(([, value]) => typeof value === 'string' || typeof value === 'number').map(([, value]) => String(value))
  return `admission ${words.join(' ')}`
}
