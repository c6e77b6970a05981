import type { NetworkProfile } from '@peerwright/chain-spec'
import type { Clock, Random } from '@peerwright/core'
import type { AsLookup, Network } from '@peerwright/interface'
import { InboundSlots } from '@peerwright/peer-manager'
import type { PeerScoring } from '@peerwright/peer-scoring'
import { type AdmissionEvent, AdmissionService, type PeerAdmission } from '@peerwright/security'

/** What the guards of a node need of it. */
export interface GuardsParts {
  readonly profile: NetworkProfile
  readonly clock: Clock
  readonly random: Random
  readonly asOf: AsLookup
  readonly onEvent: (event: AdmissionEvent) => void
}

const SECRET_BYTES = 32

/** Who guards a node: admission, scores and slots, put together as `createNode` does. */
export class Guards {
  readonly service: AdmissionService
  readonly slots: InboundSlots

  constructor ({ profile: { policy }, clock, random, asOf, onEvent }: GuardsParts) {
    const { slots: { maxInbound, maxOutbound }, admission } = policy
    this.service = new AdmissionService({
      policy: admission,
      maxConnections: maxInbound + maxOutbound + admission.connections.pending,
      reservedForOutbound: maxOutbound,
      limitLoopback: true,
      asOf,
      clock
    })
    this.service.observe(onEvent)
    this.slots = new InboundSlots({
      maxInbound,
      maxOutbound,
      secret: random.bytes(SECRET_BYTES),
      exempt: (peerId, address) => this.admission.isExempt(peerId, address),
      preferEvict: (peerId, address, nowMs) => this.service.preferEvict(peerId, address, nowMs)
    })
  }

  get admission (): PeerAdmission {
    return this.service.admission
  }

  get scoring (): PeerScoring {
    return this.service.scoring
  }

  /** Begins to watch how conversations end, and how late the node's own event loop is. */
  async start (network: Network): Promise<void> {
    this.service.attach(network)
    await this.service.start()
  }
}
