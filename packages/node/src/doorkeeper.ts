import { type Clock, NetAddress } from '@peerwright/core'
import type { PeerAdmission } from '@peerwright/security'
import type { HandshakeGate } from '@peerwright/transport'

/** Who is asked about a socket before anything is made of it. */
export interface DoorkeeperInit {
  readonly admission: Pick<PeerAdmission, 'wouldRefuse' | 'knock'>
  readonly gate: Pick<HandshakeGate, 'admits'>
  readonly clock: Clock
  /** Somebody was turned away as busy, whom admission would have let in */
  readonly onBusy: () => void
}

/** A socket that was not made yet has told no port: this one stands for it. */
const UNTOLD_PORT = 1

/**
 * Turns a socket away that admission would refuse, or that would end as busy, before Node makes a socket of it and libp2p a connection:
 * that is a third of the work (`npm run bench:siege`), and leaves little to the garbage collector. Each is counted once: by admission under its reason, or
 * as busy. Whoever may come in is judged again where the connection is there.
 */
export function doorkeeper ({ admission, gate, clock, onBusy }: DoorkeeperInit): (ip: string) => boolean {
  return ip => {
    const address = NetAddress.from(ip, UNTOLD_PORT)
    const nowMs = clock.monotonic()
    // What is no address is for admission to see as it is
    if (address === undefined || (gate.admits(ip) && !admission.wouldRefuse(address, nowMs))) {
      return true
    }
    if (admission.knock(address, nowMs).allow) {
      onBusy()
    }
    return false
  }
}
