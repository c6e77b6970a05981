/**
 * @packageDocumentation
 *
 * One conversation with one peer: `version` and `verack`, pings, a live and a bulk stream with credits and back-pressure,
 * and a goodbye that says why. There is one session per PeerId. The service is the libp2p `Network` that the other
 * packages of Peerwright are written against; it works alone in any libp2p node.
 *
 * Its specification is `docs/specs/session.md`.
 *
 * @example In a libp2p node of your own
 *
 * ```ts
 * import { noise } from '@libp2p/noise'
 * import { tcp } from '@libp2p/tcp'
 * import { yamux } from '@libp2p/yamux'
 * import { session } from '@peerwright/session'
 * import { MUXER_STREAM_OPTIONS } from '@peerwright/transport'
 * import { createLibp2p } from 'libp2p'
 *
 * const libp2p = await createLibp2p({
 *   transports: [tcp()],
 *   connectionEncrypters: [noise()],
 *   streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })],
 *   services: {
 *     session: session({
 *       networkId: '00'.repeat(32),
 *       protocolName: 'example',
 *       protocolVersion: 1,
 *       minProtocolVersion: 1,
 *       maxBlockBytes: 1_000_000,
 *       tip: () => ({ id: '00'.repeat(32), height: 0, work: 0n })
 *     })
 *   }
 * })
 * libp2p.services.session.observe({ opened: peer => { console.info(peer.remote.userAgent) } })
 * await libp2p.stop()
 * ```
 */
import type { SessionInit } from './options.ts'
import { Libp2pSessions, type SessionComponents, type SessionService } from './service.ts'

export { SESSION_DEFAULTS, type LocalTip, type SessionDefaults, type SessionInit } from './options.ts'
export type { SessionComponents, SessionService } from './service.ts'

/**
 * The session service, for `services` of `createLibp2p`.
 *
 * @throws OperationError `invalid-option`
 */
export function session (init: SessionInit): (components: SessionComponents) => SessionService {
  return components => new Libp2pSessions(components, init)
}
