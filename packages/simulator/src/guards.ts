import type { ConnectionGater } from '@libp2p/interface'
import type { NetworkProfile } from '@peerwright/chain-spec'
import type { Clock, IpBytes, Random } from '@peerwright/core'
import type { Network } from '@peerwright/interface'
import { InboundSlots } from '@peerwright/peer-manager'
import { PeerScoring } from '@peerwright/peer-scoring'
import { type AdmissionEvent, connectionGater, measureLag, PeerAdmission, watchConduct } from '@peerwright/security'

/** What guards of a node need of it. */
export interface GuardsParts {
  readonly profile: NetworkProfile
  readonly clock: Clock
  readonly random: Random
  /** The sessions there are, for those who judge */
  readonly network: () => Network
  readonly asOf: (ip: IpBytes) => number | undefined
  readonly onEvent: (event: AdmissionEvent) => void
}

/** Connections above the slots, as `createNode` leaves them. */
const SPARE_CONNECTIONS = 32

const SECRET_BYTES = 32

/** Who guards a node: admission, slots and scores, put together as `createNode` does. */
export class Guards {
  readonly admission: PeerAdmission
  readonly scoring: PeerScoring
  readonly slots: InboundSlots
  readonly gater: ConnectionGater
  readonly #parts: GuardsParts

  constructor (parts: GuardsParts) {
    const { profile: { policy }, clock, random, network, asOf, onEvent } = parts
    this.#parts = parts
    const isExempt = (address: Parameters<PeerAdmission['isExempt']>[0]): boolean => this.admission.isExempt(address)
    this.scoring = new PeerScoring({
      policy: policy.admission.scoring,
      host: policy.admission.connections.host,
      population: peerId => {
        const sessions = network().sessions()
        const outbound = sessions.filter(({ direction }) => direction === 'outbound')
        return {
          connected: sessions.length,
          outbound: outbound.length,
          useful: sessions.filter(session => session.peerId !== peerId).length,
          isOutbound: outbound.some(session => session.peerId === peerId)
        }
      },
      exempt: (_, address) => isExempt(address),
      onNotice: onEvent
    })
    this.admission = new PeerAdmission({
      policy: policy.admission,
      maxConnections: policy.slots.maxInbound + policy.slots.maxOutbound + SPARE_CONNECTIONS,
      limitLoopback: true,
      scores: this.scoring,
      asOf,
      unwell: nowMs => this.scoring.health.frozen(network().sessions().length, nowMs) !== undefined,
      onDrop: (peerId, goodbye) => {
        void network().sessions().find(session => session.peerId === peerId)?.close(goodbye)
      },
      onEvent
    }, clock.monotonic())
    this.slots = new InboundSlots({
      maxInbound: policy.slots.maxInbound,
      maxOutbound: policy.slots.maxOutbound,
      secret: random.bytes(SECRET_BYTES),
      exempt: isExempt,
      preferEvict: (peerId, address, nowMs) =>
        this.admission.enforcer.discouraged.has(this.admission.connections.hostOf(address), nowMs) ? 2 : this.scoring.score(peerId, nowMs) < 0 ? 1 : 0
    })
    this.gater = connectionGater(this.admission, clock)
  }

  /** Tells admission how conversations end, and scoring how late the node's own event loop is. */
  watch (measuresLag: boolean): void {
    const { network, clock } = this.#parts
    watchConduct(network(), this.admission, clock)
    if (measuresLag) {
      measureLag(clock, (lagMs, nowMs) => { this.scoring.health.lag(lagMs, nowMs) })
    }
  }
}
