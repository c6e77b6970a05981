/**
 * @packageDocumentation
 *
 * How bytes travel: the rules under which TCP is listened on and dialled, the numbers of the muxer that back-pressure
 * depends on, encrypted channels with a post-quantum key exchange, and what is known of them.
 *
 * @example A libp2p node with these rules
 *
 * ```ts
 * import { yamux } from '@libp2p/yamux'
 * import { listenMultiaddr, MUXER_STREAM_OPTIONS, noise, peerTcp, pqNoise } from '@peerwright/transport'
 * import { createLibp2p } from 'libp2p'
 *
 * const libp2p = await createLibp2p({
 *   addresses: { listen: [listenMultiaddr('127.0.0.1', 7001)] },
 *   transports: [peerTcp({ dialFrom: '127.0.0.1' })],
 *   connectionEncrypters: [pqNoise(), noise()],
 *   streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
 *   start: false
 * })
 * await libp2p.stop()
 * ```
 */
export { type AddressPin, AddressPins } from './address-pins.ts'
export { channelFacts, factsOfProtocol, type FactsOfConnection } from './channel-facts.ts'
export { ChannelGuard, type ChannelGuardInit, type ChannelPolicy, type GuardedChannel } from './channel-guard.ts'
export type { EncrypterOptions } from './encrypter-options.ts'
export { DowngradeError, type DowngradeReason, WrongIdentityError } from './errors.ts'
export { classifyFirstBytes, FIRST_BYTES, type FirstBytes } from './first-bytes.ts'
export { firstBytesGuard, type FirstBytesInit, type ForeignReason } from './first-bytes-guard.ts'
export { GATE_LIMITS, type GateLimits, HandshakeGate } from './handshake-gate.ts'
export { checkMuxer, MUXER_STREAM_OPTIONS, type MuxerStreamOptions, sturdyMuxer } from './muxer.ts'
export type { PayloadExtensions, PayloadFacts, Proved } from './noise/extensions.ts'
export type { NoiseComponents, NoiseOptions } from './noise/noise-encrypter.ts'
export { type ClassicalNoiseOptions, type HybridNoiseOptions, noise, pqNoise } from './noise/noise.ts'
export { NOISE_BLAKE2S_ID, NOISE_ID, type NoiseCipher, PQ_NOISE_AES_ID, PQ_NOISE_DRAFT_ID, PQ_NOISE_ID } from './noise/suite.ts'
export { checkOffer, expectedEncrypter, type Offer } from './offer.ts'
export { spkiPin } from './spki-pin.ts'
export { checkWithdrawn, type HybridWithdrawal, STICKY_EXPIRY_MS, STICKY_PEERS, type StickyEntry, StickyMemory } from './sticky-memory.ts'
export { tlsFallback, TLS_ID } from './tls-fallback.ts'
export type { LostSocket } from './lost-sockets.ts'
export { listenError, listenMultiaddr, peerTcp, type TcpRules } from './tcp-rules.ts'
