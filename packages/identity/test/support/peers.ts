import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'
import { OperationError, PeerFault, seededRandom } from '@peerwright/core'
import type { PeerIdText, Signer } from '@peerwright/interface'
import type { ProofSuite } from '@peerwright/protocol-messages'
import { createSigner, derivedSecret, type DsaSecret, freshSecret, loadSuites, type Suites } from '../../src/index.ts'

/** When the tests happen: seconds since the Unix epoch. */
export const NOW = 1_800_000_000

/** All suites, from the best backend there is. */
export const ALL_SUITES: Suites = await loadSuites()

/** The Ed25519 identity of a number: always the same. */
export async function keyOf (number: number): Promise<Ed25519PrivateKey> {
  return await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(number))
}

/** A peer: who it is, and what it signs with. */
export interface TestPeer {
  readonly peerId: PeerIdText
  readonly identity: PrivateKey
  readonly secret: DsaSecret
  readonly signer: Signer
}

/** The peer of a number, with the key of an epoch. */
export async function peerOf (number: number, suite: ProofSuite = 'ml-dsa-65', epoch: number = 0, previousSuite: ProofSuite = suite): Promise<TestPeer> {
  const identity = await keyOf(number)
  return peerWith(identity, derivedSecret(identity, suite, epoch, previousSuite))
}

/** A peer with an identity of another kind, and an ML-DSA key of its own. */
export async function peerOfType (type: 'secp256k1' | 'ECDSA' | 'RSA'): Promise<TestPeer> {
  return peerWith(await generateKeyPair(type as 'RSA'), freshSecret('ml-dsa-65', seededRandom(7)))
}

/** A peer with the longest PeerId there is: one of ECDSA holds its whole key. */
export async function peerOfLongestId (): Promise<TestPeer> {
  return peerWith(await generateKeyPair('ECDSA', 'P-521'), freshSecret('ml-dsa-65', seededRandom(9)))
}

/** A peer with these very keys, whether or not they belong together. */
export function peerWith (identity: PrivateKey, secret: DsaSecret): TestPeer {
  return { peerId: identity.publicKey.toString(), identity, secret, signer: createSigner({ identity, secret, suites: ALL_SUITES }) }
}

/** Whether an error is a peer's fault with this code. */
export const isFault = (code: string) => (error: unknown): boolean => error instanceof PeerFault && error.code === code

/** Whether an error is a failed operation with this code. */
export const isOperation = (code: string, says: RegExp = /./) => (error: unknown): boolean =>
  error instanceof OperationError && error.code === code && says.test(error.message)
