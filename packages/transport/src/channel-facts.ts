import type { ChannelFacts } from '@peerwright/interface'

/** Encrypters whose key exchange is fixed by their protocol id. */
const KNOWN: Readonly<Record<string, ChannelFacts>> = {
  '/noise': { protocol: '/noise', kex: 'X25519', pq: false }
}

/**
 * What is known of a channel by the id of its encrypter. An encrypter that negotiates its key exchange counts as classical
 * as long as nobody tells what was negotiated.
 */
export function channelFacts (protocol: string | undefined): ChannelFacts {
  return KNOWN[protocol ?? ''] ?? { protocol: protocol ?? 'unknown', kex: 'unknown', pq: false }
}
