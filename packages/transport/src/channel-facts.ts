import type { ChannelFacts } from '@peerwright/interface'
import { SUITES } from './noise/suite.ts'

/** Facts by the timeline that a stream under an encrypter shares with the connection over it: libp2p carries nothing else through. */
const byTimeline = new WeakMap<object, ChannelFacts>()

const NOTHING_PROVED = { pqAuth: false, peerCertified: false } as const

/** The part of a connection of libp2p that its facts are found by. */
export interface FactsOfConnection {
  readonly encryption?: string | undefined
  readonly timeline: object
}

/** Notes what is known of a channel for whoever holds the connection later. */
export function noteChannelFacts (stream: { readonly timeline: object }, facts: ChannelFacts): void {
  byTimeline.set(stream.timeline, facts)
}

/**
 * What is known of the channel under a connection: what its encrypter noted, if it is one of ours. Of others the id alone counts, and an
 * encrypter that negotiates its key exchange is classical as long as nobody tells what was negotiated.
 */
export function channelFacts ({ encryption, timeline }: FactsOfConnection): ChannelFacts {
  return byTimeline.get(timeline) ?? factsOfProtocol(encryption)
}

/** The facts that a protocol's id alone gives. */
export function factsOfProtocol (protocol = 'unknown'): ChannelFacts {
  const suite = SUITES.find(known => known.protocol === protocol)
  return { protocol, kex: suite === undefined ? 'unknown' : suite.hybrid ? 'X25519+MLKEM768' : 'X25519', pq: suite?.hybrid ?? false, ...NOTHING_PROVED }
}
