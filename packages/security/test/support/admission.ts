import assert from 'node:assert/strict'
import { type AdmissionPolicy, QUANTUMCOIN_ADMISSION } from '@peerwright/chain-spec'
import { NetAddress } from '@peerwright/core'
import type { FrameDecision, Goodbye, PeerFacts, PeerSession } from '@peerwright/interface'
import { PeerScoring, type Population } from '@peerwright/peer-scoring'
import { messageType, type SessionMessageName } from '@peerwright/protocol-messages'
import { type AdmissionEvent, PeerAdmission } from '@peerwright/security'

let port = 1_024

/** An address; each call without a port gives another one of the host. */
export function at (ip: string, fixed?: number): NetAddress {
  port = port >= 60_000 ? 1_025 : port + 1
  return NetAddress.from(ip, fixed ?? port) ?? assert.fail(ip)
}

/** A session as admission sees it. */
export function sessionOf (peerId: string, ip = '198.51.100.1', facts: Partial<PeerFacts> = {}): PeerSession & { readonly facts: PeerFacts } {
  const session: Partial<PeerSession> = {
    peerId, address: at(ip), direction: 'inbound', class: 'full', facts: { openedMs: 0, bytesIn: 0, bytesOut: 0, ...facts }
  }
  return session as PeerSession
}

/** What differs from QuantumCoin's node. */
export interface DoorOptions {
  readonly policy?: AdmissionPolicy
  readonly maxConnections?: number
  readonly limitLoopback?: boolean
  readonly population?: Partial<Population>
}

/** Admission with real scores, and what it said and did. */
export class Door {
  readonly admission: PeerAdmission
  readonly scoring: PeerScoring
  readonly events: AdmissionEvent[] = []
  readonly drops: Array<{ readonly peerId: string, readonly goodbye: Goodbye }> = []

  constructor ({ policy = QUANTUMCOIN_ADMISSION, maxConnections = 157, limitLoopback = true, population = {} }: DoorOptions = {}) {
    this.scoring = new PeerScoring({
      policy: policy.scoring,
      host: policy.connections.host,
      population: () => ({ connected: 20, outbound: 8, useful: 19, isOutbound: false, ...population })
    })
    this.admission = new PeerAdmission({
      policy,
      maxConnections,
      limitLoopback,
      scores: this.scoring,
      onDrop: (peerId, goodbye) => { this.drops.push({ peerId, goodbye }) },
      onEvent: event => { this.events.push(event) }
    }, 0)
  }

  /** Why an inbound connection is refused; undefined when it is not */
  inbound (address: NetAddress, nowMs: number): string | undefined {
    const decision = this.admission.accept(address, 'inbound', nowMs)
    return decision.allow ? undefined : decision.reason
  }

  /** Many inbound connections that prove who they are. @returns those refused */
  manyInbound (ips: readonly string[], nowMs: number): string[] {
    return ips.flatMap((ip, index) => {
      const address = at(ip)
      const refused = this.inbound(address, nowMs + 1_000 * index)
      this.admission.identified(`peer ${index}`, address, 'inbound', nowMs + 1_000 * index)
      return refused === undefined ? [] : [`${ip} ${refused}`]
    })
  }

  frame (session: PeerSession, name: SessionMessageName, sizeBytes: number, nowMs: number): FrameDecision {
    return this.admission.frame(session, messageType(name), sizeBytes, nowMs)
  }

  types (type: AdmissionEvent['type']): AdmissionEvent[] {
    return this.events.filter(event => event.type === type)
  }
}
