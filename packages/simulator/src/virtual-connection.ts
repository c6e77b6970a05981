import type { AbortOptions, Connection, PeerId, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { OperationError } from '@peerwright/core'
import type { Timeline } from './timeline.ts'
import { type StreamParts, VirtualStream } from './virtual-stream.ts'
import type { End, Wire } from './wire.ts'

/** Takes the streams that the other side opens. */
export interface StreamAcceptor {
  /** Whether the protocol is spoken here, and so many inbound streams of it are allowed */
  inboundLimit(protocol: string): number
  onStream(stream: Stream, connection: Connection): void
}

/** What one end of a connection is made of. */
export interface ConnectionParts {
  readonly timeline: Timeline
  readonly wire: Wire
  readonly end: End
  readonly id: string
  readonly remotePeer: PeerId
  readonly remoteAddr: Multiaddr
  readonly acceptor: StreamAcceptor
  readonly onEnd: (connection: VirtualConnection) => void
}

/** One end of a secured and multiplexed connection: what session sees of libp2p's. */
export class VirtualConnection {
  readonly id: string
  readonly remotePeer: PeerId
  readonly remoteAddr: Multiaddr
  readonly direction: 'inbound' | 'outbound'
  readonly encryption: string = ENCRYPTION
  readonly multiplexer = '/yamux/1.0.0'
  status: 'open' | 'closing' | 'closed' = 'open'
  readonly #parts: ConnectionParts
  readonly #streams = new Set<VirtualStream>()
  #other: VirtualConnection | undefined

  constructor (parts: ConnectionParts) {
    this.#parts = parts
    this.id = parts.id
    this.remotePeer = parts.remotePeer
    this.remoteAddr = parts.remoteAddr
    this.direction = parts.end === 'dialler' ? 'outbound' : 'inbound'
    parts.wire.attach(parts.end, { onClosed: error => { this.#finish(error) } })
  }

  /** Joins the two ends. */
  join (other: VirtualConnection): void {
    this.#other = other
    other.#other = this
  }

  get streams (): Stream[] {
    return [...this.#streams].map(asStream)
  }

  /** Opens a stream; one round trip, for the answer that the protocol is spoken. @throws OperationError `closed`, `unsupported` */
  async newStream (protocols: string | string[], { signal }: AbortOptions = {}): Promise<Stream> {
    const [protocol = ''] = Array.isArray(protocols) ? protocols : [protocols]
    const { wire, end } = this.#parts
    if (this.status !== 'open') {
      throw new OperationError('closed', 'the connection is closed')
    }
    const { promise, resolve, reject } = Promise.withResolvers<Stream>()
    const ours = this.#stream(protocol, 'outbound')
    signal?.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
    ours.addEventListener('close', () => { reject(new OperationError('closed', 'the stream was closed before it was open')) }, { once: true })
    wire.send(end, NEGOTIATION_BYTES, () => {
      const other = this.#other
      if (other === undefined) {
        return
      }
      const theirs = other.#accept(protocol)
      if (theirs !== undefined) {
        ours.join(theirs)
      }
      wire.send(other.#parts.end, NEGOTIATION_BYTES, () => {
        if (theirs === undefined) {
          reject(new OperationError('unsupported', `${protocol} is not spoken here, or spoken enough`))
          this.#streams.delete(ours)
        } else {
          resolve(asStream(ours))
        }
      })
      if (theirs !== undefined) {
        other.#parts.acceptor.onStream(asStream(theirs), asConnection(other))
      }
    })
    return await promise
  }

  /** Closes after what is queued has gone out. */
  async close (options: AbortOptions = {}): Promise<void> {
    if (this.status !== 'open') {
      return
    }
    this.status = 'closing'
    await Promise.all([...this.#streams].map(async stream => { await stream.close(options) }))
    this.#parts.wire.close(this.#parts.end)
    this.#finish(undefined)
  }

  abort (error: Error): void {
    this.#parts.wire.cut(this.#parts.end, error)
    this.#finish(error)
  }

  #accept (protocol: string): VirtualStream | undefined {
    const limit = this.#parts.acceptor.inboundLimit(protocol)
    const open = [...this.#streams].filter(stream => stream.protocol === protocol && stream.direction === 'inbound').length
    return this.status === 'open' && open < limit ? this.#stream(protocol, 'inbound') : undefined
  }

  #stream (protocol: string, direction: 'inbound' | 'outbound'): VirtualStream {
    const { timeline, wire, end } = this.#parts
    const parts: StreamParts = { timeline, wire, end, protocol, direction, onEnd: ended => { this.#streams.delete(ended) } }
    const stream = new VirtualStream(parts)
    this.#streams.add(stream)
    return stream
  }

  #finish (error: Error | undefined): void {
    if (this.status !== 'closed') {
      this.status = 'closed'
      for (const stream of [...this.#streams]) {
        stream.onConnectionEnd(error)
      }
      this.#streams.clear()
      this.#parts.onEnd(this)
    }
  }
}

/** What every channel of the virtual internet is: none is broken by who has the bytes, for nobody has. */
export const ENCRYPTION = '/noise'

/** Bytes of a stream's negotiation each way: the names of two protocols, with what is around them. */
const NEGOTIATION_BYTES = 80

/** The parts of libp2p's interface that Peerwright uses are there; the rest would fail loudly. */
export function asConnection (connection: VirtualConnection): Connection {
  return connection as unknown as Connection
}

function asStream (stream: VirtualStream): Stream {
  return stream as unknown as Stream
}
