import assert from 'node:assert/strict'
import { PeerFault } from '@peerwright/core'
import fc from 'fast-check'
import { bitsOf, targetOf, workOf } from '../../src/index.ts'

/** From Bitcoin Core, test/arith_uint256_tests.cpp, bignum_SetCompact: bits, target, bits of that target. */
const COMPACT: ReadonlyArray<readonly [bits: number, target: bigint, back: number]> = [
  [0x0112_3456, 0x12n, 0x0112_0000],
  [0x0212_3456, 0x1234n, 0x0212_3400],
  [0x0312_3456, 0x12_3456n, 0x0312_3456],
  [0x0412_3456, 0x1234_5600n, 0x0412_3456],
  [0x0500_9234, 0x9234_0000n, 0x0500_9234],
  [0x2012_3456, 0x12_3456n << 232n, 0x2012_3456],
  [0x1d00_ffff, 0xffffn << 208n, 0x1d00_ffff],
  [0x207f_ffff, 0x7f_ffffn << 232n, 0x207f_ffff]
]

/** Zero, negative, over 256 bits. */
const REFUSED = [0, 0x0012_3456, 0x0100_3456, 0x0200_0056, 0x0300_0000, 0x0180_3456, 0x04fe_dcba, 0x0492_3456, 0xff12_3456, 0x2101_0000, 0x2200_0100]

describe('compact targets', () => {
  for (const [bits, target, back] of COMPACT) {
    it(`0x${bits.toString(16).padStart(8, '0')} is the target of Bitcoin Core's test`, () => {
      assert.equal(targetOf(bits), target)
      assert.equal(bitsOf(target), back)
    })
  }

  for (const bits of REFUSED) {
    it(`0x${bits.toString(16).padStart(8, '0')} is refused`, () => {
      assert.throws(() => targetOf(bits), error => error instanceof PeerFault && error.code === 'bad-target')
    })
  }

  it('the work of Bitcoin\'s first blocks is 0x100010001 each', () => {
    assert.equal(workOf(0x1d00_ffff), 0x1_0001_0001n)
    assert.equal(workOf(0x207f_ffff), 2n)
  })

  it('a target survives the compact form but for the digits that it has no room for', () => {
    fc.assert(fc.property(fc.bigInt({ min: 1n, max: (1n << 256n) - 1n }), target => {
      const kept = targetOf(bitsOf(target))
      assert.ok(kept <= target && target - kept <= target >> 15n)
      assert.equal(bitsOf(kept), bitsOf(target))
    }))
  })

  it('any 32 bits are a target or a fault, the second time as the first', () => {
    fc.assert(fc.property(fc.nat({ max: 0xffff_ffff }), bits => {
      const ask = (): unknown => {
        try {
          return targetOf(bits)
        } catch (error) {
          assert.ok(error instanceof PeerFault)
          return error.code
        }
      }
      assert.equal(ask(), ask())
    }))
  })
})
