/** The hash of a suite, by its name in Node. */
export type NoiseHash = 'sha256' | 'blake2s256'

/** The AEAD of a suite, by its name in Node. */
export type NoiseCipher = 'chacha20-poly1305' | 'aes-256-gcm'

/** One handshake with its primitives, and the id under which it is offered: whoever picks the id has picked everything. */
export interface NoiseSuite {
  /** The multistream id */
  readonly protocol: string
  /** The name of the Noise protocol. Names are hashed, so a letter more or less is another protocol */
  readonly name: string
  readonly hash: NoiseHash
  readonly cipher: NoiseCipher
  /** Whether ML-KEM-768 stands beside X25519 */
  readonly hybrid: boolean
}

/** The id of `noise()`. Source: libp2p specs, noise. */
export const NOISE_ID = '/noise'
/** The id of `noise({ hash: 'blake2s' })`. Our own: no libp2p has one. */
export const NOISE_BLAKE2S_ID = '/peerwright/noise-blake2s/0.1.0'
/** The id of `pqNoise()`. Source: the open proposal libp2p/specs#727 and its implementations. */
export const PQ_NOISE_ID = '/noise-mlkem768-hfs/0.2.0'
/** The id of `pqNoise({ version: '0.1.0' })`: the same handshake under the id of the proposal's draft. */
export const PQ_NOISE_DRAFT_ID = '/noise-mlkem768-hfs/0.1.0'
/** The id of `pqNoise({ cipher: 'aes-256-gcm' })`. Our own. */
export const PQ_NOISE_AES_ID = '/peerwright/noise-mlkem768-hfs-aesgcm/0.1.0'

const CHACHA = { hash: 'sha256', cipher: 'chacha20-poly1305' } as const
const HYBRID_NAME = 'Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256'

/** The suite that every libp2p speaks. */
export const CLASSICAL: NoiseSuite = { ...CHACHA, protocol: NOISE_ID, name: 'Noise_XX_25519_ChaChaPoly_SHA256', hybrid: false }
/** The same with BLAKE2s. */
export const CLASSICAL_BLAKE2S: NoiseSuite = {
  protocol: NOISE_BLAKE2S_ID, name: 'Noise_XX_25519_ChaChaPoly_BLAKE2s', hash: 'blake2s256', cipher: 'chacha20-poly1305', hybrid: false
}
/** The suite of the proposal. */
export const HYBRID: NoiseSuite = { ...CHACHA, protocol: PQ_NOISE_ID, name: HYBRID_NAME, hybrid: true }
/** The same under the id of the draft. */
export const HYBRID_DRAFT: NoiseSuite = { ...CHACHA, protocol: PQ_NOISE_DRAFT_ID, name: HYBRID_NAME, hybrid: true }
/** The same with AES-256-GCM. */
export const HYBRID_AES: NoiseSuite = {
  protocol: PQ_NOISE_AES_ID, name: 'Noise_XXhfs_25519+MLKEM768_AESGCM_SHA256', hash: 'sha256', cipher: 'aes-256-gcm', hybrid: true
}

/** All suites; there are no others. */
export const SUITES: readonly NoiseSuite[] = [CLASSICAL, CLASSICAL_BLAKE2S, HYBRID, HYBRID_DRAFT, HYBRID_AES]
