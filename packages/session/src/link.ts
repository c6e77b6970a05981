import type { Stream } from '@libp2p/interface'
import type { NetAddress } from '@peerwright/core'
import type { ChannelFacts, PeerIdText } from '@peerwright/interface'

/** The encrypted, multiplexed connection under a conversation: libp2p's, seen from here. */
export interface Link {
  readonly remotePeer: PeerIdText
  readonly direction: 'inbound' | 'outbound'
  readonly address: NetAddress
  readonly channel: ChannelFacts
  /** When the handshake must be done, on the monotonic clock */
  readonly handshakeByMs: number
  /** Opens a stream for a protocol. */
  newStream(protocol: string, signal: AbortSignal): Promise<Stream>
  /** Closes after what is queued has gone out. */
  close(signal: AbortSignal): Promise<void>
  /** Cuts the connection. */
  abort(error: Error): void
}
