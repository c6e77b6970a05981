import {
  type ComponentLogger, type Connection, type ConnectionGater, type Libp2pEvents, type Logger, type PeerId,
  type StreamHandler, type StreamHandlerOptions
} from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { NetAddress, OperationError } from '@peerwright/core'
import type { SessionComponents } from '@peerwright/session'
import { TypedEventEmitter } from 'main-event'
import type { Host, Internet } from './internet.ts'
import { asConnection, ENCRYPTION, type StreamAcceptor, VirtualConnection } from './virtual-connection.ts'
import { VirtualSocket } from './virtual-socket.ts'
import type { End, Wire } from './wire.ts'

/** Where a node is, and what it lets in. */
export interface VirtualNodeOptions {
  readonly internet: Internet
  readonly peerId: PeerId
  readonly host: Host
  /** Where it listens; its source address when it dials, with another port */
  readonly address: NetAddress
  readonly hostOf: (address: NetAddress) => Host
  /** Asked as libp2p asks it */
  readonly gater?: ConnectionGater
  /** Inbound connections are secured by then, in milliseconds */
  readonly upgradeTimeoutMs: number
  /** Inbound connections that may be unsecured at a time */
  readonly maxPending: number
  /** What became of an inbound connection before it was one, and of its end */
  readonly onSocket?: (what: SocketEvent, address: NetAddress) => void
}

type ConnectionManager = SessionComponents['connectionManager']
type Registrar = SessionComponents['registrar']

/** `refused` by the gater, `overflow` when too many are unsecured, `silent` when nothing was said in time. */
type SocketEvent = 'accepted' | 'refused' | 'overflow' | 'silent'

interface Protocol {
  readonly handler: StreamHandler
  readonly options: StreamHandlerOptions
}

interface Joined {
  readonly connection: VirtualConnection
  readonly address: NetAddress
}

/** Until the dialler knows who is there: TCP's, that of multistream-select, and the first two messages of Noise XX. */
const ROUND_TRIPS_UNTIL_KNOWN = 3

/** What each of them sends each way, in bytes: names, keys, a signature. It matters on slow links only. */
const HANDSHAKE_BYTES = 250

/** libp2p's own streams of one protocol and connection, where nothing else is said. */
const USUAL_INBOUND_STREAMS = 32

/** First of the ports that a host dials from (IANA's dynamic ports). */
const FIRST_SOURCE_PORT = 49_152
const SOURCE_PORTS = 16_384

/** What services see of a libp2p node, on the virtual internet: the registrar, the connection manager, the events. */
export class VirtualLibp2p implements StreamAcceptor {
  readonly components: SessionComponents
  readonly address: NetAddress
  readonly host: Host
  readonly #options: VirtualNodeOptions
  readonly #protocols = new Map<string, Protocol>()
  readonly #joined = new Map<string, Joined>()
  readonly #pending = new Set<Wire>()
  readonly #events: TypedEventEmitter<Libp2pEvents> = new TypedEventEmitter()
  #connections = 0
  #sourcePort = 0

  constructor (options: VirtualNodeOptions) {
    this.#options = options
    this.address = options.address
    this.host = options.host
    this.components = {
      peerId: options.peerId,
      connectionManager: this.#connectionManager(),
      registrar: this.#registrar(),
      events: this.#events,
      upgrader: { getConnectionEncrypters: () => new Map([[ENCRYPTION, undefined]]) },
      logger: SILENT
    }
  }

