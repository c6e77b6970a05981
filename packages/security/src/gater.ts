import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import { type Clock, NetAddress, OperationError } from '@peerwright/core'
import type { PeerAdmission } from './admission.ts'

type Direction = 'inbound' | 'outbound'

/**
 * Admission as the `connectionGater` of libp2p. All hooks answer at once. A connection is accepted when its socket is there, identified
 * when its channel stands, and closed when the socket is gone. What does not run over IP and TCP is not let in.
 */
export function connectionGater (admission: PeerAdmission, clock: Clock): ConnectionGater {
  /** Inbound connections without an identity, by where they come from: admission bounds them */
  const unproven = new Map<string, MultiaddrConnection>()
  const settle = (address: NetAddress | undefined, direction: Direction): void => {
    // One that we dialled to the same address says nothing about it
    if (address !== undefined && direction === 'inbound') {
      unproven.delete(address.toString())
    }
  }
  const accept = (connection: MultiaddrConnection, direction: Direction): boolean => {
    const address = addressOf(connection)
    const decision = address === undefined ? undefined : admission.accept(address, direction, clock.monotonic())
    if (address === undefined || decision?.allow !== true) {
      return true
    }
    if (decision.instead !== undefined) {
      unproven.get(decision.instead.toString())?.abort(new OperationError('refused', 'others need the place of a connection that has not said who it is'))
    }
    if (direction === 'inbound') {
      unproven.set(address.toString(), connection)
    }
    const onClose = (): void => {
      settle(address, direction)
      admission.closed(address, direction, clock.monotonic())
    }
    if (connection.status === 'open') {
      connection.addEventListener('close', onClose, { once: true })
    } else {
      onClose()
    }
    return false
  }
  const identify = (peer: { toString(): string }, connection: MultiaddrConnection, direction: Direction): boolean => {
    const address = addressOf(connection)
    settle(address, direction)
    return address === undefined || !admission.identified(peer.toString(), address, direction, clock.monotonic()).allow
  }
  return {
    denyDialMultiaddr: address => {
      const target = NetAddress.fromComponents(address.getComponents())
      // A name is looked up first; what it stands for is asked for again
      return target !== undefined && !admission.mayDial(target, clock.monotonic()).allow
    },
    denyInboundConnection: connection => accept(connection, 'inbound'),
    denyOutboundConnection: (_peer, connection) => accept(connection, 'outbound'),
    denyInboundEncryptedConnection: (peer, connection) => identify(peer, connection, 'inbound'),
    denyOutboundEncryptedConnection: (peer, connection) => identify(peer, connection, 'outbound')
  }
}

function addressOf ({ remoteAddr }: MultiaddrConnection): NetAddress | undefined {
  return NetAddress.fromComponents(remoteAddr.getComponents())
}
