import { fromHex, invariant, OperationError, PeerFault } from '@peerwright/core'
import { BITCOIN_HEADER_BYTES, targetOf } from '@peerwright/protocol-messages'

/** How often the target is set anew: Bitcoin's rule with its two numbers, or never. */
export type Retarget = { readonly intervalBlocks: number, readonly targetTimespanSeconds: number } | 'none'

/** What the chain store must know of a chain of Bitcoin's family. */
export interface ChainParams {
  /** 80 bytes */
  readonly genesisHeader: Uint8Array
  /** First bytes of each record in body files */
  readonly magic: readonly [number, number, number, number]
  /** The easiest target that is allowed, in compact form */
  readonly powLimitBits: number
  readonly retarget: Retarget
  /** Largest block, in bytes */
  readonly maxBlockBytes: number
  /** First height at which blocks may have witnesses and must keep those their coinbase commits to (BIP141); `Infinity` for never */
  readonly segwitHeight: number
  /**
   * Deepest reorganisation that is followed, in blocks. Shallow, and a node stays on a dead branch; deep, and an attacker with
   * much work rewrites more.
   */
  readonly maxReorgDepth: number
}

function header (hex: string): Uint8Array {
  const bytes = fromHex(hex)
  invariant(bytes?.length === BITCOIN_HEADER_BYTES, 'a header has 80 bytes')
  return bytes
}

/** Merkle root of the one transaction in Bitcoin's genesis blocks, in the order of the wire. */
const GENESIS_MERKLE_ROOT = '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a'

/** Blocks of a day: deeper reorganisations have never been seen on Bitcoin. Chosen. */
const MAX_REORG_DEPTH = 144

/** Bitcoin's main chain (Bitcoin Core, kernel/chainparams.cpp, CMainParams). */
export const BITCOIN_MAIN: ChainParams = {
  // version 1, no parent, time 1231006505, bits 1d00ffff, nonce 2083236893
  genesisHeader: header(`01000000${'00'.repeat(32)}${GENESIS_MERKLE_ROOT}29ab5f49ffff001d1dac2b7c`),
  magic: [0xf9, 0xbe, 0xb4, 0xd9],
  powLimitBits: 0x1d00_ffff,
  retarget: { intervalBlocks: 2_016, targetTimespanSeconds: 1_209_600 },
  maxBlockBytes: 4_000_000,
  segwitHeight: 481_824,
  maxReorgDepth: MAX_REORG_DEPTH
}

/** Bitcoin's regression test chain (Bitcoin Core, kernel/chainparams.cpp, CRegTestParams): blocks are made at will. */
export const BITCOIN_REGTEST: ChainParams = {
  // version 1, no parent, time 1296688602, bits 207fffff, nonce 2
  genesisHeader: header(`01000000${'00'.repeat(32)}${GENESIS_MERKLE_ROOT}dae5494dffff7f2002000000`),
  magic: [0xfa, 0xbf, 0xb5, 0xda],
  powLimitBits: 0x207f_ffff,
  retarget: 'none',
  maxBlockBytes: 4_000_000,
  segwitHeight: 0,
  maxReorgDepth: MAX_REORG_DEPTH
}

/** @throws OperationError `invalid-option` */
export function validateParams (params: ChainParams): ChainParams {
  const fail = (name: string, right: string): never => {
    throw new OperationError('invalid-option', `chain store parameter ${name} must be ${right}`)
  }
  if (params.genesisHeader.length !== BITCOIN_HEADER_BYTES) {
    fail('genesisHeader', '80 bytes')
  }
  if (!isTarget(params.powLimitBits)) {
    fail('powLimitBits', 'a target in compact form')
  }
  if (!isRetarget(params.retarget)) {
    fail('retarget', '"none", or whole numbers: intervalBlocks of at least 2, targetTimespanSeconds of at least 4')
  }
  if (params.magic.length !== 4 || !params.magic.every(byte => Number.isInteger(byte) && byte >= 0 && byte <= 255)) {
    fail('magic', '4 bytes')
  }
  if (!Number.isInteger(params.maxBlockBytes) || params.maxBlockBytes < 1_024 || params.maxBlockBytes > 134_217_728) {
    fail('maxBlockBytes', 'a whole number from 1024 to 134217728')
  }
  if (params.segwitHeight !== Infinity && (!Number.isInteger(params.segwitHeight) || params.segwitHeight < 0)) {
    fail('segwitHeight', 'a height, or Infinity')
  }
  if (!Number.isInteger(params.maxReorgDepth) || params.maxReorgDepth < 1) {
    fail('maxReorgDepth', 'a whole number of at least 1')
  }
  return params
}

function isTarget (bits: number): boolean {
  try {
    return Number.isInteger(bits) && bits <= 0xffff_ffff && targetOf(bits) > 0n
  } catch (error) {
    if (error instanceof PeerFault) {
      return false
    }
    throw error
  }
}

function isRetarget (retarget: Retarget): boolean {
  return retarget === 'none' || (Number.isInteger(retarget.intervalBlocks) && retarget.intervalBlocks >= 2 &&
    Number.isInteger(retarget.targetTimespanSeconds) && retarget.targetTimespanSeconds >= 4)
}