  /** The connections that stand */
  get connections (): readonly VirtualConnection[] {
    return [...this.#joined.values()].map(({ connection }) => connection)
  }

  /** Inbound connections that are not secured yet */
  get pending (): number {
    return this.#pending.size
  }

  /** Answers at its address. @throws OperationError `address-in-use` */
  listen (): void {
    this.#options.internet.listen(this.address, { onConnection: (wire, from) => { this.#onWire(wire, from) } })
  }

  /** Leaves without a word. */
  stop (): void {
    this.#options.internet.unlisten(this.address)
    for (const connection of this.connections) {
      connection.abort(new OperationError('closed', 'the node stops'))
    }
  }

  /** An address of its own to dial from: its IP and the next port. */
  source (): NetAddress {
    const port = FIRST_SOURCE_PORT + this.#sourcePort++ % SOURCE_PORTS
    return NetAddress.from(this.host.ip, port) ?? this.address
  }

  /** Opens a connection of TCP and says nothing. @returns undefined where nobody listens */
  knock (target: NetAddress): Wire | undefined {
    const { internet, hostOf } = this.#options
    const wire = internet.connect(this.host, hostOf(target), this.source(), target)
    wire?.attach('dialler', { onClosed: () => undefined })
    return wire
  }

  /** A secured connection to an address, whoever is there. */
  async dial (target: NetAddress): Promise<VirtualConnection> {
    return await this.#dial(target, undefined, undefined)
  }

  inboundLimit (protocol: string): number {
    const known = this.#protocols.get(protocol)
    return known === undefined ? 0 : known.options.maxInboundStreams ?? USUAL_INBOUND_STREAMS
  }

  onStream (stream: Parameters<StreamHandler>[0], connection: Connection): void {
    void Promise.resolve(this.#protocols.get(stream.protocol)?.handler(stream, connection))
  }

  /** Whether the gater turns somebody away; it answers at once, as ours does. */
  #denied (ask: (gater: ConnectionGater) => Promise<boolean> | boolean | undefined): boolean {
    const { gater } = this.#options
    return gater !== undefined && ask(gater) === true
  }

  #onWire (wire: Wire, from: NetAddress): void {
    const { internet: { timeline }, maxPending, upgradeTimeoutMs, onSocket, peerId } = this.#options
    const turnAway = (why: SocketEvent): void => {
      onSocket?.(why, from)
      wire.cut('listener', new OperationError('refused', `the connection was closed: ${why}`))
    }
    const socket = new VirtualSocket(from, 'inbound', error => { wire.cut('listener', error) })
    wire.whenOver('listener', () => {
      this.#pending.delete(wire)
      socket.close()
    })
    if (this.#denied(gater => gater.denyInboundConnection?.(socket.shown))) {
      turnAway('refused')
      return
    }
    if (this.#pending.size >= maxPending) {
      turnAway('overflow')
      return
    }
    onSocket?.('accepted', from)
    this.#pending.add(wire)
    timeline.schedule(upgradeTimeoutMs, () => {
      if (this.#pending.delete(wire)) {
        turnAway('silent')
      }
    })
    wire.attach('listener', {
      onClosed: () => undefined,
      identify: () => peerId,
      onSecured: (remotePeer, theirs) => {
        this.#pending.delete(wire)
        if (this.#denied(gater => gater.denyInboundEncryptedConnection?.(remotePeer, socket.shown))) {
          turnAway('refused')
        } else {
          this.#join(wire, 'listener', remotePeer, from, theirs)
        }
      }
    })
  }

  async #open (address: Multiaddr, signal: AbortSignal | undefined, force: boolean): Promise<Connection> {
    const { expected, target } = partsOf(address)
    const known = [...this.#joined.values()].find(({ connection, address: other }) =>
      expected === undefined ? other.equals(target) : connection.remotePeer.toString() === expected)
    if (known !== undefined && !force) {
      return asConnection(known.connection)
    }
    if (target.equals(this.address) || expected === this.#options.peerId.toString()) {
      throw named('InvalidPeerIdError', 'the address is our own')
    }
    if (this.#denied(gater => gater.denyDialMultiaddr?.(address))) {
      throw named('DialDeniedError', 'the gater denies the dial')
    }
    return asConnection(await this.#dial(target, expected, signal))
  }

