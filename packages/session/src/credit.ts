import { CREDIT_PRODUCTS, MAX_CREDIT_BLOCKS, MIN_CREDIT_BYTES, RATE_WINDOW_MS } from './constants.ts'

/**
 * How many bytes of bulk answers may be outstanding at one peer: max(2 x bandwidth-delay product, two blocks of the size that
 * the peer sends, 320 KiB), at most 16 of the largest blocks (DESIGN, "Streams and frames"). What is outstanding is what a live
 * message waits behind on a slow link; the network's largest block as the floor would make that 1.6 s at 20 Mbit/s. Whoever
 * asks may always ask for one block of an idle peer.
 *
 * The bandwidth is the best of the last measured windows in which answers were outstanding; a window in which we asked for
 * too little says nothing and is not counted.
 */
export class Credit {
  readonly #maxBlockBytes: number
  #windowStartMs: number | undefined
  #windowBytes = 0
  #frameBytes = 0
  #bytesPerSecond: number | undefined

  /** @param maxBlockBytes - the largest block of the network */
  constructor (maxBlockBytes: number) {
    this.#maxBlockBytes = maxBlockBytes
  }

  /** Measured rate of answers in bytes per second, once there is one */
  get bytesPerSecond (): number | undefined {
    return this.#bytesPerSecond
  }

  /** Bytes of answers arrived while `outstanding` more are awaited. */
  received (bytes: number, nowMs: number, outstandingBytes: number): void {
    this.#frameBytes += (bytes - this.#frameBytes) / 8
    if (this.#windowStartMs === undefined) {
      this.#windowStartMs = nowMs
      this.#windowBytes = 0
      return
    }
    this.#windowBytes += bytes
    const elapsedMs = nowMs - this.#windowStartMs
    if (elapsedMs >= RATE_WINDOW_MS || outstandingBytes <= 0) {
      this.#endWindow(elapsedMs)
      this.#windowStartMs = outstandingBytes > 0 ? nowMs : undefined
    }
  }

  #endWindow (elapsedMs: number): void {
    const windowBytes = this.#windowBytes
    this.#windowBytes = 0
    // Shorter windows measure the burst of one buffer, not the link
    if (elapsedMs < RATE_WINDOW_MS / 10) {
      return
    }
    const rate = windowBytes * 1000 / elapsedMs
    const known = this.#bytesPerSecond
    // Rises at once, falls by an eighth a window: one slow window must not starve a fast link
    this.#bytesPerSecond = known === undefined || rate > known ? rate : known - (known - rate) / 8
  }

  /**
   * Bytes that may be asked for now.
   *
   * @param minRttMs - smallest round trip seen; undefined before the first pong
   */
  available (outstandingBytes: number, minRttMs: number | undefined): number {
    const product = minRttMs === undefined || this.#bytesPerSecond === undefined ? 0 : this.#bytesPerSecond * minRttMs / 1000
    const floor = Math.min(this.#maxBlockBytes, Math.max(MIN_CREDIT_BYTES, 2 * this.#frameBytes))
    const limit = Math.min(MAX_CREDIT_BLOCKS * this.#maxBlockBytes, Math.max(CREDIT_PRODUCTS * product, floor))
    return Math.max(0, Math.floor(limit) - outstandingBytes)
  }
}
