import { equalBytes, OperationError } from '@peerwright/core'
import { DSA_SEED_BYTES, type DsaSuite, ML_DSA, type MlDsa } from './ml-dsa.ts'
import type { MlKem } from './ml-kem.ts'
import { nativeDsa, nativeKem } from './native.ts'
import { portableDsa, portableKem } from './portable.ts'
import { wasmDsa, wasmKem } from './wasm.ts'

/** Where a primitive comes from: OpenSSL in Node, liboqs in WebAssembly, plain JavaScript. */
export type Backend = 'native' | 'wasm' | 'portable'

/** How the primitives are chosen. */
export interface CryptoOptions {
  /** Backends that may be used, in the order of preference; what is not there is passed over. @default ['native', 'wasm', 'portable'] */
  readonly kem?: readonly Backend[]
  /** The same for signatures. @default ['wasm', 'native', 'portable']: WebAssembly signs in half the time of OpenSSL 3.5 */
  readonly signatures?: readonly Backend[]
  /** Parameter set of ML-DSA. @default 'ML-DSA-65' */
  readonly suite?: DsaSuite
  /** Whether to sign in plain JavaScript, 7 to 8 ms a signature, where nothing faster is there. @default false */
  readonly allowSlowSignatures?: boolean
}

/** The primitives, and where they come from. */
export interface PostQuantum {
  readonly kem: MlKem
  readonly kemBackend: Backend
  /** Absent where only the slow backend is there and slow signatures were not allowed */
  readonly signatures: MlDsa | undefined
  readonly signatureBackend: Backend | undefined
}

const KEM_ORDER: readonly Backend[] = ['native', 'wasm', 'portable']
const SIGNATURE_ORDER: readonly Backend[] = ['wasm', 'native', 'portable']

/**
 * Chooses the best backends that work here; each shows that it does before it is chosen.
 *
 * @throws OperationError `no-backend` when none of the named ones works, `invalid-option`
 */
export async function loadPostQuantum (options: CryptoOptions = {}): Promise<PostQuantum> {
  const { kem: kemOrder = KEM_ORDER, signatures: signatureOrder = SIGNATURE_ORDER, suite = 'ML-DSA-65', allowSlowSignatures = false } = options
  if (!Object.hasOwn(ML_DSA, suite)) {
    throw new OperationError('invalid-option', `crypto option suite must be one of ${Object.keys(ML_DSA).join(', ')}`)
  }
  const kem = await firstThatWorks(kemOrder, kemOf, kemWorks)
  if (kem === undefined) {
    throw new OperationError('no-backend', `ML-KEM-768 is not to be had from ${kemOrder.join(', ') || 'no backend'} here`)
  }
  const signatures = await firstThatWorks(signatureOrder.filter(backend => backend !== 'portable' || allowSlowSignatures), async backend => await dsaOf(backend, suite), dsaWorks)
  return { kem: kem.value, kemBackend: kem.backend, signatures: signatures?.value, signatureBackend: signatures?.backend }
}

/**
 * The signatures, for those who cannot do without.
 *
 * @throws OperationError `slow-signatures`, which names the remedy
 */
export function requireSignatures ({ signatures }: PostQuantum): MlDsa {
  if (signatures === undefined) {
    throw new OperationError('slow-signatures', 'ML-DSA is to be had in plain JavaScript only, at 7 ms a signature: use Node 24.7 or later, install @oqs/liboqs-js, or set allowSlowSignatures')
  }
  return signatures
}

async function kemOf (backend: Backend): Promise<MlKem> {
  return backend === 'native' ? nativeKem : backend === 'wasm' ? await wasmKem() : portableKem
}

async function dsaOf (backend: Backend, suite: DsaSuite): Promise<MlDsa> {
  return backend === 'native' ? nativeDsa(suite) : backend === 'wasm' ? await wasmDsa(suite) : portableDsa(suite)
}

async function firstThatWorks<T> (
  order: readonly Backend[], make: (backend: Backend) => Promise<T>, works: (value: T) => boolean
): Promise<{ readonly backend: Backend, readonly value: T } | undefined> {
  for (const backend of order) {
    try {
      const value = await make(backend)
      if (works(value)) {
        return { backend, value }
      }
    } catch {
      // Not in this Node, or not installed: the next one
    }
  }
  return undefined
}

function kemWorks (kem: MlKem): boolean {
  const pair = kem.generate()
  const { ciphertext, sharedSecret } = kem.encapsulate(pair.publicKey)
  return equalBytes(pair.decapsulate(ciphertext), sharedSecret)
}

function dsaWorks (dsa: MlDsa): boolean {
  const key = dsa.fromSeed(new Uint8Array(DSA_SEED_BYTES))
  const message = Uint8Array.of(1)
  return dsa.verify(key.publicKey, message, key.sign(message))
}