  async #dial (target: NetAddress, expected: string | undefined, signal: AbortSignal | undefined): Promise<VirtualConnection> {
    const { internet, hostOf } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<VirtualConnection>()
    const remoteHost = hostOf(target)
    const wire = internet.connect(this.host, remoteHost, this.source(), target)
    const giveUp = (error: Error): void => {
      wire?.cut('dialler', error)
      reject(error)
    }
    const onAbort = (): void => { giveUp(named('AbortError', 'the dial was given up')) }
    signal?.addEventListener('abort', onAbort, { once: true })
    if (wire === undefined) {
      internet.timeline.schedule(2 * internet.latencyMs(this.host, remoteHost), () => { reject(new Error('connection refused')) })
    } else {
      const socket = new VirtualSocket(target, 'outbound', giveUp)
      wire.whenOver('dialler', () => { socket.close() })
      wire.attach('dialler', { onClosed: error => { reject(error ?? new Error('the connection was closed')) } })
      roundTrips(wire, ROUND_TRIPS_UNTIL_KNOWN, () => {
        const peerId = wire.opposite('dialler')?.identify?.()
        if (peerId === undefined) {
          giveUp(new Error('nobody answers'))
        } else if (expected !== undefined && peerId.toString() !== expected) {
          giveUp(named('UnexpectedPeerError', 'another peer is there'))
        } else if (this.#denied(gater => gater.denyOutboundConnection?.(peerId, socket.shown))) {
          giveUp(named('DialDeniedError', 'the gater denies the connection'))
        } else if (this.#denied(gater => gater.denyOutboundEncryptedConnection?.(peerId, socket.shown))) {
          giveUp(named('ConnectionInterceptedError', 'the gater denies the peer'))
        } else {
          const ours = this.#join(wire, 'dialler', peerId, target)
          wire.send('dialler', HANDSHAKE_BYTES, () => { wire.opposite('dialler')?.onSecured?.(this.#options.peerId, ours) })
          resolve(ours)
        }
      })
    }
    try {
      return await promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #join (wire: Wire, end: End, remotePeer: PeerId, address: NetAddress, other?: VirtualConnection): VirtualConnection {
    const connection = new VirtualConnection({
      timeline: this.#options.internet.timeline,
      wire,
      end,
      id: `${this.address.toString()}#${this.#connections++}`,
      remotePeer,
      remoteAddr: multiaddr(`${address.toMultiaddr()}/p2p/${remotePeer.toString()}`),
      acceptor: this,
      onEnd: ended => {
        this.#joined.delete(ended.id)
        this.#events.dispatchEvent(new CustomEvent('connection:close', { detail: asConnection(ended) }))
      }
    })
    this.#joined.set(connection.id, { connection, address })
    if (other !== undefined) {
      connection.join(other)
    }
    this.#events.dispatchEvent(new CustomEvent('connection:open', { detail: asConnection(connection) }))
    return connection
  }

  #connectionManager (): ConnectionManager {
    const manager: Pick<ConnectionManager, 'openConnection'> = {
      openConnection: async (target, options = {}) => {
        const address = Array.isArray(target) ? target[0] : target
        if (address === undefined || !('getComponents' in address)) {
          throw new OperationError('invalid-option', 'the virtual internet dials addresses')
        }
        return await this.#open(address, options.signal, options.force === true)
      }
    }
    return manager as ConnectionManager
  }

  #registrar (): Registrar {
    const registrar: Pick<Registrar, 'handle' | 'unhandle'> = {
      handle: async (protocols, handler, options = {}) => {
        for (const protocol of [protocols].flat()) {
          this.#protocols.set(protocol, { handler, options })
        }
        await Promise.resolve()
      },
      unhandle: async protocols => {
        for (const protocol of [protocols].flat()) {
          this.#protocols.delete(protocol)
        }
        await Promise.resolve()
      }
    }
    return registrar as Registrar
  }
}

/** Messages there and back so many times, then `done` at the dialler. */
function roundTrips (wire: Wire, count: number, done: () => void): void {
  if (count === 0) {
    done()
  } else {
    wire.send('dialler', HANDSHAKE_BYTES, () => {
      wire.send('listener', HANDSHAKE_BYTES, () => { roundTrips(wire, count - 1, done) })
    })
  }
}

/** An address of IP and TCP, and who is expected there. */
function partsOf (address: Multiaddr): { readonly target: NetAddress, readonly expected: string | undefined } {
  const components = address.getComponents()
  const value = (...names: string[]): string | undefined => components.find(({ name }) => names.includes(name))?.value
  const target = NetAddress.from(value('ip4', 'ip6') ?? '', Number(value('tcp')))
  if (target === undefined) {
    throw named('NoValidAddressesError', 'the virtual internet knows IP and TCP')
  }
  return { target, expected: value('p2p') }
}

function named (name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}

const silent: Logger = Object.assign(() => undefined, { error: () => undefined, trace: () => undefined, enabled: false, newScope: () => silent })

/** Says nothing: a scenario tells what happened by its trace. */
const SILENT: ComponentLogger = { forComponent: () => silent }
