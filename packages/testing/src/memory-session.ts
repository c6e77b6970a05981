import { type NetAddress, OperationError, PeerFault, type Timer } from '@peerwright/core'
import type {
  BulkReply, ChannelFacts, ConnectionClass, Goodbye, PeerFacts, PeerIdText, PeerSession, RemoteVersion, RequestAnswer, RequestOptions, SessionEnd, VersionNonces
} from '@peerwright/interface'
import { messageByType, payloadLimit } from '@peerwright/protocol-messages'
import type { MemoryNetwork } from './memory-network.ts'

/** Requests of one session that may be unanswered at a time (REQUIREMENTS 5.3, 2). */
const MAX_UNANSWERED_REQUESTS = 2

interface Asked {
  readonly type: number
  readonly payload: Uint8Array
  readonly options: RequestOptions
  readonly resolve: (answer: RequestAnswer) => void
  readonly reject: (error: Error) => void
  /** Since when it waits for its turn, then for its answer */
  sinceMs: number
  receivedBytes: number
  withdrawn: boolean
}

/** What one end of a session has that the other has not, or has the other way round. */
export interface MemoryEnd {
  readonly direction: 'inbound' | 'outbound'
  readonly address: NetAddress
  readonly nonces: VersionNonces
  readonly channelBinding?: Uint8Array
}

/** One end of a session in memory. The other end is another object of this class. */
export class MemorySession implements PeerSession {
  readonly peerId: PeerIdText
  readonly direction: 'inbound' | 'outbound'
  readonly class: ConnectionClass
  readonly address: NetAddress
  readonly remote: RemoteVersion
  readonly channel: ChannelFacts
  readonly nonces: VersionNonces
  readonly facts: PeerFacts
  readonly #local: MemoryNetwork
  #other: MemorySession | undefined
  #end: SessionEnd | undefined
  #arrival: Promise<void> = Promise.resolve()
  #serving: Promise<void> = Promise.resolve()
  #busyUntilMs = 0
  #lastByteMs = 0
  #idle: Timer | undefined
  readonly #asked: Asked[] = []
  readonly #waiting: Asked[] = []
  /** While set, this end answers no request: a peer that stalls */
  frozen = false

  constructor (local: MemoryNetwork, remote: MemoryNetwork, connectionClass: ConnectionClass, end: MemoryEnd) {
    const { clock, latencyMs } = local.hub.options
    this.#local = local
    this.peerId = remote.localPeer
    this.class = connectionClass
    this.direction = end.direction
    this.address = end.address
    this.nonces = end.nonces
    this.channel = { protocol: '/memory', kex: 'none', pq: false, pqAuth: false, peerCertified: false, ...(end.channelBinding === undefined ? {} : { channelBinding: end.channelBinding }) }
    const { startHeight, services } = remote.version
    this.remote = { protocolVersion: 1, services, userAgent: '/memory/', startHeight, chainWork: 0n, features: [] }
    this.facts = { openedMs: clock.monotonic(), bytesIn: 0, bytesOut: 0, rttMs: 2 * latencyMs, minRttMs: 2 * latencyMs }
  }

  /** Joins both ends. */
  join (other: MemorySession): void {
    this.#other = other
    other.#other = this
  }

  get open (): boolean {
    return this.#end === undefined
  }

  send (type: number, payload: Uint8Array): boolean {
    if (!this.open) {
      return false
    }
    this.facts.bytesOut += payload.length
    this.#deliver(other => other.#onLive(type, payload))
    return true
  }

  bulkCredit (): number {
    const outstanding = [...this.#asked, ...this.#waiting].reduce((sum, asked) => sum + Math.max(0, asked.options.expectedBytes - asked.receivedBytes), 0)
    return Math.max(0, this.#local.hub.options.maxBlockBytes - outstanding)
  }

  async request (type: number, payload: Uint8Array, options: RequestOptions): Promise<RequestAnswer> {
    if (options.signal?.aborted === true) {
      throw new OperationError('aborted', 'the request was withdrawn')
    }
    if (!this.open) {
      throw new OperationError('closed', 'the session is not open')
    }
    return await new Promise((resolve, reject) => {
      const sinceMs = this.#local.hub.options.clock.monotonic()
      const asked: Asked = { type, payload, options, resolve, reject, sinceMs, receivedBytes: 0, withdrawn: false }
      options.signal?.addEventListener('abort', () => { this.#withdraw(asked, 'aborted') }, { once: true })
      this.#waiting.push(asked)
      this.#askNext()
    })
  }

  close (goodbye: Goodbye, fault?: Error): Promise<void> {
    if (this.open) {
      const { retryAfterSeconds } = goodbye
      const told = retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
      this.#finish({ code: goodbye.code, remote: false, ...(fault === undefined ? {} : { fault }) })
      this.#deliver(other => { other.#finish({ code: goodbye.code, remote: true, ...told }) })
    }
    return Promise.resolve()
  }

  /** The peer broke a rule. */
  fail (fault: PeerFault): void {
    if (this.open) {
      this.#finish({ code: 'fault', remote: false, fault })
      this.#deliver(other => { other.#finish({ code: 'fault', remote: true }) })
    }
  }

  /** The wire breaks. */
  sever (): void {
    this.#finish({ code: 'lost', remote: true })
    const other = this.#other
    if (other !== undefined) {
      other.#finish({ code: 'lost', remote: true })
    }
  }

  #finish (end: SessionEnd): void {
    if (this.open) {
      this.#end = end
      for (const asked of [...this.#asked.splice(0), ...this.#waiting.splice(0)]) {
        asked.reject(new OperationError('closed', 'the session is closed'))
      }
      this.#idle?.cancel()
      this.#local.ended(this, end)
    }
  }

  /** Hands something to the other end, after the latency and in order. */
  #deliver (what: (other: MemorySession) => void | Promise<void>): void {
    const other = this.#other
    const { clock, latencyMs } = this.#local.hub.options
    const arrived = new Promise<void>(resolve => { clock.schedule(latencyMs, resolve) })
    if (other !== undefined) {
      other.#arrival = other.#arrival.then(async () => {
        await arrived
        await other.#local.guard(other, async () => { await what(other) })
      })
    }
  }

  #onLive (type: number, payload: Uint8Array): void | Promise<void> {
    if (this.open) {
      this.#check(type, payload, 'live')
      return this.#local.owner('live', type)?.live?.[type]?.(this, payload)
    }
  }

