import type { Clock } from '@peerwright/core'
import type { Network } from '@peerwright/interface'
import type { ReliabilityBook } from '@peerwright/peer-scoring'
import type { PeerAdmission } from './admission.ts'

/** What the agent of a blockchain node looks like: `/name:version/`, one or more (BIP 14). */
const AGENT = /^\/[^/:]+:[^/]+\/([^/:]+:[^/]+\/)*$/

/**
 * Tells admission how the conversations of a network end, and how reliably peers are there.
 *
 * @returns a function that stops it
 */
export function watchConduct (network: Network, admission: PeerAdmission, clock: Clock, reliability?: ReliabilityBook): () => void {
  return network.observe({
    opened: session => {
      reliability?.record(session.peerId, true)
      if (!AGENT.test(session.remote.userAgent) && !admission.isExempt(session.peerId, session.address)) {
        admission.watch.suspect(admission.connections.hostOf(session.address), 'suspicious-agent', clock.monotonic())
      }
    },
    closed: (session, end) => {
      if (end.code === 'timeout' || end.code === 'slow' || end.code === 'fault') {
        reliability?.record(session.peerId, false)
      }
      admission.ended(session, end, clock.monotonic())
    },
    failed: (peer, end) => {
      if (end.code === 'timeout' || end.code === 'lost') {
        reliability?.record(peer.peerId, false)
      }
      admission.ended(peer, end, clock.monotonic())
    }
  })
}
