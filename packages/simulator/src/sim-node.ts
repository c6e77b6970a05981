import type { ConnectionGater } from '@libp2p/interface'
import type { NetworkProfile } from '@peerwright/chain-spec'
import type { NetAddress } from '@peerwright/core'
import type { PeerSession, SessionEnd } from '@peerwright/interface'
import { session, type SessionInit, type SessionService } from '@peerwright/session'
import type { VirtualLibp2p } from './virtual-libp2p.ts'

/** What a node of the virtual network is told beside its profile. */
export interface SimNodeOptions {
  /** What it is called in the trace; `n0`, `n1`, ... when not told */
  readonly name?: string
  /** Its address; a fresh one, in a /16 of its own, when not told */
  readonly ip?: string
  /** Its autonomous system */
  readonly as?: number
  /** Asked as libp2p asks it */
  readonly gater?: ConnectionGater
  /** What the session service is told beside what the profile says */
  readonly session?: Partial<SessionInit>
}

/** A node: the production services, on a libp2p that is not real. */
export class SimNode {
  readonly name: string
  readonly address: NetAddress
  readonly libp2p: VirtualLibp2p
  readonly network: SessionService & { start(): Promise<void>, beforeStop(): Promise<void>, stop(): Promise<void> }

  constructor (name: string, libp2p: VirtualLibp2p, init: SessionInit) {
    this.name = name
    this.address = libp2p.address
    this.libp2p = libp2p
    this.network = session(init)(libp2p.components) as SimNode['network']
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
  }

  /** Dies: no word to anybody. */
  async kill (): Promise<void> {
    this.libp2p.stop()
    await this.network.stop()
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
