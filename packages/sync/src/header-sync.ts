import { OperationError, PeerFault } from '@peerwright/core'
import type { BlockHeader, PeerSession } from '@peerwright/interface'
import { decodeHeaders, encodeGetHeaders, MAX_HEADERS, messageType } from '@peerwright/protocol-messages'
import { HEADERS_OVERHEAD_BYTES, MAX_HELD_HEADER_BYTES } from './constants.ts'
import type { SyncSetting } from './options.ts'

const GETHEADERS = messageType('getheaders')
const HEADERS = messageType('headers')

/** How a round with one leader ended. */
export type LeadResult =
  /** Headers were taken; `more` when the answer was full */
  | { readonly status: 'progress', readonly added: number, readonly more: boolean }
  /** The answer had nothing new, though the peer's tip promises more */
  | { readonly status: 'empty' }
  /** Its branch ends below the minimum work, or more had to be held than is allowed */
  | { readonly status: 'low-work' }
  /** The chain refused the headers */
  | { readonly status: 'invalid', readonly reason: string }

/**
 * Headers from one leader, message by message. While their branch has less than the minimum work, they are held here and not
 * given to the chain.
 */
export class HeaderRound {
  readonly #setting: SyncSetting
  readonly #session: PeerSession
  readonly #signal: AbortSignal
  #held: BlockHeader[] = []
  #heldBytes = 0
  #heldWork = 0n

  constructor (setting: SyncSetting, session: PeerSession, signal: AbortSignal) {
    this.#setting = setting
    this.#session = session
    this.#signal = signal
  }

  /**
   * Asks once.
   *
   * @throws OperationError when the request fails
   */
  async next (): Promise<LeadResult> {
    const headers = await this.#ask()
    const more = headers.length === MAX_HEADERS
    if (headers.length === 0) {
      return this.#held.length > 0 ? { status: 'low-work' } : { status: 'empty' }
    }
    const { chain, minimumChainWork } = this.#setting
    if (this.#held.length === 0 && chain.headerTip().work >= minimumChainWork) {
      return await this.#offer(headers, more)
    }
    return await this.#hold(headers, more)
  }

  async #hold (headers: BlockHeader[], more: boolean): Promise<LeadResult> {
    const { chain, minimumChainWork } = this.#setting
    const first = headers[0]
    if (first !== undefined && this.#held.length === 0) {
      const parent = chain.point(first.parent)
      if (parent === undefined) {
        return { status: 'invalid', reason: 'the headers do not connect to what we have' }
      }
      this.#heldWork = parent.work
    } else if (first?.parent !== this.#held.at(-1)?.id) {
      return { status: 'invalid', reason: 'the headers do not connect to those before them' }
    }
    for (const header of headers) {
      this.#held.push(header)
      this.#heldBytes += header.bytes.length
      this.#heldWork += header.work
    }
    if (this.#heldWork >= minimumChainWork) {
      const all = this.#held
      this.#held = []
      this.#heldBytes = 0
      return await this.#offer(all, more)
    }
    return !more || this.#heldBytes > MAX_HELD_HEADER_BYTES ? { status: 'low-work' } : { status: 'progress', added: 0, more }
  }

  async #offer (headers: readonly BlockHeader[], more: boolean): Promise<LeadResult> {
    let added = 0
    for (let at = 0; at < headers.length; at += MAX_HEADERS) {
      const verdict = await this.#setting.chain.acceptHeaders(headers.slice(at, at + MAX_HEADERS))
      if (verdict.status !== 'valid') {
        const reason = verdict.status === 'invalid' ? verdict.reason : 'the headers do not connect to what we have'
        return { status: 'invalid', reason }
      }
      added += verdict.added
    }
    return added === 0 ? { status: 'empty' } : { status: 'progress', added, more }
  }

  async #ask (): Promise<BlockHeader[]> {
    const { chain, protocolVersion, headerLeaderTimeoutMs } = this.#setting
    const last = this.#held.at(-1)
    const locator = last === undefined ? chain.locator() : [last.id, ...chain.locator().slice(0, 100)]
    const maxBytes = HEADERS_OVERHEAD_BYTES + MAX_HEADERS * (chain.codec.maxSizeBytes + 1)
    let headers: BlockHeader[] | undefined
    const end = await this.#session.request(
      GETHEADERS,
      encodeGetHeaders({ protocolVersion, locator: locator.map(id => chain.codec.idToBytes(id)) }),
      {
        maxBytes,
        expectedBytes: maxBytes,
        idleTimeoutMs: headerLeaderTimeoutMs,
        signal: this.#signal,
        onFrame: (type, payload) => {
          if (type !== HEADERS || headers !== undefined) {
            throw new PeerFault('unrequested', 'an answer to getheaders that is not one headers message')
          }
          headers = decodeHeaders(payload, chain.codec)
        }
      }
    )
    if (headers === undefined && end === 'busy') {
      throw new OperationError('busy', 'the peer has no time for headers')
    }
    return headers ?? []
  }
}
