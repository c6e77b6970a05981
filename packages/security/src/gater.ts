import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import { type Clock, NetAddress } from '@peerwright/core'
import type { PeerAdmission } from './admission.ts'

type Direction = 'inbound' | 'outbound'

/**
 * Admission as the `connectionGater` of libp2p. All hooks answer at once. A connection is accepted when its socket is there, identified
 * when its channel stands, and closed when the socket is gone. What does not run over IP and TCP is not let in.
 */
export function connectionGater (admission: PeerAdmission, clock: Clock): ConnectionGater {
  const accept = (connection: MultiaddrConnection, direction: Direction): boolean => {
    const address = addressOf(connection)
    if (address === undefined || !admission.accept(address, direction, clock.monotonic()).allow) {
      return true
    }
    const onClose = (): void => { admission.closed(address, direction, clock.monotonic()) }
    if (connection.status === 'open') {
      connection.addEventListener('close', onClose, { once: true })
    } else {
      onClose()
    }
    return false
  }
  const identify = (peer: { toString(): string }, connection: MultiaddrConnection, direction: Direction): boolean => {
    const address = addressOf(connection)
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