  #check (type: number, payload: Uint8Array, stream: 'live' | 'bulk' | 'answer'): void {
    this.facts.bytesIn += payload.length
    const message = messageByType(type)
    if (message !== undefined && message.stream !== stream) {
      throw new PeerFault('wrong-stream', `${message.name} does not travel here`)
    }
    if (payload.length > (payloadLimit(type, this.#local.hub.options.maxBlockBytes) ?? 0)) {
      throw new PeerFault('oversized', 'a message over its limit')
    }
  }

  #askNext (): void {
    while (this.#asked.length < MAX_UNANSWERED_REQUESTS) {
      const asked = this.#waiting.shift()
      if (asked === undefined) {
        break
      }
      asked.sinceMs = this.#local.hub.options.clock.monotonic()
      this.#asked.push(asked)
      this.#deliver(other => { other.#onRequest(asked) })
    }
    this.#watchIdle()
  }

  /** The peer serves one request after the other: only the oldest can be late, be it that it waits behind withdrawn ones. */
  #watchIdle (): void {
    this.#idle?.cancel()
    const oldest = this.#asked.find(asked => !asked.withdrawn) ?? this.#waiting[0]
    if (oldest !== undefined && this.open) {
      const { clock } = this.#local.hub.options
      const deadlineMs = Math.max(this.#lastByteMs, oldest.sinceMs) + oldest.options.idleTimeoutMs
      if (clock.monotonic() >= deadlineMs) {
        this.#withdraw(oldest, 'timeout')
      } else {
        this.#idle = clock.schedule(deadlineMs - clock.monotonic(), () => { this.#watchIdle() })
      }
    }
  }

  #withdraw (asked: Asked, code: 'timeout' | 'aborted'): void {
    asked.withdrawn = true
    const at = this.#waiting.indexOf(asked)
    if (at >= 0) {
      this.#waiting.splice(at, 1)
    }
    asked.reject(new OperationError(code, 'no answer'))
    this.#watchIdle()
  }

  #onRequest (asked: Asked): void {
    this.#check(asked.type, asked.payload, 'bulk')
    this.#serving = this.#serving.then(async () => { await this.#serve(asked) })
  }

  async #serve (asked: Asked): Promise<void> {
    let ended = false
    const reply: BulkReply = {
      send: async (type, payload) => {
        this.#mustBeOpen()
        this.facts.bytesOut += payload.length
        await this.#transmit(payload.length)
        this.#deliver(async other => { await other.#onAnswer(asked, type, payload) })
      },
      end: async (end, retryAfterSeconds = 0) => {
        this.#mustBeOpen()
        ended = true
        this.#deliver(other => { other.#onEnd(asked, end === 'busy' ? { end, retryAfterSeconds } : { end }) })
        await Promise.resolve()
      }
    }
    await this.#local.guard(this, async () => {
      if (!this.frozen) {
        await this.#local.owner('requests', asked.type)?.requests?.[asked.type]?.(this, asked.payload, reply)
        if (!ended) {
          await reply.end('not-found')
        }
      }
    })
  }

  #mustBeOpen (): void {
    if (!this.open) {
      throw new OperationError('closed', 'the session is closed')
    }
  }

  /** Takes as long as the bandwidth makes it. */
  async #transmit (bytes: number): Promise<void> {
    const { clock, bulkBytesPerSecond } = this.#local.hub.options
    if (bulkBytesPerSecond !== undefined) {
      const nowMs = clock.monotonic()
      this.#busyUntilMs = Math.max(nowMs, this.#busyUntilMs) + bytes * 1000 / bulkBytesPerSecond
      await new Promise<void>(resolve => { clock.schedule(this.#busyUntilMs - nowMs, resolve) })
    }
  }

  async #onAnswer (asked: Asked, type: number, payload: Uint8Array): Promise<void> {
    if (!this.open) {
      return
    }
    this.#check(type, payload, 'answer')
    asked.receivedBytes += payload.length
    this.#lastByteMs = this.#local.hub.options.clock.monotonic()
    if (asked.receivedBytes > asked.options.maxBytes) {
      throw new PeerFault('over-credit', 'an answer with more bytes than asked for')
    }
    if (!asked.withdrawn) {
      await asked.options.onFrame(type, payload)
    }
  }

  #onEnd (asked: Asked, answer: RequestAnswer): void {
    this.#lastByteMs = this.#local.hub.options.clock.monotonic()
    const at = this.#asked.indexOf(asked)
    if (at >= 0) {
      this.#asked.splice(at, 1)
      asked.resolve(answer)
      this.#askNext()
    }
  }
}
