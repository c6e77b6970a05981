import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'

/** The Ed25519 identity of a number: always the same. */
export async function keyOf (number: number): Promise<Ed25519PrivateKey> {
  return await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(number))
}
