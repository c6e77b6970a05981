/**
 * @packageDocumentation
 *
 * How bytes travel: the rules under which TCP is listened on and dialled, the numbers of the muxer that back-pressure
 * depends on, and what is known of an encrypted channel.
 *
 * @example A libp2p node with these rules
 *
 * ```ts
 * import { noise } from '@libp2p/noise'
 * import { yamux } from '@libp2p/yamux'
 * import { listenMultiaddr, MUXER_STREAM_OPTIONS, peerTcp } from '@peerwright/transport'
 * import { createLibp2p } from 'libp2p'
 *
 * const libp2p = await createLibp2p({
 *   addresses: { listen: [listenMultiaddr('127.0.0.1', 7001)] },
 *   transports: [peerTcp({ dialFrom: '127.0.0.1' })],
 *   connectionEncrypters: [noise()],
 *   streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
 *   start: false
 * })
 * await libp2p.stop()
 * ```
 */
export { channelFacts } from './channel-facts.ts'
export { classifyFirstBytes, FIRST_BYTES, type FirstBytes } from './first-bytes.ts'
export { firstBytesGuard, type FirstBytesInit, type ForeignReason } from './first-bytes-guard.ts'
export { checkMuxer, MUXER_STREAM_OPTIONS, type MuxerStreamOptions, sturdyMuxer } from './muxer.ts'
export { noise, NOISE_ID, type NoiseComponents, PQ_NOISE_ID, pqNoise } from './noise/noise.ts'
export { listenError, listenMultiaddr, peerTcp, type TcpRules } from './tcp-rules.ts'
