import { createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto'
import type { PrivateKey } from '@libp2p/interface'
import { ByteWriter, equalBytes, OperationError } from '@peerwright/core'
import { DSA_SEED_BYTES } from '@peerwright/crypto'
import type { ProofSuite } from '@peerwright/protocol-messages'
import { suiteId } from './suites.ts'

/** What the derived bytes are for (the issue "Transport and identity", 6). */
const LABEL = new TextEncoder().encode('peerwright/ml-dsa/1')

/** A private key of libp2p: the seed of 32 bytes, then the public key (RFC 8032, as libp2p's Ed25519 keys have it). */
const ED25519_SEED_BYTES = 32
const ED25519_KEY_BYTES = 64

/** PKCS #8 around an Ed25519 seed, and SPKI around its public key (RFC 8410, 7). */
const PKCS8_START = Uint8Array.of(0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20)
const SPKI_START_BYTES = 12

/**
 * The seed xi of an ML-DSA key (FIPS 204, algorithm 6) that follows from an Ed25519 identity: nothing more needs to be kept.
 * A quantum computer finds an Ed25519 scalar from its public key, but not the seed that was hashed into the scalar. Keys of other kinds are
 * their own secret and give no seed.
 *
 * @param epoch - 0 to 2^32 - 1; each gives another key
 * @throws OperationError `no-seed` for any key but Ed25519 with its seed, `invalid-option`
 */
export function deriveSeed (identity: Pick<PrivateKey, 'type' | 'raw'>, suite: ProofSuite, epoch: number): Uint8Array {
  if (!Number.isInteger(epoch) || epoch < 0 || epoch > 0xffff_ffff) {
    throw new OperationError('invalid-option', 'an epoch is a whole number from 0 to 4294967295')
  }
  const info = new ByteWriter(LABEL.length + 5).bytes(LABEL).u8(suiteId(suite)).u32le(epoch).finish()
  return new Uint8Array(hkdfSync('sha512', seedOf(identity), new Uint8Array(0), info, DSA_SEED_BYTES))
}

function seedOf ({ type, raw }: Pick<PrivateKey, 'type' | 'raw'>): Uint8Array {
  if (type !== 'Ed25519') {
    throw new OperationError('no-seed', `an identity of type ${type} has no seed to derive an ML-DSA key from: use an Ed25519 identity, or an ML-DSA key file`)
  }
  const seed = raw.subarray(0, ED25519_SEED_BYTES)
  // An expanded key has 64 bytes too, but its first half is a scalar: the public key does not follow from it as from a seed
  if (raw.length !== ED25519_KEY_BYTES || !equalBytes(ed25519PublicKey(seed), raw.subarray(ED25519_SEED_BYTES))) {
    throw new OperationError('no-seed', 'this Ed25519 identity is an expanded key, without its seed: use an ML-DSA key file')
  }
  return seed
}

function ed25519PublicKey (seed: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_START, seed]), format: 'der', type: 'pkcs8' })
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_START_BYTES)
}
