import type { Clock } from '@peerwright/core'
import type { Network } from '@peerwright/interface'
import type { PeerAdmission } from './admission.ts'

/** What the agent of a blockchain node looks like: `/name:version/`, one or more (BIP 14). */
const AGENT = /^\/[^/:]+:[^/]+\/([^/:]+:[^/]+\/)*$/

/** Tells admission how the conversations of a network end. @returns a function that stops it */
export function watchConduct (network: Network, admission: PeerAdmission, clock: Clock): () => void {
  return network.observe({
    opened: session => {
      if (!AGENT.test(session.remote.userAgent) && !admission.isExempt(session.address)) {
        admission.watch.suspect(admission.connections.hostOf(session.address), 'suspicious-agent', clock.monotonic())
      }
    },
    closed: (session, end) => { admission.ended(session, end, clock.monotonic()) },
    failed: (peer, end) => { admission.ended(peer, end, clock.monotonic()) }
  })
}
