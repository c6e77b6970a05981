import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PeerFault } from '@peerwright/core'
import type { Target } from '@peerwright/testing'
import { drawFrom, join, longForm, type Piece } from '@peerwright/testing'
import { TARGETS } from '../support/targets.ts'

/**
 * What a decoder may allocate, garbage counted too: so many bytes for each that arrived, and a little for itself and its error.
 * An entry of 6 bytes that becomes an object with a view in it is the dearest.
 */
const BYTES_PER_BYTE = 64
const BYTES_BESIDES = 32_768

/** Numbers that would be felt: the least of them, as a list of pointers, is 400 KB. */
const CLAIMS = [50_000, 65_535, 1_000_000, 0xffff_ffff, Number.MAX_SAFE_INTEGER]

/** The messages of a target with each of their numbers claiming far too much. */
function boasts (target: Target): Uint8Array[] {
  const boasting = ({ role }: Piece): boolean => role === 'count' || role === 'length'
  return [1, 2, 3].flatMap(seed => {
    const pieces = target.message(drawFrom(seed))
    return pieces.flatMap((piece, at) => boasting(piece) ? CLAIMS.map(claim => {
      const width = claim <= 0xffff ? 2 : claim <= 0xffff_ffff ? 4 : 8
      return join(pieces.with(at, { role: piece.role, bytes: longForm(claim, width) }))
    }) : [])
  }).slice(0, 60)
}

function attempt (decode: Target['decode'], bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch (error) {
    assert.ok(error instanceof PeerFault, String(error))
    return error
  }
}

/** Rounds of a measurement, and which of them counts, from the lowest. */
const ROUNDS = 7
const COUNTED = 1

/**
 * Bytes that one call allocates. What the compiler does meanwhile adds to some rounds, and the collector may take from one: of seven, the
 * lowest but one.
 */
function allocatedBy (decode: Target['decode'], bytes: Uint8Array, collect: () => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    // The second collection ends the sweeping of the first one's array buffers
    collect()
    collect()
    const before = process.memoryUsage()
    attempt(decode, bytes)
    const after = process.memoryUsage()
    return after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers
  })
  return rounds.toSorted((a, b) => a - b)[COUNTED] ?? 0
}

describe('fuzz: memory', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void
  const collectYoung = (): void => { collect({ type: 'minor' }) }

  for (const target of TARGETS.filter(one => boasts(one).length > 0)) {
    it(`QC-25 - ${target.name} allocates by what arrived, whatever its numbers claim`, () => {
      for (const bytes of boasts(target)) {
        const allocated = allocatedBy(target.decode, bytes, collectYoung)
        const allowed = BYTES_BESIDES + BYTES_PER_BYTE * bytes.length
        assert.ok(allocated <= allowed, `${allocated} bytes allocated for ${bytes.length}, allowed ${allowed}: ${Buffer.from(bytes).toString('hex').slice(0, 200)}`)
      }
    })
  }

  it('a decoder that makes room for what is claimed is found out', () => {
    const bytes = Uint8Array.of(0xfd, 0x50, 0xc3, 1, 2, 3)
    const greedy = (payload: Uint8Array): unknown => Array.from({ length: (payload[1] ?? 0) | ((payload[2] ?? 0) << 8) }, () => undefined)
    assert.ok(allocatedBy(greedy, bytes, collectYoung) > BYTES_BESIDES + BYTES_PER_BYTE * bytes.length)
    const roomy = (): unknown => new Uint8Array(1_800_000)
    assert.ok(allocatedBy(roomy, bytes, collectYoung) > BYTES_BESIDES + BYTES_PER_BYTE * bytes.length)
  })
})
