import { PeerFault } from '@peerwright/core'
import type { BlockHeader } from '@peerwright/interface'
import { bitcoinBits, bitcoinTime, bitsOf, targetOf } from '@peerwright/protocol-messages'
import type { HeaderEntry } from './header-tree.ts'
import type { ChainParams } from './params.ts'

/** Headers whose median time a new header must exceed (Bitcoin Core, nMedianTimeSpan). */
const MEDIAN_TIME_SPAN = 11

/** A new target is at most this many times, and at least this part of, the old one (Bitcoin Core, pow.cpp). */
const MAX_TARGET_CHANGE = 4

/**
 * What is wrong with a header that is to follow `parent`: its proof of work, its target, its time.
 *
 * @returns undefined when nothing is
 */
export function headerFault (header: BlockHeader, parent: HeaderEntry, params: ChainParams): string | undefined {
  const bits = bitcoinBits(header.bytes)
  const expected = expectedBits(parent, params)
  if (expected !== undefined && bits !== expected) {
    return 'its target is not the one that follows from the chain'
  }
  try {
    const target = targetOf(bits)
    if (target > targetOf(params.powLimitBits)) {
      return 'its target is easier than the network allows'
    }
    if (BigInt(`0x${header.id}`) > target) {
      return 'its hash is above its target: no proof of work'
    }
  } catch (error) {
    if (error instanceof PeerFault) {
      return error.message
    }
    throw error
  }
  return bitcoinTime(header.bytes) <= medianTime(parent) ? 'its time is not after the median of those before it' : undefined
}

/** The target of the header after `parent`; undefined where the chain has no rule for it. */
function expectedBits (parent: HeaderEntry, { retarget, powLimitBits }: ChainParams): number | undefined {
  if (retarget === 'none') {
    return undefined
  }
  const { intervalBlocks, targetTimespanSeconds } = retarget
  if ((parent.height + 1) % intervalBlocks !== 0) {
    return bitcoinBits(parent.bytes)
  }
  let first = parent
  for (let step = 1; step < intervalBlocks && first.parent !== undefined; step++) {
    first = first.parent
  }
  const seconds = bitcoinTime(parent.bytes) - bitcoinTime(first.bytes)
  const bounded = Math.min(MAX_TARGET_CHANGE * targetTimespanSeconds, Math.max(Math.floor(targetTimespanSeconds / MAX_TARGET_CHANGE), seconds))
  const target = targetOf(bitcoinBits(parent.bytes)) * BigInt(bounded) / BigInt(targetTimespanSeconds)
  const limit = targetOf(powLimitBits)
  return bitsOf(target > limit ? limit : target)
}

function medianTime (parent: HeaderEntry): number {
  const times: number[] = []
  for (let at: HeaderEntry | undefined = parent; at !== undefined && times.length < MEDIAN_TIME_SPAN; at = at.parent) {
    times.push(bitcoinTime(at.bytes))
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0
}
