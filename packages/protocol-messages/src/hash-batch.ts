import { nativeSha256d } from './hash.ts'
import { HASH_BYTES } from './numbers.ts'
import { CHUNK_BYTES, createLanes, LANE_STRIDE_BYTES, LANES } from './sha256-lanes.ts'

/** Longer messages are hashed one by one in native code. As many chunks as a lane has room for. */
const MAX_CHUNKS = 16

/** A message alone, with three lanes idle, is faster than two calls of native code up to this many chunks. Measured. */
const MAX_LONELY_CHUNKS = 2

/** Padding of SHA-256: a one bit, zeros, and the length in bits in 8 bytes. */
const MIN_PADDING_BYTES = 9

/** Behind the lanes. */
const OUTPUT = LANES * LANE_STRIDE_BYTES

const { run, memory } = createLanes()

/** A message to hash: one piece, or several that follow each other. */
export type Message = Uint8Array | readonly Uint8Array[]

/**
 * SHA-256 of SHA-256 of many messages: short ones of the same number of chunks four at a time.
 *
 * @param message - gives each message by its number; must not hash others meanwhile
 * @returns the hashes, 32 bytes each, one after the other
 */
export function sha256dEach (count: number, message: (index: number) => Message): Uint8Array {
  const hashes = new Uint8Array(HASH_BYTES * count)
  /** Which messages wait in the lanes, by their number of chunks */
  const waiting: number[][] = []
  for (let index = 0; index < count; index++) {
    const bytes = message(index)
    const chunks = Math.ceil((lengthOf(bytes) + MIN_PADDING_BYTES) / CHUNK_BYTES)
    if (chunks > MAX_CHUNKS) {
      hashes.set(nativeSha256d(whole(bytes)), HASH_BYTES * index)
    } else {
      const group = waiting[chunks] ??= []
      stage(bytes, LANE_STRIDE_BYTES * group.length + slotOf(chunks), chunks)
      group.push(index)
      if (group.length === LANES) {
        finish(group, chunks, hashes)
      }
    }
  }
  waiting.forEach((group, chunks) => {
    if (group.length > 0) {
      finish(group, chunks, hashes)
    }
  })
  return hashes
}

/** SHA-256 of SHA-256: Bitcoin's hash of headers, transactions and Merkle nodes. */
export function sha256d (bytes: Uint8Array): Uint8Array {
  const chunks = Math.ceil((bytes.length + MIN_PADDING_BYTES) / CHUNK_BYTES)
  if (chunks > MAX_LONELY_CHUNKS) {
    return nativeSha256d(bytes)
  }
  stage(bytes, slotOf(chunks), chunks)
  run(slotOf(chunks), chunks, OUTPUT)
  return memory.slice(OUTPUT, OUTPUT + HASH_BYTES)
}

/** A message in one piece. */
export function whole (message: Message): Uint8Array {
  if (message instanceof Uint8Array) {
    return message
  }
  const bytes = new Uint8Array(lengthOf(message))
  let at = 0
  for (const part of message) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Writes a message into its lane, padded. */
function stage (message: Message, start: number, chunks: number): void {
  let end = start
  if (message instanceof Uint8Array) {
    memory.set(message, end)
    end += message.length
  } else {
    for (const part of message) {
      memory.set(part, end)
      end += part.length
    }
  }
  const bits = 8 * (end - start)
  const last = start + CHUNK_BYTES * chunks
  memory.fill(0, end + 1, last - 2)
  memory[end] = 0x80
  memory[last - 2] = bits >>> 8
  memory[last - 1] = bits
}

/** Hashes what waits, be it less than the lanes hold, and takes the hashes out. */
function finish (group: number[], chunks: number, hashes: Uint8Array): void {
  run(slotOf(chunks), chunks, OUTPUT)
  for (const [lane, index] of group.entries()) {
    hashes.set(memory.subarray(OUTPUT + HASH_BYTES * lane, OUTPUT + HASH_BYTES * (lane + 1)), HASH_BYTES * index)
  }
  group.length = 0
}

/** Messages of different numbers of chunks wait side by side. */
function slotOf (chunks: number): number {
  return CHUNK_BYTES * chunks * (chunks - 1) / 2
}

function lengthOf (message: Message): number {
  if (message instanceof Uint8Array) {
    return message.length
  }
  let sizeBytes = 0
  for (const part of message) {
    sizeBytes += part.length
  }
  return sizeBytes
}
