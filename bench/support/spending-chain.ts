import { BITCOIN_REGTEST } from '@peerwright/chain-store'
import { ByteReader, ByteWriter } from '@peerwright/core'
import { BITCOIN_HEADER_BYTES, bitcoinHeaderCodec, bitcoinTime, decodeBlock, merkleRoot, sha256d, targetOf, txids } from '@peerwright/protocol-messages'

/** What the chain is to look like. */
export interface SpendingChain {
  readonly blocks: number
  /** Of each block after the first, about, in bytes; 0 for a coinbase alone */
  readonly sizeBytes: number
  readonly transactionBytes: number
}

/** Bytes of a transaction of one input and one output without its script, whose length takes three. */
const TRANSACTION_OVERHEAD_BYTES = 62

const BLOCK_SECONDS = 600
const TRIVIAL_BITS = 0x207f_ffff

/**
 * Blocks on the regression test chain whose transactions spend coins that there are: each the output of the transaction at its place in
 * the block before, the first ones the outputs of the coinbase of the first block. Nobody could sign them, and nobody here asks.
 */
export function* spendingChain ({ blocks, sizeBytes, transactionBytes }: SpendingChain): Generator<Uint8Array> {
  const count = Math.floor(sizeBytes / transactionBytes)
  let parent: Uint8Array = BITCOIN_REGTEST.genesisHeader
  let spent: ReadonlyArray<{ readonly id: Uint8Array, readonly index: number }> = []
  for (let height = 1; height <= blocks; height++) {
    const transactions = [coinbase(height, height === 1 ? count + 1 : 1), ...spent.map(({ id, index }) => transaction(id, index, transactionBytes))]
    const block = assemble(parent, transactions)
    parent = block.subarray(0, BITCOIN_HEADER_BYTES)
    const ids = txids(decodeBlock(block))
    spent = height === 1
      ? Array.from({ length: count }, (_, index) => ({ id: ids.slice(0, 32), index: index + 1 }))
      : Array.from({ length: count }, (_, at) => ({ id: ids.slice(32 * (at + 1), 32 * (at + 2)), index: 0 }))
    yield block
  }
}

function coinbase (height: number, outputs: number): Uint8Array {
  const writer = new ByteWriter(128 + 16 * outputs)
  writer.u32le(1).compactSize(1).bytes(new Uint8Array(32)).u32le(0xffff_ffff)
  writer.compactSize(9).u8(8).u32le(height).u32le(0).u32le(0xffff_ffff).compactSize(outputs)
  for (let output = 0; output < outputs; output++) {
    writer.u64le(1_000n).compactSize(0)
  }
  return writer.u32le(0).finish()
}

function transaction (id: Uint8Array, index: number, sizeBytes: number): Uint8Array {
  const writer = new ByteWriter(sizeBytes + 8)
  writer.u32le(2).compactSize(1).bytes(id).u32le(index)
  writer.varBytes(new Uint8Array(sizeBytes - TRANSACTION_OVERHEAD_BYTES).fill(0x51)).u32le(0xffff_ffff)
  return writer.compactSize(1).u64le(1_000n).compactSize(0).u32le(0).finish()
}

function assemble (parent: Uint8Array, transactions: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(BITCOIN_HEADER_BYTES + 9 + transactions.reduce((sum, bytes) => sum + bytes.length, 0))
  writer.u32le(4).bytes(sha256d(parent)).bytes(new Uint8Array(32)).u32le(bitcoinTime(parent) + BLOCK_SECONDS).u32le(TRIVIAL_BITS).u32le(0)
  writer.compactSize(transactions.length)
  for (const bytes of transactions) {
    writer.bytes(bytes)
  }
  const block = writer.finish()
  block.set(merkleRoot(txids(decodeBlock(block))).root, 36)
  const nonce = new DataView(block.buffer, block.byteOffset)
  const target = targetOf(TRIVIAL_BITS)
  for (let value = 0; BigInt(`0x${bitcoinHeaderCodec.read(new ByteReader(block)).id}`) > target; value++) {
    nonce.setUint32(76, value, true)
  }
  return block
}
