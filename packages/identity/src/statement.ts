import { ByteWriter } from '@peerwright/core'

/** What signatures are for. A signature for one is none for another: each signed text begins with its domain and a length before it. */
export type Domain =
  'peerwright/certificate/1' | 'peerwright/handshake/1' | 'peerwright/proof/1' | 'peerwright/registration/1' |
  'peerwright/migration/1' | 'peerwright/revocation/1' | 'peerwright/genesis/1' | 'peerwright/withdraw-hybrid/1'

/** Begins a text that is to be signed. */
export function statement (domain: Domain, capacityBytes: number = 512): ByteWriter {
  return new ByteWriter(capacityBytes).varBytes(new TextEncoder().encode(domain))
}
