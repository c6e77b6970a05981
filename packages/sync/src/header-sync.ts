import { OperationError, PeerFault } from '@peerwright/core'
import type { BlockHeader, BlockId, ChainPoint } from '@peerwright/interface'
import { decodeHeaders, encodeGetHeaders, MAX_HEADERS, MAX_LOCATOR, messageType } from '@peerwright/protocol-messages'
import {
  HEADERS_OVERHEAD_BYTES, LOW_WORK_MARGIN_BLOCKS, MAX_PRESYNC_HEADERS, PRESYNC_BASE_MS, PRESYNC_HEADER_MS
} from './constants.ts'
import { HeaderPresync } from './header-presync.ts'
import type { SyncSetting } from './options.ts'
import type { SyncPeer } from './peers.ts'

const GETHEADERS = messageType('getheaders')
const HEADERS = messageType('headers')

/** How a round with one leader ended. */
export type RoundEnd =
  /** All that it promised is here, or somebody else is to lead */
  | { readonly status: 'done' }
  /** An answer had nothing new, though the peer's tip promises more */
  | { readonly status: 'empty' }
  /** It has no time for us, and would rather not be asked for this long */
  | { readonly status: 'busy', readonly retryAfterSeconds: number }
  /** Its branch ends below the minimum work, or does not end */
  | { readonly status: 'low-work' }
  /** No answer, or the session is gone */
  | { readonly status: 'lost', readonly error: OperationError }
  /** Our own chain could not take headers: nobody's fault but ours */
  | { readonly status: 'chain-failed', readonly error: unknown }

/** What a round asks and tells. */
export interface RoundParts {
  readonly setting: SyncSetting
  readonly peer: SyncPeer
  /** Whether the peer is to be asked for more, once there is all up to `cursor` */
  readonly mayGoOn: (cursor: ChainPoint) => boolean
  /** Headers came whose branch has too little work so far */
  readonly onLooked: (headers: number) => void
  /** The chain took headers, of which `added` were new */
  readonly onAdded: (added: number) => void
  /** The chain refused a header */
  readonly onInvalid: (reason: string) => void
}

/**
 * Headers from one leader, message by message. The next is asked for as soon as the last header of one is known, so that it
 * travels while the chain works; no further is read meanwhile. While their branch has too little work, headers are looked at here
 * and not given to the chain.
 */
export class HeaderRound {
  readonly #parts: RoundParts
  readonly #controller = new AbortController()
  #next: Promise<RoundEnd | 'more'> | undefined
  #cursor: ChainPoint | undefined
  #presync: HeaderPresync | undefined
  /** Since when its branches have had too little work */
  #presyncMs: number | undefined
  #progressMs: number

  constructor (parts: RoundParts) {
    this.#parts = parts
    this.#progressMs = parts.setting.clock.monotonic()
  }

  /** Who leads */
  get peer (): SyncPeer {
    return this.#parts.peer
  }

  /** When it last came nearer to its tip */
  get progressMs (): number {
    return this.#progressMs
  }

  /** How far a branch of too little work was looked at; 0 where there is none */
  get presyncHeight (): number {
    return this.#presync?.height ?? 0
  }

  /** Whether its branch has had too little work for longer than so many headers take. */
  isEndless (nowMs: number): boolean {
    const promised = Math.min(this.peer.session.facts.tip?.height ?? 0, MAX_PRESYNC_HEADERS)
    return this.#presync !== undefined && nowMs - (this.#presyncMs ?? nowMs) >= PRESYNC_BASE_MS + PRESYNC_HEADER_MS * promised
  }

  /** Withdraws what is asked. */
  stop (): void {
    this.#controller.abort()
  }

  /** Asks until the peer has no more, somebody else is to lead, or it fails. Never rejects. */
  async run (): Promise<RoundEnd> {
    this.#next = this.#ask()
    let end: RoundEnd | 'more' = 'more'
    while (end === 'more') {
      const asked: Promise<RoundEnd | 'more'> | undefined = this.#next
      this.#next = undefined
      end = asked === undefined ? { status: 'done' } : await asked
    }
    this.stop()
    return end
  }

  async #ask (): Promise<RoundEnd | 'more'> {
    const { setting: { chain, protocolVersion, headerLeaderTimeoutMs }, peer } = this.#parts
    const maxBytes = HEADERS_OVERHEAD_BYTES + MAX_HEADERS * (chain.codec.maxSizeBytes + 1)
    const locator = this.#locator().map(id => chain.codec.idToBytes(id))
    let outcome: RoundEnd | 'more' | undefined
    try {
      const { end, retryAfterSeconds = 0 } = await peer.session.request(GETHEADERS, encodeGetHeaders({ protocolVersion, locator }), {
        maxBytes,
        expectedBytes: maxBytes,
        idleTimeoutMs: headerLeaderTimeoutMs,
        signal: this.#controller.signal,
        onFrame: async (type, payload) => {
          if (type !== HEADERS || outcome !== undefined) {
            throw new PeerFault('unrequested', 'an answer to getheaders that is not one headers message')
          }
          outcome = 'more'
          outcome = await this.#onHeaders(payload)
        }
      })
      return outcome ?? (end === 'busy' ? { status: 'busy', retryAfterSeconds } : this.#nothingNew())
    } catch (error) {
      if (error instanceof OperationError) {
        return { status: 'lost', error }
      }
      throw error
    }
  }

