import { OP, SIMD, WasmWriter } from './wasm-writer.ts'

// SHA-256 (FIPS 180-4), twice, of four messages at once: each 32-bit lane of a vector belongs to one of them. Written as a
// WebAssembly kernel because a call of node:crypto costs more than the hash of a transaction (docs/benchmarks.md, "Hashing").

/** As much of WebAssembly as is used: its types come with those of browsers only. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: { readonly run: HashLanes, readonly memory: { readonly buffer: ArrayBuffer } } }
}

/** Messages hashed at once. */
export const LANES = 4

/** Bytes of a chunk, SHA-256's unit of work. */
export const CHUNK_BYTES = 64

/** From one lane's memory to the next, in bytes. Chosen: holds messages of 1 to 16 chunks side by side, four times in a page. */
export const LANE_STRIDE_BYTES = 8_704

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const ROUND_CONSTANTS = firstPrimes(64).map(prime => fraction(Math.cbrt(prime)))

/** The same of the square roots of the first 8 primes (FIPS 180-4, 5.3.3). */
const INITIAL_STATE = firstPrimes(8).map(prime => fraction(Math.sqrt(prime)))

// Local variables of the kernel: three parameters, then vectors
const INPUT = 0
const CHUNKS = 1
const OUTPUT = 2
const STATE = 3
const WORK = 11
const WORDS = 19
const SUM = 35
const DIFFERENCES = [36, 37] as const
const PARAMETERS = 3
const VECTORS = 35

/**
 * Hashes a message of each lane twice.
 *
 * @param input - where the first lane's message lies in `memory`, padded to whole chunks as SHA-256 wants it; the others follow
 * at `LANE_STRIDE_BYTES`
 * @param chunks - of each message, at least one
 * @param output - where the four hashes go, one after the other
 */
export type HashLanes = (input: number, chunks: number, output: number) => void

/** Makes the kernel and its memory: one page of 64 KiB. */
export function createLanes (): { readonly run: HashLanes, readonly memory: Uint8Array } {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(kernel()))
  return { run: exports.run, memory: new Uint8Array(exports.memory.buffer) }
}

/** A loop over the chunks of the messages, and once more over the hashes. */
function kernel (): Uint8Array<ArrayBuffer> {
  const code = new WasmWriter()
  resetState(code)
  code.block(OP.loop)
  code.op(OP.get, CHUNKS).block(OP.if)
  loadChunk(code)
  code.op(OP.else)
  stateAsMessage(code)
  code.op(OP.end)
  compress(code)
  code.op(OP.get, CHUNKS).op(OP.i32Const, 1).op(OP.i32Subtract).op(OP.tee, CHUNKS)
  code.op(OP.i32Const, 0).op(OP.i32GreaterOrEqual).op(OP.branchIf, 0)
  code.op(OP.end)
  storeState(code)
  return code.toModule(PARAMETERS, VECTORS)
}

function resetState (code: WasmWriter): void {
  for (const [at, word] of INITIAL_STATE.entries()) {
    code.splat(word).op(OP.set, STATE + at)
  }
}

/** The message of the second hash are the 32 bytes of the first, which lie in their lanes already, padded. */
function stateAsMessage (code: WasmWriter): void {
  for (let at = 0; at < 8; at++) {
    code.op(OP.get, STATE + at).op(OP.set, WORDS + at)
  }
  for (let at = 8; at < 16; at++) {
    code.splat(at === 8 ? 0x80000000 : at === 15 ? 256 : 0).op(OP.set, WORDS + at)
  }
  resetState(code)
}

/** Reads 64 bytes of each message and moves on. */
function loadChunk (code: WasmWriter): void {
  for (let quarter = 0; quarter < 4; quarter++) {
    const first = WORDS + 4 * quarter
    for (let lane = 0; lane < LANES; lane++) {
      code.op(OP.get, INPUT).access(SIMD.load, lane * LANE_STRIDE_BYTES + 16 * quarter).op(OP.set, first + lane)
    }
    transpose(code, first)
    for (let word = first; word < first + 4; word++) {
      code.op(OP.get, word)
      swapBytes(code)
      code.op(OP.set, word)
    }
  }
  code.op(OP.get, INPUT).op(OP.i32Const, CHUNK_BYTES).op(OP.i32Add).op(OP.set, INPUT)
}

function storeState (code: WasmWriter): void {
  for (const half of [0, 1]) {
    const first = STATE + 4 * half
    transpose(code, first)
    for (let lane = 0; lane < LANES; lane++) {
      code.op(OP.get, OUTPUT).op(OP.get, first + lane)
      swapBytes(code)
      code.access(SIMD.store, 32 * lane + 16 * half)
    }
  }
}

