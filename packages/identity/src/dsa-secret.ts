import type { PrivateKey } from '@libp2p/interface'
import { OperationError, type Random } from '@peerwright/core'
import { DSA_SEED_BYTES } from '@peerwright/crypto'
import type { ProofSuite } from '@peerwright/protocol-messages'
import { deriveSeed } from './derived-seed.ts'

/** Last epoch: an epoch has 32 bits. */
export const MAX_EPOCH = 0xffff_ffff

/** What an ML-DSA key is made from. Secret: never logged, and in no error. */
export interface DsaSecret {
  readonly suite: ProofSuite
  /** How often the key was replaced: 0 to 2^32 - 1 */
  readonly epoch: number
  /** xi of FIPS 204: 32 bytes */
  readonly seed: Uint8Array
  /** The key of the epoch before, which vouches for this one */
  readonly previous?: { readonly suite: ProofSuite, readonly seed: Uint8Array }
}

/** The ML-DSA key of an Ed25519 identity. Nothing is kept: it follows from the identity, the suite and the epoch. */
export function derivedSecret (
  identity: Pick<PrivateKey, 'type' | 'raw'>, suite: ProofSuite, epoch: number = 0, previousSuite: ProofSuite = suite
): DsaSecret {
  const seed = deriveSeed(identity, suite, epoch)
  return epoch === 0
    ? { suite, epoch, seed }
    : { suite, epoch, seed, previous: { suite: previousSuite, seed: deriveSeed(identity, previousSuite, epoch - 1) } }
}

/** A key that has nothing to do with the identity; to be kept in a file. */
export function freshSecret (suite: ProofSuite, random: Random): DsaSecret {
  return { suite, epoch: 0, seed: random.bytes(DSA_SEED_BYTES) }
}

/** The next key, for which the one before vouches. @throws OperationError `last-epoch` */
export function rotatedSecret ({ suite, epoch, seed }: DsaSecret, next: ProofSuite, random: Random): DsaSecret {
  if (epoch === MAX_EPOCH) {
    throw new OperationError('last-epoch', 'there is no epoch after this one')
  }
  return { suite: next, epoch: epoch + 1, seed: random.bytes(DSA_SEED_BYTES), previous: { suite, seed } }
}
