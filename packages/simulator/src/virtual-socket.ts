import { type MessageStreamEvents, type MultiaddrConnection, StreamCloseEvent } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { NetAddress } from '@peerwright/core'
import { TypedEventEmitter } from 'main-event'

/** What a gater is shown of a connection, from its first byte to its end. */
export class VirtualSocket extends TypedEventEmitter<MessageStreamEvents> {
  readonly remoteAddr: Multiaddr
  readonly direction: 'inbound' | 'outbound'
  status: 'open' | 'closed' = 'open'
  readonly #cut: (error: Error) => void

  /** @param cut - cuts the wire under it */
  constructor (remote: NetAddress, direction: 'inbound' | 'outbound', cut: (error: Error) => void) {
    super()
    this.#cut = cut
    this.remoteAddr = multiaddr(remote.toMultiaddr())
    this.direction = direction
  }

  /** As libp2p's interface; what is not there would fail loudly */
  get shown (): MultiaddrConnection {
    return this as unknown as MultiaddrConnection
  }

  abort (error: Error): void {
    this.#cut(error)
  }

  /** The wire is over. */
  close (): void {
    if (this.status === 'open') {
      this.status = 'closed'
      this.dispatchEvent(new StreamCloseEvent(false))
    }
  }
}