  async #onHeaders (payload: Uint8Array): Promise<RoundEnd | 'more'> {
    const { setting: { chain, clock, random }, mayGoOn, onLooked } = this.#parts
    const headers = decodeHeaders(payload, chain.codec)
    const parent = this.#parentOf(headers)
    const last = this.#cursor
    const cursor = parent === undefined ? undefined : pointAfter(parent, headers)
    if (parent === undefined || cursor === undefined || (last !== undefined && cursor.work <= last.work)) {
      return this.#nothingNew()
    }
    const requiredWork = this.#requiredWork()
    if (this.#presync !== undefined || parent.work < requiredWork) {
      this.#checkWork(headers)
    }
    this.#cursor = cursor
    this.#progressMs = clock.monotonic()
    if (this.#presync === undefined && cursor.work < requiredWork) {
      this.#presync = new HeaderPresync({ start: parent, requiredWork, codec: chain.codec, random })
      this.#presyncMs ??= this.#progressMs
    }
    const step = this.#presync?.take(headers) ?? { status: 'enough', messages: [] }
    if (step.status === 'endless') {
      return { status: 'low-work' }
    }
    if (step.status !== 'enough') {
      onLooked(headers.length)
      this.#cursor = step.status === 'again' ? this.#presync?.start : cursor
      this.#next = this.#ask()
      return await this.#giveAll(step.messages)
    }
    this.#presync = undefined
    if (mayGoOn(cursor)) {
      this.#next = this.#ask()
    }
    const end = await this.#giveAll(step.messages)
    return end === 'more' ? await this.#give(headers) : end
  }

  async #giveAll (messages: readonly Uint8Array[]): Promise<RoundEnd | 'more'> {
    for (const message of messages) {
      const end = await this.#give(decodeHeaders(message, this.#parts.setting.chain.codec))
      if (end !== 'more') {
        return end
      }
    }
    return 'more'
  }

  async #give (headers: readonly BlockHeader[]): Promise<RoundEnd | 'more'> {
    const { setting: { chain }, peer, onAdded, onInvalid } = this.#parts
    if (this.#controller.signal.aborted) {
      // Whoever has stopped us may have closed the chain as well
      return { status: 'done' }
    }
    try {
      const verdict = await chain.acceptHeaders(headers)
      if (verdict.status === 'valid') {
        // Only what the chain has is where to go on later
        peer.cursor = verdict.last
        onAdded(verdict.added)
        return 'more'
      }
      const reason = verdict.status === 'invalid' ? verdict.reason : 'its parent is not known'
      onInvalid(reason)
      throw new PeerFault('invalid-header', 'a header that breaks a rule of the chain')
    } catch (error) {
      if (error instanceof PeerFault) {
        throw error
      }
      return { status: 'chain-failed', error }
    }
  }

  /** Whoever could claim any work for nothing would have cheap headers stored for the sake of one that claims to be dear. */
  #checkWork (headers: readonly BlockHeader[]): void {
    const { codec } = this.#parts.setting.chain
    if (headers.some(header => codec.provesWork?.(header) === false)) {
      throw new PeerFault('no-proof-of-work', 'a header that does not prove its work')
    }
  }

  /** What the first of them stands on; undefined when there are none. */
  #parentOf ([first]: readonly BlockHeader[]): ChainPoint | undefined {
    if (first === undefined || first.parent === this.#cursor?.id) {
      return first === undefined ? undefined : this.#cursor
    }
    const parent = this.#parts.setting.chain.point(first.parent)
    if (parent === undefined) {
      throw new PeerFault('headers-unconnected', 'headers that do not connect to what was asked for')
    }
    if (this.#presync !== undefined) {
      // Another branch than before: what is known of that one is of no use
      this.#cursor = undefined
      this.#presync = undefined
    }
    return parent
  }

  #nothingNew (): RoundEnd {
    return this.#presync === undefined ? { status: 'empty' } : { status: 'low-work' }
  }

  /** Work that a branch must have before its headers are stored. */
  #requiredWork (): bigint {
    const { chain, minimumChainWork } = this.#parts.setting
    const tip = chain.headerTip()
    const below = chain.ancestor(tip.id, Math.max(0, tip.height - LOW_WORK_MARGIN_BLOCKS))
    const marginWork = (below === undefined ? undefined : chain.point(below)?.work) ?? 0n
    return marginWork > minimumChainWork ? marginWork : minimumChainWork
  }

  /** Where we stand, highest first: our own best chain, and where this peer's branch was left. */
  #locator (): BlockId[] {
    const { setting: { chain }, peer } = this.#parts
    if (this.#presync !== undefined) {
      // The branch that is looked at, and no other
      return [...new Set([this.#cursor?.id ?? this.#presync.start.id, this.#presync.start.id, chain.genesis])]
    }
    const points = [this.#cursor, peer.cursor, ...chain.locator().map(id => chain.point(id))].filter(point => point !== undefined)
    const ids = new Set(points.sort((a, b) => b.height - a.height).map(({ id }) => id))
    // The last one, genesis, is never left out
    return [...[...ids].slice(0, MAX_LOCATOR - 1), ...[...ids].slice(MAX_LOCATOR - 1).slice(-1)]
  }
}

/** Where headers lead to from their parent. */
function pointAfter (parent: ChainPoint, headers: readonly BlockHeader[]): ChainPoint {
  const work = headers.reduce((sum, header) => sum + header.work, parent.work)
  return { id: headers.at(-1)?.id ?? parent.id, height: parent.height + headers.length, work }
}
