import { type Clock, NetAddress } from '@peerwright/core'
import type { PeerAdmission } from '@peerwright/security'
import type { HandshakeGate } from '@peerwright/transport'

/** Who is asked about a socket before anything is made of it. */
export interface DoorkeeperInit {
  readonly admission: Pick<PeerAdmission, 'knock'>
  readonly gate: Pick<HandshakeGate, 'admits'>
  readonly clock: Clock
  /** Somebody was turned away as busy, whom admission would have let in */
  readonly onBusy: () => void
}

/** A socket that was not made yet has told no port: this one stands for it. */
const UNTOLD_PORT = 1

/**
 * Judges a socket before libp2p makes a connection of it: most of a flood ends here, for the price of an accept and a close. Each that is
 * turned away is counted once: by admission under its reason, or as busy when the gate before handshakes would turn it away.
 */
export function doorkeeper ({ admission, gate, clock, onBusy }: DoorkeeperInit): (ip: string) => boolean {
  return ip => {
    const address = NetAddress.from(ip, UNTOLD_PORT)
    // What is no address is for admission to see as it is
    if (address === undefined) {
      return true
    }
    if (!admission.knock(address, clock.monotonic()).allow) {
      return false
    }
    const admitted = gate.admits(ip)
    if (!admitted) {
      onBusy()
    }
    return admitted
  }
}
