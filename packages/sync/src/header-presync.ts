import { PeerFault, type Random } from '@peerwright/core'
import type { BlockHeader, ChainPoint, HeaderCodec } from '@peerwright/interface'
import { COMMITMENT_PERIOD, MIN_REDOWNLOAD_BUFFER_HEADERS, REDOWNLOAD_BUFFER_BYTES, REDOWNLOAD_BUFFER_HEADERS } from './constants.ts'
import { HeaderBuffer } from './header-buffer.ts'
import { HeaderCommitments } from './header-commitments.ts'

/** What is to be done after a message of headers. */
export type PresyncStep =
  /** Ask for what follows. `messages` may be stored: enough of what followed them is the same as the first time */
  | { readonly status: 'more', readonly messages: readonly Uint8Array[] }
  /** There is work enough, but the headers are no longer here: ask for them again, from the start */
  | { readonly status: 'again', readonly messages: readonly [] }
  /** There is work enough: `messages`, and then the one that was just looked at, may be stored */
  | { readonly status: 'enough', readonly messages: readonly Uint8Array[] }
  /** More headers than any chain has; or more than are held, of a chain whose headers do not prove their work */
  | { readonly status: 'endless' }

/** What a presync begins with. */
export interface PresyncParts {
  /** The last block of ours that the branch stands on */
  readonly start: ChainPoint
  /** Work that the branch must have before anything of it is stored */
  readonly requiredWork: bigint
  readonly codec: HeaderCodec
  readonly random: Random
}

/**
 * Looks at the headers of a branch that has too little work so far, without storing any (Bitcoin Core, headerssync.cpp). The first
 * are held; when there are too many they are dropped, and of every 641 headers one salted bit is kept. Once the
 * branch shows enough work it is asked for again: headers are given out to be stored when 15,218 behind them have come, whose
 * bits agree. Who sends other headers the second time is caught before one of them is stored, but for one time in fourteen million.
 */
export class HeaderPresync {
  readonly #parts: PresyncParts
  readonly #bufferHeaders: number
  readonly #commitments: HeaderCommitments
  readonly #held = new HeaderBuffer()
  /** Whether the headers come for the second time */
  #again = false
  #overflowed = false
  /** Where there was work enough the first time */
  #reachedHeight = 0
  #height: number
  #work: bigint

  constructor (parts: PresyncParts) {
    this.#parts = parts
    // Headers may be longer than Bitcoin's: as many bytes then, and bits as much denser as there are fewer headers
    this.#bufferHeaders = Math.min(REDOWNLOAD_BUFFER_HEADERS, Math.max(MIN_REDOWNLOAD_BUFFER_HEADERS, Math.floor(REDOWNLOAD_BUFFER_BYTES / (parts.codec.maxSizeBytes + 1))))
    const period = Math.floor(COMMITMENT_PERIOD * this.#bufferHeaders / REDOWNLOAD_BUFFER_HEADERS)
    this.#commitments = new HeaderCommitments(parts.start, period, parts.random)
    this.#height = parts.start.height
    this.#work = parts.start.work
  }

  /** Where the branch begins */
  get start (): ChainPoint {
    return this.#parts.start
  }

  /** How far it was looked at, be it for the first or the second time */
  get height (): number {
    return this.#height
  }

  /** Bytes that are held for it */
  get heldBytes (): number {
    return this.#held.sizeBytes + this.#commitments.sizeBytes
  }

  /**
   * Looks at one message, whose first header is the child of the last one looked at, or of the start. Each header proves its work.
   *
   * @throws PeerFault `headers-changed` when they are not those of the first time
   */
  take (headers: readonly BlockHeader[]): PresyncStep {
    const { codec, requiredWork } = this.#parts
    for (const header of headers) {
      const bytes = (): Uint8Array => codec.idToBytes(header.id)
      this.#height++
      this.#work += header.work
      if (this.#again) {
        // The same headers have enough work where they had it the first time: behind that nothing was committed to
        if (this.#height > this.#reachedHeight || !this.#commitments.matches(this.#height, bytes)) {
          throw new PeerFault('headers-changed', `the header at height ${this.#height} is another one than the first time`)
        }
      } else if (!this.#commitments.add(this.#height, bytes)) {
        return { status: 'endless' }
      }
      if (this.#work >= requiredWork) {
        return this.#enough()
      }
    }
    return this.#hold(headers)
  }

  #enough (): PresyncStep {
    if (!this.#again && this.#overflowed) {
      this.#again = true
      this.#reachedHeight = this.#height
      this.#height = this.start.height
      this.#work = this.start.work
      return { status: 'again', messages: [] }
    }
    return { status: 'enough', messages: this.#held.release(0) }
  }

  #hold (headers: readonly BlockHeader[]): PresyncStep {
    for (const header of headers) {
      if (this.#overflowed && !this.#again) {
        break
      }
      this.#held.add(header)
      if (!this.#again && this.#held.headers > this.#bufferHeaders) {
        if (this.#parts.codec.provesWork === undefined) {
          return { status: 'endless' }
        }
        this.#overflowed = true
        this.#held.clear()
      }
    }
    return { status: 'more', messages: this.#again ? this.#held.release(this.#bufferHeaders) : [] }
  }
}
