/** WebAssembly's opcodes that the SHA-256 kernel uses (WebAssembly 2.0, section 5.4); SIMD ones follow the prefix 0xfd. */
export const OP = {
  loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, branchIf: 0x0d,
  get: 0x20, set: 0x21, tee: 0x22,
  i32Const: 0x41, i32GreaterOrEqual: 0x4e, i32Add: 0x6a, i32Subtract: 0x6b
} as const

/** WebAssembly's SIMD opcodes, after the prefix. */
export const SIMD = {
  load: 0x00, store: 0x0b, const: 0x0c, shuffle: 0x0d,
  and: 0x4e, or: 0x50, xor: 0x51, select: 0x52,
  shiftLeft: 0xab, shiftRight: 0xad, add: 0xae
} as const

const SIMD_PREFIX = 0xfd
const BLOCK_WITHOUT_RESULT = 0x40

/** Type codes. */
const I32 = 0x7f
const V128 = 0x7b
const FUNCTION = 0x60

/** Gathers the code of one function and wraps it into a module. */
export class WasmWriter {
  readonly #code: number[] = []

  op (opcode: number, operand?: number): this {
    this.#code.push(opcode)
    if (operand !== undefined) {
      this.#code.push(...(opcode === OP.i32Const ? signedLeb(operand) : unsignedLeb(operand)))
    }
    return this
  }

  block (opcode: typeof OP.loop | typeof OP.if): this {
    this.#code.push(opcode, BLOCK_WITHOUT_RESULT)
    return this
  }

  simd (opcode: number): this {
    this.#code.push(SIMD_PREFIX, ...unsignedLeb(opcode))
    return this
  }

  /** The same 32-bit value in all four lanes. */
  splat (value: number): this {
    this.simd(SIMD.const)
    for (let lane = 0; lane < 4; lane++) {
      this.#code.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24)
    }
    return this
  }

  /** Takes bytes of two vectors by number: 0 to 15 from the first, 16 to 31 from the second. */
  shuffle (bytes: readonly number[]): this {
    this.simd(SIMD.shuffle)
    this.#code.push(...bytes)
    return this
  }

  /** Loads or stores a vector at an address plus a constant, without demands on alignment. */
  access (opcode: typeof SIMD.load | typeof SIMD.store, offset: number): this {
    this.simd(opcode)
    this.#code.push(0, ...unsignedLeb(offset))
    return this
  }

  /** A module of one page of memory, exported as `memory`, and this function, exported as `run`, of i32 parameters. */
  toModule (parameters: number, vectors: number): Uint8Array<ArrayBuffer> {
    const body = [1, ...unsignedLeb(vectors), V128, ...this.#code, OP.end]
    return Uint8Array.from([
      0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
      ...section(1, [1, FUNCTION, parameters, ...Array.from({ length: parameters }, () => I32), 0]),
      ...section(3, [1, 0]),
      ...section(5, [1, 1, 1, 1]),
      ...section(7, [2, ...name('memory'), 2, 0, ...name('run'), 0, 0]),
      ...section(10, [1, ...unsignedLeb(body.length), ...body])
    ])
  }
}

function section (id: number, content: readonly number[]): number[] {
  return [id, ...unsignedLeb(content.length), ...content]
}

function name (text: string): number[] {
  return [text.length, ...Array.from(text, letter => letter.charCodeAt(0))]
}

function unsignedLeb (value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  return bytes
}

function signedLeb (value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
    bytes.push(last ? low : low | 0x80)
    if (last) {
      return bytes
    }
  }
}
