import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import type { Random } from '@peerwright/core'

/** Of an Ed25519 key. Nobody has its private half: on the virtual internet nobody can claim to be somebody else. */
const PUBLIC_KEY_BYTES = 32

/** A PeerId as others are. */
export function drawPeerId (random: Random): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(random.bytes(PUBLIC_KEY_BYTES)))
}
