import { readFile, stat } from 'node:fs/promises'
import { isPresetName, loadChainSpec, type NetworkProfile, presets, SpecError } from '@peerwright/chain-spec'
import { BITCOIN_MAIN, BITCOIN_REGTEST, type ChainParams } from '@peerwright/chain-store'
import { ByteReader, fromHex } from '@peerwright/core'
import { BITCOIN_HEADER_BYTES, bitcoinHeaderCodec } from '@peerwright/protocol-messages'
import { codeOf } from './data-folder.ts'
import { UsageError } from './usage-error.ts'

/** Genesis blocks that come with the chain store. */
const KNOWN: readonly ChainParams[] = [BITCOIN_MAIN, BITCOIN_REGTEST]

/** The easiest target there is: for networks whose profile leaves work to the embedder. */
const EASIEST_BITS = 0x207f_ffff

/** Largest genesis file that is read, in bytes: a block of any network. */
const MAX_GENESIS_BYTES = 4_000_000

/** The profile that `--spec` names: a preset or a file. @throws UsageError, SpecError */
export async function profileOf (spec: string): Promise<NetworkProfile> {
  if (isPresetName(spec)) {
    return presets[spec]
  }
  try {
    return await loadChainSpec(spec)
  } catch (error) {
    if (error instanceof SpecError && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ENOENT') {
      throw new UsageError(`--spec: ${JSON.stringify(spec.slice(0, 200))} is no file, and none of the presets ${Object.keys(presets).join(', ')}`, { cause: error })
    }
    throw error
  }
}

/**
 * What the chain store must know of a network.
 *
 * @param genesisFile - a file with the genesis header or block, binary or hexadecimal, for networks that need one
 * @throws UsageError when the network's headers are not Bitcoin's, or its genesis is not to be had
 */
export async function chainParamsOf (profile: NetworkProfile, genesisFile?: string): Promise<ChainParams> {
  const { network } = profile
  if (network.headerFormat !== 'bitcoin') {
    throw new UsageError(`the headers of ${profile.name} are of its own format: embed @peerwright/node and bring your own Chain`)
  }
  const known = KNOWN.find(params => genesisId(params.genesisHeader) === network.genesis)
  const genesisHeader = genesisFile === undefined ? known?.genesisHeader : await readGenesis(genesisFile)
  if (genesisHeader === undefined) {
    throw new UsageError(`the genesis block of ${profile.name} is not known here: give it with --genesis FILE`)
  }
  if (network.genesis !== 'required' && network.genesis !== genesisId(genesisHeader)) {
    throw new UsageError(`the genesis block in ${genesisFile ?? 'use'} is not the one of ${profile.name}`)
  }
  return {
    genesisHeader,
    magic: network.magic,
    powLimitBits: network.pow === 'none' ? EASIEST_BITS : network.pow.powLimitBits,
    retarget: network.pow === 'none' ? 'none' : network.pow.retarget,
    maxBlockBytes: network.maxBlockBytes,
    segwitHeight: known?.segwitHeight ?? 0,
    maxReorgDepth: BITCOIN_MAIN.maxReorgDepth
  }
}

/** The id of a genesis header. */
function genesisId (header: Uint8Array): string {
  return bitcoinHeaderCodec.read(new ByteReader(header)).id
}

async function readGenesis (file: string): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    if ((await stat(file)).size > MAX_GENESIS_BYTES) {
      throw new UsageError(`${file} is too large for a genesis block`)
    }
    bytes = await readFile(file)
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`--genesis: ${file} cannot be read: ${codeOf(error)}`, { cause: error })
  }
  const text = fromHex(new TextDecoder('latin1').decode(bytes).trim())
  const header = (text ?? bytes).subarray(0, BITCOIN_HEADER_BYTES)
  if (header.length < BITCOIN_HEADER_BYTES) {
    throw new UsageError(`${file} is shorter than a header of ${BITCOIN_HEADER_BYTES} bytes`)
  }
  return Uint8Array.from(header)
}
