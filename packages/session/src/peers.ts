import type { Stream } from '@libp2p/interface'
import { OperationError } from '@peerwright/core'
import type { ConnectionClass, Goodbye, Network, NetworkObserver, PeerIdText, PeerSession, SessionEnd, SlotDecision, SlotHolder } from '@peerwright/interface'
import { GOODBYE_TIMEOUT_MS, MAX_SESSIONS, PROBE_TIMEOUT_MS } from './constants.ts'
import type { ConversationSetting } from './conversation-setting.ts'
import { Conversation } from './conversation.ts'
import { within } from './deadline.ts'
import { judgeDuplicate } from './duplicates.ts'
import { sendAway } from './farewell.ts'
import type { Link } from './link.ts'

/** A connection that may become a conversation. */
export interface Newcomer {
  readonly link: Link
  readonly class: ConnectionClass
  /** The live stream that the dialler opened; absent when we are the dialler */
  readonly live?: Stream
}

interface Waiter {
  readonly resolve: (session: PeerSession) => void
  readonly reject: (error: Error) => void
}

/**
 * The conversations of a node, one per peer. Decides which of two connections to the same peer stays, and tells observers
 * of the sessions that opened and ended.
 */
export class Peers {
  readonly #localPeer: PeerIdText
  readonly #setting: ConversationSetting
  readonly #conversations = new Map<PeerIdText, Conversation>()
  readonly #leaving = new Set<Conversation>()
  readonly #challengers = new Set<PeerIdText>()
  readonly #observers = new Set<NetworkObserver>()
  readonly #waiters = new Map<PeerIdText, Set<Waiter>>()
  #accepting = true

  constructor (localPeer: PeerIdText, setting: ConversationSetting) {
    this.#localPeer = localPeer
    this.#setting = setting
  }

  /** The open sessions */
  sessions (): PeerSession[] {
    return [...this.#conversations.values()].filter(conversation => conversation.open)
  }

  /** The conversation with a peer, open or not */
  get (peerId: PeerIdText): Conversation | undefined {
    return this.#conversations.get(peerId)
  }

  observe (observer: NetworkObserver): ReturnType<Network['observe']> {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }

  /**
   * A connection stands: ours, or one on which the dialler opened its live stream. Settles which one stays where the peer
   * has another already.
   *
   * @returns the new conversation, or undefined when the connection was turned away
   */
  async adopt (newcomer: Newcomer): Promise<Conversation | undefined> {
    const older = this.#conversations.get(newcomer.link.remotePeer)
    if (older === undefined) {
      return await this.#start(newcomer)
    }
    switch (judgeDuplicate(older, newcomer.link, this.#localPeer, newcomer.link.remotePeer)) {
      case 'keep-older':
        await this.#turnAway(newcomer, { code: 'duplicate' })
        return undefined
      case 'keep-newer':
        return await this.#replace(older, newcomer)
      case 'probe-older':
        return await this.#challenge(older, newcomer)
    }
  }

  /**
   * Resolves with the session of a peer once one is open; rejects when its last conversation ends without that, and with the reason of
   * the signal.
   */
  async opened (peerId: PeerIdText, signal: AbortSignal): Promise<PeerSession> {
    const current = this.#conversations.get(peerId)
    if (current?.open === true) {
      return current
    }
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<PeerSession>()
    const waiter: Waiter = { resolve, reject }
    const waiters = this.#waiters.get(peerId) ?? new Set()
    this.#waiters.set(peerId, waiters.add(waiter))
    const abort = (): void => { reject(signal.reason) }
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', abort)
      waiters.delete(waiter)
      if (waiters.size === 0 && this.#waiters.get(peerId) === waiters) {
        this.#waiters.delete(peerId)
      }
    }
  }

  /** Nobody waits for a peer any more: an attempt of ours that is not a session yet ends. */
  async giveUp (peerId: PeerIdText): Promise<void> {
    const conversation = this.#conversations.get(peerId)
    if (conversation?.direction === 'outbound' && !conversation.wasOpen && !this.#waiters.has(peerId)) {
      await conversation.close({ code: 'done' })
    }
  }

  /** From now on connections are adopted. */
  open (): void {
    this.#accepting = true
  }

  /** Says goodbye to everybody, and to whoever comes later. */
  async closeAll (): Promise<void> {
    this.#accepting = false
    const all = [...this.#conversations.values(), ...this.#leaving]
    await Promise.all(all.map(async conversation => { await conversation.close({ code: 'shutdown' }) }))
  }

  /** @param inherits - it takes the place of another conversation with the same peer, and its slot */
  async #start (newcomer: Newcomer, inherits = false): Promise<Conversation | undefined> {
    const decision = this.#slotFor(newcomer, inherits)
    if (decision.action === 'refuse') {
      const { code, retryAfterSeconds } = decision
      this.#tell(observer => observer.failed?.(holderOf(newcomer), { code, remote: false }))
      await this.#turnAway(newcomer, { code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })
      this.#reject(newcomer.link.remotePeer, { code, remote: false })
      return undefined
    }
    if (decision.action === 'evict') {
      const { peerId, retryAfterSeconds } = decision
      void this.#conversations.get(peerId)?.close({ code: 'too-many-peers', ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })
    }
    const conversation = new Conversation(newcomer.link, newcomer.class, this.#setting, {
      onOpen: opened => { this.#onOpen(opened) },
      onEnd: (ended, end) => { this.#onEnd(ended, end) }
    })
    this.#conversations.set(conversation.peerId, conversation)
    if (newcomer.live === undefined) {
      void conversation.begin()
    } else {
      conversation.adoptLive(newcomer.live)
    }
    return conversation
  }

  #slotFor (newcomer: Newcomer, inherits: boolean): SlotDecision {
    const { slots, clock } = this.#setting
    if (!this.#accepting) {
      return { action: 'refuse', code: 'shutdown' }
    }
    if (this.#conversations.size >= MAX_SESSIONS) {
      return { action: 'refuse', code: 'too-many-peers' }
    }
    if (inherits) {
      return { action: 'admit' }
    }
    // Who is on the way out holds no slot any more
    const holders = [...this.#conversations.values()].filter(({ leaving }) => !leaving)
    return slots?.decide(holderOf(newcomer), holders, clock.monotonic()) ?? { action: 'admit' }
  }

  async #replace (older: Conversation, newcomer: Newcomer): Promise<Conversation | undefined> {
    this.#conversations.delete(older.peerId)
    this.#leaving.add(older)
    const conversation = await this.#start(newcomer, true)
    void older.close({ code: 'duplicate' })
    return conversation
  }

  /** Same direction: the older one stays if it answers. One challenger at a time; more are turned away. */
  async #challenge (older: Conversation, newcomer: Newcomer): Promise<Conversation | undefined> {
    const { peerId } = older
    if (this.#challengers.has(peerId) || !older.open) {
      await this.#turnAway(newcomer, { code: 'duplicate' })
      return undefined
    }
    this.#challengers.add(peerId)
    const alive = await older.probe(PROBE_TIMEOUT_MS)
    this.#challengers.delete(peerId)
    const current = this.#conversations.get(peerId)
    if (current === undefined) {
      return await this.#start(newcomer)
    }
    if (alive || current !== older) {
      await this.#turnAway(newcomer, { code: 'duplicate' })
      return undefined
    }
    return await this.#replace(older, newcomer)
  }

