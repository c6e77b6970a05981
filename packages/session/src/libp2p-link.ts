import type { Connection } from '@libp2p/interface'
import { NetAddress, OperationError } from '@peerwright/core'
import type { PeerTarget } from '@peerwright/interface'
import { channelFacts } from '@peerwright/transport'
import type { Link } from './link.ts'

/**
 * A connection of libp2p as a link.
 *
 * @param handshakeByMs - when the handshake must be done, on the monotonic clock
 * @returns undefined when it does not run over IP and TCP
 */
export function linkOf (connection: Connection, handshakeByMs: number): Link | undefined {
  const address = NetAddress.fromComponents(connection.remoteAddr.getComponents())
  return address && {
    remotePeer: connection.remotePeer.toString(),
    direction: connection.direction,
    address,
    channel: channelFacts(connection),
    handshakeByMs,
    newStream: async (protocol, signal) => await connection.newStream([protocol], { signal }),
    close: async signal => { await connection.close({ signal }) },
    abort: error => { connection.abort(error) }
  }
}

/** Why libp2p's dial failed, as one of our errors. */
export function dialError (error: unknown, target: PeerTarget, signal: AbortSignal): OperationError {
  const name = error instanceof Error ? error.name : ''
  if (signal.aborted) {
    return new OperationError('aborted', `the dial of ${target.address.toString()} was given up`, { cause: error })
  }
  if (name === 'InvalidPeerIdError') {
    return new OperationError('self', 'the address is our own', { cause: error })
  }
  if (name === 'DialDeniedError' || name === 'ConnectionInterceptedError') {
    return new OperationError('refused', `${target.address.toString()} is not to be dialled`, { cause: error })
  }
  const code = name === 'TimeoutError' || name === 'AbortError' ? 'timeout' : 'unreachable'
  return new OperationError(code, `${target.address.toString()} could not be reached`, { cause: error })
}
