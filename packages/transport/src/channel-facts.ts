import type { ChannelFacts } from '@peerwright/interface'
import { NOISE_ID, PQ_NOISE_ID } from './noise/noise.ts'

/** Encrypters whose key exchange is fixed by their protocol id. */
const KNOWN: ReadonlyMap<string, ChannelFacts> = new Map([
  [NOISE_ID, { protocol: NOISE_ID, kex: 'X25519', pq: false }],
  [PQ_NOISE_ID, { protocol: PQ_NOISE_ID, kex: 'X25519+MLKEM768', pq: true }]
])

/**
 * What is known of a channel by the id of its encrypter. An encrypter that negotiates its key exchange counts as classical
 * as long as nobody tells what was negotiated.
 */
export function channelFacts (protocol: string | undefined): ChannelFacts {
  return KNOWN.get(protocol ?? '') ?? { protocol: protocol ?? 'unknown', kex: 'unknown', pq: false }
}
