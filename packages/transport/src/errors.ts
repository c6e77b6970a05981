import { type NetAddress, PeerFault } from '@peerwright/core'

/**
 * Why a channel counts as cut down. `offer`: both sides could do better than what runs. `sticky`: this peer had a hybrid channel before.
 * `required`: nothing but the hybrid is allowed here.
 */
export type DowngradeReason = 'offer' | 'sticky' | 'required'

/** A channel that is weaker than it had to be: the peer has changed, or somebody stands on the way. The connection is closed. */
export class DowngradeError extends PeerFault {
  readonly reason: DowngradeReason
  /** The encrypter that was running */
  readonly running: string
  /** The one that should have been, where it is known */
  readonly expected: string | undefined

  constructor (reason: DowngradeReason, running: string, expected: string | undefined, remedy: string) {
    // Who cut it down is not known: the peer is not blamed for it
    super('downgrade', `the channel was cut down to ${running}${expected === undefined ? '' : ` from ${expected}`}: ${remedy}`, { offence: 'ambiguous' })
    this.reason = reason
    this.running = running
    this.expected = expected
  }
}

/** Another identity answered than the one that its address is pinned to. The connection is closed before this side shows who it is. */
export class WrongIdentityError extends PeerFault {
  readonly address: NetAddress

  constructor (address: NetAddress) {
    // Somebody else may stand there by now: it is not known to do wrong
    super('wrong-identity', `${address.toString()} is pinned to another identity than the one that answers; if it has a new one, change the pin`, { offence: 'ambiguous' })
    this.address = address
  }
}
