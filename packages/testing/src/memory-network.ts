import { type Clock, InvariantError, NetAddress, OperationError, PeerFault } from '@peerwright/core'
import type { ConnectOptions, MessageOwner, Network, NetworkObserver, PeerIdText, PeerSession, PeerTarget, SessionEnd } from '@peerwright/interface'
import { messageByType } from '@peerwright/protocol-messages'
import { type MemoryEnd, MemorySession } from './memory-session.ts'

/** What the links of a hub are like. */
export interface MemoryLinkOptions {
  readonly clock: Clock
  /** One way, in milliseconds. @default 0 */
  readonly latencyMs?: number
  /** Bulk bytes a node sends per second to one peer; unlimited when absent */
  readonly bulkBytesPerSecond?: number
  /** Largest block of the network, in bytes. @default 4000000 */
  readonly maxBlockBytes?: number
  /** Whether channels have a binding, each its own. @default false */
  readonly bound?: boolean
}

/** Bytes of a channel binding: the handshake hash of Noise with SHA-256. */
const BINDING_BYTES = 32

/** What a node in memory says of itself. */
export interface MemoryNodeOptions {
  readonly address: NetAddress
  readonly peerId: PeerIdText
  /** @default 'memory' */
  readonly networkId?: string
  /** @default 0 */
  readonly startHeight?: () => number
  /** @default 1n */
  readonly services?: bigint
  /** Refuses whoever dials. @default false */
  readonly full?: boolean
}

/** The wires between nodes in memory: who can be dialled at which address. */
export class MemoryHub {
  readonly options: Required<Omit<MemoryLinkOptions, 'bulkBytesPerSecond'>> & Pick<MemoryLinkOptions, 'bulkBytesPerSecond'>
  readonly #nodes = new Map<string, MemoryNetwork>()
  #links = 0

  constructor (options: MemoryLinkOptions) {
    this.options = { latencyMs: 0, maxBlockBytes: 4_000_000, bound: false, ...options }
  }

  /** A new node that can be dialled at its address. */
  node (options: MemoryNodeOptions): MemoryNetwork {
    const node = new MemoryNetwork(this, options)
    this.#nodes.set(options.address.toString(), node)
    return node
  }

  /** What the two ends of a new session have in common. */
  link (): Pick<MemoryEnd, 'nonces' | 'channelBinding'> {
    const number = BigInt(this.#links++)
    const nonces = { local: 2n * number, remote: 2n * number + 1n }
    if (!this.options.bound) {
      return { nonces }
    }
    const channelBinding = new Uint8Array(BINDING_BYTES)
    new DataView(channelBinding.buffer).setBigUint64(0, number)
    return { nonces, channelBinding }
  }

  /** Who answers at an address */
  at (address: NetAddress): MemoryNetwork | undefined {
    return this.#nodes.get(address.toString())
  }

  /** Nobody answers at the address any more, and its sessions break. */
  cut (node: MemoryNetwork): void {
    this.#nodes.delete(node.address.toString())
    node.breakAll()
  }
}

/** The in-memory `Network`: sessions without sockets, handshakes and encryption, on any clock. */
export class MemoryNetwork implements Network {
  readonly localPeer: PeerIdText
  readonly address: NetAddress
  readonly hub: MemoryHub
  readonly #options: MemoryNodeOptions
  readonly #sessions = new Map<PeerIdText, MemorySession>()
  readonly #owners: MessageOwner[] = []
  readonly #observers = new Set<NetworkObserver>()

  constructor (hub: MemoryHub, options: MemoryNodeOptions) {
    this.hub = hub
    this.#options = options
    this.localPeer = options.peerId
    this.address = options.address
  }

  /** What `version` would say */
  get version (): { networkId: string, startHeight: number, services: bigint } {
    const { networkId, startHeight, services } = this.#options
    return { networkId: networkId ?? 'memory', startHeight: startHeight?.() ?? 0, services: services ?? 1n }
  }

  sessions (): readonly PeerSession[] {
    return [...this.#sessions.values()]
  }

  handle (owner: MessageOwner): void {
    for (const [types, stream] of [[owner.live, 'live'], [owner.requests, 'bulk']] as const) {
      for (const type of Object.keys(types ?? {}).map(Number)) {
        const message = messageByType(type)
        const taken = this.#owners.some(other => (stream === 'live' ? other.live : other.requests)?.[type] !== undefined)
        if (message?.owner !== owner.owner || message.stream !== stream || taken) {
          throw new InvariantError(`type ${type} is not ${owner.owner}'s to handle`)
        }
      }
    }
    this.#owners.push(owner)
  }

  /** The owner that handles a type */
  owner (kind: 'live' | 'requests', type: number): MessageOwner | undefined {
    return this.#owners.find(owner => owner[kind]?.[type] !== undefined)
  }

  observe (observer: NetworkObserver): () => void {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }

  async connect (target: PeerTarget, options: ConnectOptions): Promise<PeerSession> {
    const { clock, latencyMs } = this.hub.options
    await new Promise<void>(resolve => { clock.schedule(2 * latencyMs, resolve) })
    if (options.signal?.aborted === true) {
      throw new OperationError('aborted', 'the dial was given up')
    }
    const remote = this.hub.at(target.address)
    if (remote === undefined || (target.peerId !== undefined && remote.localPeer !== target.peerId)) {
      throw new OperationError('unreachable', `${target.address.toString()} could not be reached`)
    }
    if (remote === this) {
      throw new OperationError('self', 'the address is our own')
    }
    const existing = this.#sessions.get(remote.localPeer)
    if (existing !== undefined) {
      return existing
    }
    if (remote.version.networkId !== this.version.networkId) {
      throw new OperationError('wrong-network', 'the peer is of another network')
    }
    if (remote.#options.full === true) {
      throw new OperationError('refused', 'the peer refused: too-many-peers')
    }
    return this.#open(remote, options)
  }

  #open (remote: MemoryNetwork, options: ConnectOptions): PeerSession {
    const source = NetAddress.from(this.address.ip, 40_000) ?? this.address
    const { nonces: { local, remote: other }, ...binding } = this.hub.link()
    const ours = new MemorySession(this, remote, options.class, { direction: 'outbound', address: remote.address, nonces: { local, remote: other }, ...binding })
    const theirs = new MemorySession(remote, this, options.class, { direction: 'inbound', address: source, nonces: { local: other, remote: local }, ...binding })
    ours.join(theirs)
    this.#add(ours)
    remote.#add(theirs)
    return ours
  }

  #add (session: MemorySession): void {
    this.#sessions.set(session.peerId, session)
    for (const observer of [...this.#observers]) {
      observer.opened?.(session)
    }
  }

  /** A session is over. */
  ended (session: MemorySession, end: SessionEnd): void {
    if (this.#sessions.get(session.peerId) === session) {
      this.#sessions.delete(session.peerId)
      for (const observer of [...this.#observers]) {
        observer.closed?.(session, end)
      }
    }
  }

  /** Every session breaks without a goodbye. */
  breakAll (): void {
    for (const session of [...this.#sessions.values()]) {
      session.sever()
    }
  }

  /** Runs a handler; what a peer does wrong ends its session. */
  guard (session: MemorySession, work: () => void | Promise<void>): Promise<void> {
    return Promise.resolve().then(work).catch((error: unknown) => {
      if (error instanceof PeerFault) {
        session.fail(error)
      } else if (!(error instanceof OperationError)) {
        throw error
      }
    })
  }
}
