import { PeerFault, systemClock } from '@peerwright/core'
import { compactSize, type Draw, drawFrom, type Field, join, longForm, type Piece } from './pieces.ts'

/** A decoder to try. */
export interface Target {
  readonly name: string
  readonly decode: (bytes: Uint8Array) => unknown
  /** Back from what was decoded: must give the very bytes */
  readonly encode: (decoded: never) => Uint8Array
  /** A decoder that overlooks something on purpose: only right messages need to come back as they were */
  readonly lenient?: boolean
  /** How a message that is right is made */
  readonly message: Field
}

/** What the fuzzer found wrong. */
export interface Finding {
  readonly kind: 'crash' | 'hang' | 'changed-input' | 'not-canonical' | 'refused-valid'
  readonly detail: string
}

/** Longest time for one input, in milliseconds. Chosen: a thousand times what the slowest one takes. */
const MAX_MS = 1_000

/** Values for counts and lengths that break readers. */
const NASTY = [0, 1, 2, 0x7f, 0x80, 0xfc, 0xfd, 0xff, 0x100, 1_000, 1_001, 2_000, 50_000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER]

const WIDTHS = [2, 4, 8] as const

/**
 * Bends right messages `runs` times, by their parts: other counts and lengths, in wrong forms, parts lost, doubled, exchanged or
 * taken from another message, changed bytes, cut ends, more bytes behind.
 *
 * @returns the first finding, with what is needed to see it again
 */
export function fuzz (target: Target, runs: number, seed: number): Finding | undefined {
  const draw = drawFrom(seed)
  let other = target.message(draw)
  for (let run = 0; run < runs; run++) {
    const pieces = target.message(draw)
    const right = run % 16 === 0
    const bytes = right ? join(pieces) : bend(pieces, other, draw)
    other = pieces
    const finding = tryOne(target, bytes, right)
    if (finding !== undefined) {
      return { ...finding, detail: `${target.name}, PEERWRIGHT_FUZZ_SEED=${seed}, input ${run}: ${finding.detail}\n${Buffer.from(bytes).toString('hex').slice(0, 2_000)}` }
    }
  }
  return undefined
}

/** One input: it decodes to what encodes to itself, or it is a PeerFault. */
function tryOne (target: Target, bytes: Uint8Array, right: boolean): Finding | undefined {
  const before = bytes.slice()
  const startMs = systemClock.monotonic()
  let decoded: unknown
  let fault: Error | undefined
  try {
    decoded = target.decode(bytes)
  } catch (error) {
    fault = error as Error
  }
  const tookMs = systemClock.monotonic() - startMs
  if (fault !== undefined && !(fault instanceof PeerFault)) {
    return { kind: 'crash', detail: String(fault) }
  }
  if (tookMs > MAX_MS) {
    return { kind: 'hang', detail: `${tookMs.toFixed(0)} ms` }
  }
  if (!same(bytes, before)) {
    return { kind: 'changed-input', detail: 'what was received is not what it was' }
  }
  if (fault !== undefined) {
    return right ? { kind: 'refused-valid', detail: String(fault) } : undefined
  }
  if ((right || target.lenient !== true) && !same(target.encode(decoded as never), bytes)) {
    return { kind: 'not-canonical', detail: 'it decodes, and encodes to other bytes' }
  }
  return undefined
}

function same (a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function bend (pieces: readonly Piece[], other: readonly Piece[], draw: Draw): Uint8Array {
  const bent = [...pieces]
  for (let times = 1 + draw(3); times > 0; times--) {
    bendOnce(bent, other, draw)
  }
  const bytes = join(bent)
  const end = draw(8)
  if (end === 0) {
    return bytes.subarray(0, draw(bytes.length + 1))
  }
  return end === 1 ? Uint8Array.from([...bytes, ...Array.from({ length: 1 + draw(4) }, () => draw(256))]) : bytes
}

function bendOnce (pieces: Piece[], other: readonly Piece[], draw: Draw): void {
  if (pieces.length === 0) {
    return
  }
  const at = draw(pieces.length)
  const piece = pieces[at] as Piece
  const numbers = pieces.flatMap(({ role }, index) => role === 'count' || role === 'length' ? [index] : [])
  switch (draw(8)) {
    case 0:
    case 1:
    case 2: {
      const number = numbers[draw(numbers.length)] ?? at
      pieces[number] = { role: pieces[number]?.role ?? 'fixed', bytes: nastyNumber(draw) }
      break
    }
    case 3:
      pieces.splice(at, 1)
      break
    case 4:
      pieces.splice(at, 0, piece)
      break
    case 5:
      pieces[at] = other[draw(Math.max(1, other.length))] ?? piece
      break
    case 6: {
      const to = draw(pieces.length)
      pieces[at] = pieces[to] as Piece
      pieces[to] = piece
      break
    }
    default:
      pieces[at] = { role: piece.role, bytes: bendBytes(piece.bytes, draw) }
  }
}

function nastyNumber (draw: Draw): Uint8Array {
  const value = draw(3) === 0 ? draw(300) : NASTY[draw(NASTY.length)] ?? 0
  return draw(4) === 0 ? longForm(value, WIDTHS[draw(3)] ?? 8) : compactSize(value)
}

function bendBytes (bytes: Uint8Array, draw: Draw): Uint8Array {
  const bent = bytes.slice()
  if (bent.length > 0) {
    const at = draw(bent.length)
    bent[at] = draw(2) === 0 ? (bent[at] ?? 0) ^ (1 << draw(8)) : [0, 1, 0x7f, 0x80, 0xfd, 0xfe, 0xff][draw(7)] ?? 0
  }
  return bent
}
