import type { PeerIdText } from '@peerwright/interface'
import type { SessionFacts } from '../../src/session-proof.ts'

/** The facts of a proof of one peer to another. */
export const factsOf = (prover: PeerIdText, asker: PeerIdText): SessionFacts => ({
  networkId: '5a'.repeat(32), prover, asker, proverNonce: 11n, askerNonce: 22n, channelBinding: new Uint8Array(32).fill(3)
})
