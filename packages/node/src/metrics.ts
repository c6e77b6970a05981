import type { PeerSession } from '@peerwright/interface'

/** What a node counts of its channels. */
export interface ChannelCounts {
  readonly sessions: readonly PeerSession[]
  /** Channels that did not come about, by code */
  readonly refused: Readonly<Record<string, number>>
  /** Connections that began like no libp2p, by what they were */
  readonly foreign: Readonly<Record<string, number>>
}

/** Channels as numbers under their names and labels in the form of Prometheus. */
export function channelMetrics ({ sessions, refused, foreign }: ChannelCounts): Record<string, number> {
  const metrics: Record<string, number> = {}
  const count = (name: string, by: number): void => { metrics[name] = (metrics[name] ?? 0) + by }
  for (const { channel: { protocol, kex, pq, pqAuth, peerCertified } } of sessions) {
    count(`channel_sessions{protocol="${protocol}",kex="${kex}",pq="${pq}",pq_auth="${pqAuth}",certified="${peerCertified}"}`, 1)
  }
  for (const [code, times] of Object.entries(refused)) {
    count(`channel_refused_total{code="${code}"}`, times)
  }
  for (const [what, times] of Object.entries(foreign)) {
    count(`foreign_connections_total{began_like="${what}"}`, times)
  }
  return metrics
}
