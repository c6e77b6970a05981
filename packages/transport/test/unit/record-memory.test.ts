import assert from 'node:assert/strict'
import { LENGTH_BYTES, MAX_RECORD_BYTES } from '../../src/noise/record-format.ts'
import { borrow, giveBack } from '../../src/noise/record-memory.ts'

const borrowed = (count: number): Uint8Array[] => Array.from({ length: count }, borrow)

describe('the memory kept for records', () => {
  it('QC-08 + holds the longest record and its length, and nobody has what another one has', () => {
    const pieces = borrowed(40)
    assert.equal(new Set(pieces).size, 40)
    assert.deepEqual([...new Set(pieces.map(({ length }) => length))], [LENGTH_BYTES + MAX_RECORD_BYTES])
  })

  it('QC-08 + is that which was given back, QC-08 - sixteen pieces of it and no more', () => {
    const pieces = new Set(borrowed(40))
    for (const piece of pieces) {
      giveBack(piece)
    }
    const again = borrowed(40)
    assert.equal(again.filter(piece => pieces.has(piece)).length, 16)
    assert.equal(new Set(again).size, 40)
  })
})
