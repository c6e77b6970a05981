import { type CipherState, TAG_BYTES } from './cipher-state.ts'
import { LENGTH_BYTES, MAX_RECORD_BYTES } from './record-format.ts'

/** Plaintext of the longest record. */
const MAX_PLAINTEXT_BYTES = MAX_RECORD_BYTES - TAG_BYTES

/** Pieces that are shorter on the average are put together before they are encrypted. Measured: a call of the cipher costs as much as copying 2 KiB. */
const SHORT_PIECE_BYTES = 2_048

/** Where pieces are put together; free again when the call that fills it ends. */
const SCRATCH = Buffer.allocUnsafeSlow(MAX_PLAINTEXT_BYTES)

/** Gathers what is sent into records: small writes share one, and its cipher call, its tag and its way through the socket. */
export class RecordWriter {
  readonly #cipher: CipherState
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor (cipher: CipherState) {
    this.#cipher = cipher
  }

  /** Bytes that wait */
  get bytes (): number {
    return this.#bytes
  }

  /** Whether they fill the longest record */
  get full (): boolean {
    return this.#bytes === MAX_PLAINTEXT_BYTES
  }

  /** Takes as much of a piece as there is room for. @returns how much that is */
  add (piece: Uint8Array): number {
    const taken = piece.subarray(0, MAX_PLAINTEXT_BYTES - this.#bytes)
    if (taken.length > 0) {
      this.#pieces.push(taken)
      this.#bytes += taken.length
    }
    return taken.length
  }

  /** The record of all that waits, its length before it. @param memory - for the longest record, where the caller has some */
  take (memory?: Uint8Array): Uint8Array {
    const length = this.#bytes + TAG_BYTES
    const out = memory?.subarray(0, LENGTH_BYTES + length) ?? Buffer.allocUnsafe(LENGTH_BYTES + length)
    out[0] = length >>> 8
    out[1] = length & 0xff
    this.#cipher.encryptInto(out.subarray(LENGTH_BYTES), this.#inFewPieces())
    this.#pieces = []
    this.#bytes = 0
    return out
  }

  #inFewPieces (): readonly Uint8Array[] {
    if (this.#pieces.length < 2 || this.#bytes >= SHORT_PIECE_BYTES * this.#pieces.length) {
      return this.#pieces
    }
    let offset = 0
    for (const piece of this.#pieces) {
      SCRATCH.set(piece, offset)
      offset += piece.length
    }
    return [SCRATCH.subarray(0, offset)]
  }
}
