import { ByteReader, ByteWriter, invariant } from '@peerwright/core'

/** All coins of Bitcoin, in its smallest unit (Bitcoin Core, MAX_MONEY). */
const MAX_MONEY = 2_100_000_000_000_000n

/** BIP133: the lowest fee rate, per 1,000 bytes, of transactions that are to be announced. */
export function encodeFeeFilter (feeRate: bigint): Uint8Array {
  invariant(feeRate >= 0n && feeRate <= MAX_MONEY, 'a fee rate is an amount of money')
  return new ByteWriter(8).i64le(feeRate).finish()
}

/**
 * @returns undefined for what is no amount of money: such a message is to be ignored (ANCHORS 3.2)
 * @throws PeerFault with the codes of `ByteReader`
 */
export function decodeFeeFilter (payload: Uint8Array): bigint | undefined {
  const reader = new ByteReader(payload)
  const feeRate = reader.i64le()
  reader.end()
  return feeRate >= 0n && feeRate <= MAX_MONEY ? feeRate : undefined
}
