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
 * Turns a socket away that would end as busy anyhow, before libp2p makes a connection of it. Each is counted once: by admission under its
 * reason, or as busy. Whoever may come in is judged later, where the connection is there.
 */
export function doorkeeper ({ admission, gate, clock, onBusy }: DoorkeeperInit): (ip: string) => boolean {
  return ip => {
    if (gate.admits(ip)) {
      return true
    }
    const address = NetAddress.from(ip, UNTOLD_PORT)
    // What is no address is for admission to see as it is
    if (address === undefined) {
      return true
    }
    if (admission.knock(address, clock.monotonic()).allow) {
      onBusy()
    }
    return false
  }
}
