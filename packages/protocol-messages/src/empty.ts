import { ByteReader } from '@peerwright/core'

/**
 * Checks the payload of a message that has none: verack, getaddr, mempool, sendheaders, wtxidrelay, sendaddrv2, get-tip, get-peers.
 *
 * @throws PeerFault `trailing-bytes`
 */
export function decodeEmpty (payload: Uint8Array): void {
  new ByteReader(payload).end()
}
