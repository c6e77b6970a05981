import { BoundedMap, PeerFault } from '@peerwright/core'

/** Targets change every retarget: a few are in use at a time. */
const CACHED_TARGETS = 64

interface Work {
  readonly target: bigint
  readonly work: bigint
}

const cache = new BoundedMap<number, Work>(CACHED_TARGETS)

/**
 * The target that compact `bits` stand for: a header's hash must not exceed it (Bitcoin Core, arith_uint256::SetCompact).
 *
 * @throws PeerFault `bad-target` when it is negative, zero, or over 256 bits
 */
export function targetOf (bits: number): bigint {
  return lookUp(bits).target
}

/**
 * The work that a header with these `bits` stands for: 2^256 / (target + 1).
 *
 * @throws PeerFault `bad-target`
 */
export function workOf (bits: number): bigint {
  return lookUp(bits).work
}

function lookUp (bits: number): Work {
  const known = cache.get(bits)
  if (known !== undefined) {
    return known
  }
  const mantissa = BigInt(bits & 0x7f_ffff)
  const exponent = bits >>> 24
  const target = exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3))
  if ((bits & 0x80_0000) !== 0 || target <= 0n || target >= 1n << 256n) {
    throw new PeerFault('bad-target', 'the target of a header is negative, zero, or too large')
  }
  const found = { target, work: (1n << 256n) / (target + 1n) }
  cache.set(bits, found)
  return found
}

/** The compact form of a target, rounded down to its 23 significant bits (Bitcoin Core, arith_uint256::GetCompact). */
export function bitsOf (target: bigint): number {
  let size = Math.ceil(target.toString(16).length / 2)
  let mantissa = Number(size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)))
  // The sign bit must stay clear
  if ((mantissa & 0x80_0000) !== 0) {
    mantissa >>>= 8
    size++
  }
  return ((size << 24) | mantissa) >>> 0
}
