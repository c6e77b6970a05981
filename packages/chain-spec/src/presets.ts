import { NANO_ADMISSION, QUANTUMCOIN_ADMISSION } from './admission-defaults.ts'
import { BITCOIN_MESSAGE_BYTES, NODE_NETWORK } from './constants.ts'
import type { NetworkSpec } from './network-spec.ts'
import { DEFAULT_POLICY, type Policy, type SeedSpec } from './policy.ts'
import { createProfile, type NetworkProfile } from './profile.ts'

/** The networks that come with the package. */
export type PresetName = 'quantumpay' | 'quantumcoin' | 'qnet' | 'nano' | 'bitcoin-main' | 'bitcoin-regtest'

/** What the networks with a chain of their own have in common: the embedder's chain knows the rest. */
const EMBEDDED: Omit<NetworkSpec, 'id' | 'magic' | 'protocolVersion' | 'minProtocolVersion'> = {
  genesis: 'required',
  maxMessageBytes: BITCOIN_MESSAGE_BYTES,
  maxBlockBytes: BITCOIN_MESSAGE_BYTES,
  headerFormat: 'custom',
  transactionFormat: 'custom',
  pow: 'none',
  minimumChainWork: 0n,
  requiredSecurity: 'none'
}

function policy (port: number, rest: Partial<Policy> = {}): Policy {
  return { ...DEFAULT_POLICY, listen: [{ ip: '0.0.0.0', port }], defaultPort: port, ...rest }
}

/**
 * Quantumpay: TCP 7001 and nothing else. The chain id 77077 is the one of its CHAIN.md and CONSENSUS.md; its audit and its
 * mainnet declaration say 77001, so check it against the network you join.
 */
const quantumpay = createProfile({
  name: 'quantumpay',
  network: {
    ...EMBEDDED,
    id: 'quantumpay-77077',
    // "QPAY": chosen, its wire has no magic
    magic: [0x51, 0x50, 0x41, 0x59],
    // Its handshake says version 1
    protocolVersion: 1,
    minProtocolVersion: 1
  },
  policy: policy(7001, { udp: 'forbidden' })
})

const QUANTUMCOIN_SEEDS: readonly SeedSpec[] = [1, 2, 3, 4].map(number => ({
  name: `seed${number}.quantumcoin.network`,
  records: ['A', 'AAAA', 'SRV', 'TXT'],
  srvPrefix: '_quantumcoin._tcp.',
  txtPrefix: 'qtc-peers.'
}))

/**
 * QuantumCoin: numbers of its description and its chain_spec.toml. Formats of header and transaction are Bitcoin's, since its
 * messages are and it publishes none of its own; a chain with others says so with `extendProfile`.
 */
const quantumcoin = createProfile({
  name: 'quantumcoin',
  network: {
    ...EMBEDDED,
    id: 'quantumcoin',
    // "QTCM"
    magic: [0x51, 0x54, 0x43, 0x4d],
    protocolVersion: 70_015,
    minProtocolVersion: 70_010,
    headerFormat: 'bitcoin',
    transactionFormat: 'bitcoin'
  },
  policy: policy(8333, {
    seeds: QUANTUMCOIN_SEEDS,
    // connection_timeout = 5 seconds
    timings: { ...DEFAULT_POLICY.timings, connectTimeoutMs: 5_000, handshakeTimeoutMs: 5_000 },
    slots: { maxInbound: 75, maxOutbound: 50, minOutbound: 8 },
    admission: QUANTUMCOIN_ADMISSION,
    // Its description asks for Noise with TLS 1.3 as the fallback
    channels: { ...DEFAULT_POLICY.channels, tls: 'allowed' }
  })
})

/** QNet: port 9876, nothing on disk, hybrid channels only. Its genesis peers come from the operator. */
const qnet = createProfile({
  name: 'qnet',
  network: {
    ...EMBEDDED,
    id: 'qnet',
    // "QNET": chosen, its HTTP wire has no magic
    magic: [0x51, 0x4e, 0x45, 0x54],
    // "qnet-v1.0"
    protocolVersion: 1,
    minProtocolVersion: 1
  },
  policy: policy(9876, { storage: 'memory', channels: { ...DEFAULT_POLICY.channels, hybrid: 'require', pqAuth: 'require' } })
})

/** Nano, live network: a linear chain in its place, for its block lattice is not claimed. Binds all adapters, dual stack. */
const nano = createProfile({
  name: 'nano',
  network: {
    ...EMBEDDED,
    id: 'nano',
    // Its header is "RC" and version_max, version_using; here the two bytes of the network are padded
    magic: [0x52, 0x43, 0x00, 0x00],
    // V27/V28: 0x15, at least 0x14 (NANO 1.1)
    protocolVersion: 0x15,
    minProtocolVersion: 0x14
  },
  policy: policy(7075, {
    listen: [{ ip: '::', port: 7075 }],
    admission: NANO_ADMISSION,
    channels: { ...DEFAULT_POLICY.channels, hybrid: 'prefer' }
  })
})

/** Bitcoin's formats and version numbers (Bitcoin Core, version.h and consensus.h; ANCHORS 1.3). */
const BITCOIN = {
  protocolVersion: 70_017,
  minProtocolVersion: 31_800,
  maxMessageBytes: BITCOIN_MESSAGE_BYTES,
  maxBlockBytes: BITCOIN_MESSAGE_BYTES,
  headerFormat: 'bitcoin',
  transactionFormat: 'bitcoin',
  requiredSecurity: 'none'
} as const

/** Bitcoin's chain. The network is our own: it has no seeds, and Bitcoin's nodes do not speak it. */
const bitcoinMain = createProfile({
  name: 'bitcoin-main',
  network: {
    ...BITCOIN,
    id: 'bitcoin-main',
    genesis: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    magic: [0xf9, 0xbe, 0xb4, 0xd9],
    // Bitcoin Core, chainparams.cpp: powLimit 2^224 - 1, nPowTargetTimespan 14 days, nPowTargetSpacing 10 min
    pow: { powLimitBits: 0x1d00_ffff, retarget: { intervalBlocks: 2_016, targetTimespanSeconds: 1_209_600 } },
    // Bitcoin Core 26.0, chainparams.cpp, nMinimumChainWork (block 804,000)
    minimumChainWork: 0x52b2559353df4117b7348b64n
  },
  policy: policy(8333, { services: NODE_NETWORK })
})

/** Bitcoin's regression test chain: blocks are made at will. */
const bitcoinRegtest = createProfile({
  name: 'bitcoin-regtest',
  network: {
    ...BITCOIN,
    id: 'bitcoin-regtest',
    genesis: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    magic: [0xfa, 0xbf, 0xb5, 0xda],
    // Bitcoin Core, chainparams.cpp: powLimit 2^255 - 1, fPowNoRetargeting
    pow: { powLimitBits: 0x207f_ffff, retarget: 'none' },
    minimumChainWork: 0n
  },
  policy: policy(18_444)
})

/** The profiles that come with the package. No preset names a DNS server, and only QuantumCoin has seeds. */
export const presets: Readonly<Record<PresetName, NetworkProfile>> = Object.freeze({
  quantumpay,
  quantumcoin,
  qnet,
  nano,
  'bitcoin-main': bitcoinMain,
  'bitcoin-regtest': bitcoinRegtest
})

/** Whether a preset has this name. */
export function isPresetName (name: string): name is PresetName {
  return Object.hasOwn(presets, name)
}
