/**
 * Blocks for demonstrations, benchmarks and tests: valid in form, with a real if trivial proof of work, the same for the same
 * seed. Nobody should take them for money.
 *
 * @packageDocumentation
 */
import { ByteReader, ByteWriter, invariant, seededRandom } from '@peerwright/core'
import type { BlockHeader } from '@peerwright/interface'
import { BITCOIN_HEADER_BYTES, bitcoinHeaderCodec, bitcoinTime, merkleRoot, sha256d, targetOf } from '@peerwright/protocol-messages'

/** The target of Bitcoin's regtest: every second hash is low enough. */
const TRIVIAL_BITS = 0x207f_ffff

/** Seconds between two blocks: Bitcoin's. */
const BLOCK_SECONDS = 600

/** A transaction without its filling: version 4, counts 2, outpoint 36, script lengths 2, sequence 4, value 8, lock time 4. */
const TRANSACTION_OVERHEAD_BYTES = 60

/** Scripts from this length on need 2 more bytes for it. */
const LONG_SCRIPT_BYTES = 253

/** Smallest block that is mined, in bytes: a header, a count, a coinbase. */
const MIN_BLOCK_BYTES = 200

/** What to mine. */
export interface MinerOptions {
  /** How many blocks */
  readonly blocks: number
  /** The same seed gives the same blocks */
  readonly seed: number
  /** Sizes of the blocks in bytes, spread evenly over their logarithms; at least 200 */
  readonly sizeBytes: { readonly min: number, readonly max: number }
  /**
   * Above 1, small blocks are more frequent than an even spread makes them: the position on the logarithmic scale is raised to
   * this power. @default 1
   */
  readonly skew?: number
  /** Size of a transaction in bytes. @default 400 */
  readonly transactionBytes?: number
  /** The header to follow: a chain's genesis, or where a fork begins. 80 bytes */
  readonly parent: Uint8Array
  /** Height of `parent`. @default 0 */
  readonly parentHeight?: number
}

/**
 * Mines a chain, block by block.
 *
 * @throws InvariantError when the options make no sense
 */
export function* mineChain (options: MinerOptions): Generator<Uint8Array> {
  const { sizeBytes: { min, max }, transactionBytes = 400, parentHeight = 0, skew = 1 } = options
  invariant(min >= MIN_BLOCK_BYTES && max >= min, `block sizes are ${MIN_BLOCK_BYTES} bytes and more`)
  invariant(transactionBytes > TRANSACTION_OVERHEAD_BYTES, 'a transaction has room for its filling')
  const random = seededRandom(options.seed)
  const filling = random.bytes(2 * transactionBytes)
  let parent: BlockHeader = bitcoinHeaderCodec.read(new ByteReader(options.parent))
  for (let count = 1; count <= options.blocks; count++) {
    const size = Math.round(min * (max / min) ** ((random.below(1_000_001) / 1_000_000) ** skew))
    const block = mine(parent, parentHeight + count, size, transactionBytes, filling, options.seed)
    parent = bitcoinHeaderCodec.read(new ByteReader(block))
    yield block
  }
}

function mine (parent: BlockHeader, height: number, size: number, transactionBytes: number, filling: Uint8Array, seed: number): Uint8Array {
  const others = Math.max(0, Math.floor((size - MIN_BLOCK_BYTES) / transactionBytes))
  const room = size - MIN_BLOCK_BYTES - others * transactionBytes
  const transactions = [coinbase(height, seed, filling.subarray(0, Math.min(room, filling.length)))]
  for (let index = 0; index < others; index++) {
    transactions.push(transaction(parent.bytes, index, transactionBytes, filling))
  }
  const leaves = new Uint8Array(32 * transactions.length)
  for (const [index, bytes] of transactions.entries()) {
    leaves.set(sha256d(bytes), 32 * index)
  }
  const header = seal(parent, merkleRoot(leaves).root)
  const writer = new ByteWriter(size + 16).bytes(header).compactSize(transactions.length)
  for (const bytes of transactions) {
    writer.bytes(bytes)
  }
  return writer.finish()
}

/** Counts the nonce up until the hash is low enough. */
function seal (parent: BlockHeader, root: Uint8Array): Uint8Array {
  const writer = new ByteWriter(BITCOIN_HEADER_BYTES)
  writer.u32le(4).bytes(bitcoinHeaderCodec.idToBytes(parent.id)).bytes(root)
  writer.u32le(bitcoinTime(parent.bytes) + BLOCK_SECONDS).u32le(TRIVIAL_BITS).u32le(0)
  const header = writer.finish()
  const nonce = new DataView(header.buffer, header.byteOffset)
  const target = targetOf(TRIVIAL_BITS)
  for (let value = 0; BigInt(`0x${bitcoinHeaderCodec.idFromBytes(sha256d(header))}`) > target; value++) {
    nonce.setUint32(76, value, true)
  }
  return header
}

/** The first transaction: the height makes it unlike all others (BIP34). */
function coinbase (height: number, seed: number, extra: Uint8Array): Uint8Array {
  const writer = new ByteWriter(128 + extra.length)
  writer.u32le(1).compactSize(1).bytes(new Uint8Array(32)).u32le(0xffff_ffff)
  writer.compactSize(9).u8(8).u32le(height).u32le(seed >>> 0).u32le(0xffff_ffff)
  writer.compactSize(1).u64le(5_000_000_000n).varBytes(extra).u32le(0)
  return writer.finish()
}

/** A transaction that spends nothing in particular, of the wanted size. */
function transaction (parent: Uint8Array, index: number, size: number, filling: Uint8Array): Uint8Array {
  const room = size - TRANSACTION_OVERHEAD_BYTES
  const script = filling.subarray(index % size, index % size + (room - 2 >= LONG_SCRIPT_BYTES ? room - 2 : Math.min(room, LONG_SCRIPT_BYTES - 1)))
  const writer = new ByteWriter(size + 8)
  writer.u32le(2).compactSize(1).bytes(parent.subarray(4, 36)).u32le(index)
  writer.varBytes(script).u32le(0xffff_ffff)
  writer.compactSize(1).u64le(BigInt(index)).varBytes(new Uint8Array(0)).u32le(0)
  return writer.finish()
}
