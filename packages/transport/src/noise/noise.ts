import type { ConnectionEncrypter } from '@libp2p/interface'
import { loadPostQuantum, type MlKem } from '@peerwright/crypto'
import { type NoiseComponents, NoiseEncrypter, type NoiseOptions } from './noise-encrypter.ts'
import { CLASSICAL, CLASSICAL_BLAKE2S, HYBRID, HYBRID_AES, HYBRID_DRAFT, type NoiseCipher } from './suite.ts'

/** Options of `noise`. */
export interface ClassicalNoiseOptions extends NoiseOptions {
  /** `blake2s`: under an id of its own, which no other libp2p has. @default 'sha256' */
  readonly hash?: 'sha256' | 'blake2s'
}

/** Options of `pqNoise`. */
export interface HybridNoiseOptions extends NoiseOptions {
  /** `aes-256-gcm`: under an id of its own, which no other libp2p has; changes its key as it goes. @default 'chacha20-poly1305' */
  readonly cipher?: NoiseCipher
  /** `0.1.0`: the same handshake under the id of the proposal's draft, for those who speak that. @default '0.2.0' */
  readonly version?: '0.2.0' | '0.1.0'
}

/** libp2p's Noise: `Noise_XX_25519_ChaChaPoly_SHA256` under `/noise`, as every libp2p speaks it. */
export function noise ({ hash = 'sha256', ...options }: ClassicalNoiseOptions = {}): (components: NoiseComponents) => ConnectionEncrypter {
  const suite = hash === 'blake2s' ? CLASSICAL_BLAKE2S : CLASSICAL
  return components => new NoiseEncrypter(suite, components, options)
}

/**
 * Noise with ML-KEM-768 beside X25519, under `/noise-mlkem768-hfs/0.2.0`: what is recorded today stays closed to a quantum
 * computer of tomorrow. Who the other side is rests on classical signatures, unless `extensions` prove more.
 */
export function pqNoise ({ cipher = 'chacha20-poly1305', version = '0.2.0', ...options }: HybridNoiseOptions = {}): (components: NoiseComponents) => ConnectionEncrypter {
  const suite = cipher === 'aes-256-gcm' ? HYBRID_AES : version === '0.1.0' ? HYBRID_DRAFT : HYBRID
  let kem: Promise<MlKem> | undefined
  return components => new NoiseEncrypter(suite, components, options, async () => {
    kem ??= loadPostQuantum({ signatures: [] }).then(loaded => loaded.kem)
    return await kem
  })
}