/** SHA-256's compression (FIPS 180-4, 6.2.2). The work variables trade names instead of values. */
function compress (code: WasmWriter): void {
  for (let at = 0; at < 8; at++) {
    code.op(OP.get, STATE + at).op(OP.set, WORK + at)
  }
  code.op(OP.get, WORK + 1).op(OP.get, WORK + 2).simd(SIMD.xor).op(OP.set, DIFFERENCES[1])
  for (const [round, constant] of ROUND_CONSTANTS.entries()) {
    const named = (at: number): number => WORK + ((at - round + 64) % 8)
    const [a, b, d, e, f, g, h] = [named(0), named(1), named(3), named(4), named(5), named(6), named(7)]
    if (round >= 16) {
      schedule(code, round)
    }
    code.op(OP.get, h).splat(constant).simd(SIMD.add).op(OP.get, WORDS + round % 16).simd(SIMD.add)
    rotations(code, e, [6, 11, 25])
    code.simd(SIMD.add)
    code.op(OP.get, f).op(OP.get, g).op(OP.get, e).simd(SIMD.select).simd(SIMD.add).op(OP.set, SUM)
    code.op(OP.get, d).op(OP.get, SUM).simd(SIMD.add).op(OP.set, d)
    // Majority of a, b, c as ((a ^ b) & (b ^ c)) ^ b, where b ^ c is the last round's a ^ b
    const [now, before] = round % 2 === 0 ? DIFFERENCES : [DIFFERENCES[1], DIFFERENCES[0]]
    code.op(OP.get, a).op(OP.get, b).simd(SIMD.xor).op(OP.tee, now).op(OP.get, before).simd(SIMD.and).op(OP.get, b).simd(SIMD.xor)
    code.op(OP.get, SUM).simd(SIMD.add)
    rotations(code, a, [2, 13, 22])
    code.simd(SIMD.add).op(OP.set, h)
  }
  for (let at = 0; at < 8; at++) {
    code.op(OP.get, STATE + at).op(OP.get, WORK + at).simd(SIMD.add).op(OP.set, STATE + at)
  }
}

function schedule (code: WasmWriter, round: number): void {
  const word = (back: number): number => WORDS + (round - back) % 16
  code.op(OP.get, word(16)).op(OP.get, word(7)).simd(SIMD.add)
  rotations(code, word(15), [7, 18], 3)
  code.simd(SIMD.add)
  rotations(code, word(2), [17, 19], 10)
  code.simd(SIMD.add).op(OP.set, word(16))
}

/** The xor of a word turned right by some counts, and shifted right by another. */
function rotations (code: WasmWriter, word: number, turns: readonly number[], shift?: number): void {
  for (const [at, turn] of turns.entries()) {
    shifted(code, word, SIMD.shiftRight, turn)
    shifted(code, word, SIMD.shiftLeft, 32 - turn)
    code.simd(SIMD.or)
    if (at > 0) {
      code.simd(SIMD.xor)
    }
  }
  if (shift !== undefined) {
    shifted(code, word, SIMD.shiftRight, shift)
    code.simd(SIMD.xor)
  }
}

function shifted (code: WasmWriter, word: number, direction: number, bits: number): void {
  code.op(OP.get, word).op(OP.i32Const, bits).simd(direction)
}

/** Makes the rows of four vectors their columns, by way of the work variables. */
function transpose (code: WasmWriter, first: number): void {
  const mix = (one: number, other: number, bytes: readonly number[], to: number): void => {
    code.op(OP.get, one).op(OP.get, other).shuffle(bytes).op(OP.set, to)
  }
  const low = words(0, 4, 1, 5)
  const high = words(2, 6, 3, 7)
  mix(first, first + 1, low, WORK)
  mix(first + 2, first + 3, low, WORK + 1)
  mix(first, first + 1, high, WORK + 2)
  mix(first + 2, first + 3, high, WORK + 3)
  mix(WORK, WORK + 1, words(0, 1, 4, 5), first)
  mix(WORK, WORK + 1, words(2, 3, 6, 7), first + 1)
  mix(WORK + 2, WORK + 3, words(0, 1, 4, 5), first + 2)
  mix(WORK + 2, WORK + 3, words(2, 3, 6, 7), first + 3)
}

/** The bytes of four words of two vectors: 0 to 3 of the first, 4 to 7 of the second. */
function words (...numbers: readonly number[]): number[] {
  return numbers.flatMap(number => [0, 1, 2, 3].map(byte => 4 * number + byte))
}

/** SHA-256 reads and writes the highest byte first, WebAssembly the lowest. */
function swapBytes (code: WasmWriter): void {
  code.op(OP.tee, SUM).op(OP.get, SUM).shuffle([3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12])
}

function firstPrimes (count: number): number[] {
  const primes: number[] = []
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every(prime => candidate % prime !== 0)) {
      primes.push(candidate)
    }
  }
  return primes
}

function fraction (root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32)
}