  async #turnAway ({ link, live }: Newcomer, goodbye: Goodbye): Promise<void> {
    try {
      await within(this.#setting.clock, GOODBYE_TIMEOUT_MS, async signal => {
        if (live !== undefined) {
          await sendAway(live, goodbye, signal)
        }
        await link.close(signal)
      })
    } catch (error) {
      link.abort(new OperationError('closed', `a connection that is not kept: ${goodbye.code}`, { cause: error }))
    }
  }

  #onOpen (conversation: Conversation): void {
    for (const waiter of this.#waiters.get(conversation.peerId) ?? []) {
      waiter.resolve(conversation)
    }
    this.#tell(observer => observer.opened?.(conversation))
  }

  #onEnd (conversation: Conversation, end: SessionEnd): void {
    this.#leaving.delete(conversation)
    if (this.#conversations.get(conversation.peerId) === conversation) {
      this.#conversations.delete(conversation.peerId)
      // A duplicate's rival is on its way: its own end, or the signal of whoever waits, settles the matter
      if (end.code !== 'duplicate') {
        this.#reject(conversation.peerId, end)
      }
    }
    this.#tell(observer => conversation.wasOpen ? observer.closed?.(conversation, end) : observer.failed?.(conversation, end))
  }

  #reject (peerId: PeerIdText, end: SessionEnd): void {
    for (const waiter of this.#waiters.get(peerId) ?? []) {
      waiter.reject(connectError(end))
    }
  }

  #tell (what: (observer: NetworkObserver) => void): void {
    for (const observer of [...this.#observers]) {
      what(observer)
    }
  }
}

/** A newcomer as those see it who give out slots. */
function holderOf ({ link, class: connectionClass }: Newcomer): SlotHolder {
  return { peerId: link.remotePeer, address: link.address, direction: link.direction, class: connectionClass }
}

/** What a dialler is told of an attempt that ended before `verack`. */
function connectError (end: SessionEnd): Error {
  if (end.fault?.name === 'PeerFault') {
    return end.fault
  }
  switch (end.code) {
    case 'timeout':
      return new OperationError('timeout', 'no handshake in time')
    case 'wrong-network':
      return new OperationError('wrong-network', 'the peer is of another network')
    case 'self':
      return new OperationError('self', 'connected to ourselves')
    case 'lost':
      return new OperationError('unreachable', 'the connection broke during the handshake', { cause: end.fault })
    default:
      return new OperationError('refused', `${end.remote ? 'the peer' : 'we'} refused: ${end.code}`)
  }
}
