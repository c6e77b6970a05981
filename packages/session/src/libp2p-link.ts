import type { Connection } from '@libp2p/interface'
import { NetAddress, OperationError, PeerFault } from '@peerwright/core'
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

/** What is known of a channel that did not come about, by the address that was dialled. */
export type ChannelError = (address: NetAddress) => Error | undefined

/** Why libp2p's dial failed, as one of our errors: one of ours that refused the channel comes back as it is. */
export function dialError (error: unknown, target: PeerTarget, signal: AbortSignal, channelError?: ChannelError): OperationError | PeerFault {
  const { name, message } = error instanceof Error ? error : { name: '', message: '' }
  const where = target.address.toString()
  if (signal.aborted) {
    return new OperationError('aborted', `the dial of ${where} was given up`, { cause: error })
  }
  if (name === 'InvalidPeerIdError') {
    return new OperationError('self', 'the address is our own', { cause: error })
  }
  if (name === 'DialDeniedError' || name === 'ConnectionInterceptedError') {
    return new OperationError('refused', `${where} is not to be dialled`, { cause: error })
  }
  if (name === 'EncryptionFailedError') {
    const told = channelError?.(target.address)
    // What was told of another channel has other words
    return noChannel(told?.message === message ? told : error, where)
  }
  return new OperationError(isLate(name) ? 'timeout' : 'unreachable', `${where} could not be reached`, { cause: error })
}

function noChannel (error: unknown, where: string): OperationError | PeerFault {
  if (error instanceof PeerFault || error instanceof OperationError) {
    return error
  }
  const { name, message } = error instanceof Error ? error : { name: '', message: '' }
  if (name === 'UnexpectedPeerError') {
    return new OperationError('refused', `${where} is not the peer that was expected there`, { cause: error })
  }
  if (isLate(name)) {
    return new OperationError('timeout', `the channel to ${where} did not stand in time`, { cause: error })
  }
  return message.startsWith(NOTHING_IN_COMMON)
    ? new OperationError('no-channel', `${where} has no channel that this node takes, or takes none that this node has`, { cause: error })
    : new OperationError('unreachable', `the connection to ${where} broke before it was encrypted`, { cause: error })
}

/** How the error of @libp2p/multistream-select begins when the other side declines all that is offered; libp2p hands on the message alone. */
const NOTHING_IN_COMMON = 'Protocol selection failed'

function isLate (name: string): boolean {
  return name === 'TimeoutError' || name === 'AbortError'
}
