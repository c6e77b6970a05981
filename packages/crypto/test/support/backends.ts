import { type Backend, type DsaSuite, loadPostQuantum, type MlDsa, type MlKem } from '../../src/index.ts'

const ALL: readonly Backend[] = ['native', 'wasm', 'portable']

/** The backends of ML-KEM that there are on this Node. */
export async function kemBackends (): Promise<Array<[Backend, MlKem]>> {
  const found: Array<[Backend, MlKem]> = []
  for (const backend of ALL) {
    const loaded = await loadPostQuantum({ kem: [backend], signatures: [] }).catch(() => undefined)
    if (loaded !== undefined) {
      found.push([backend, loaded.kem])
    }
  }
  return found
}

/** The backends of ML-DSA that there are on this Node. */
export async function dsaBackends (suite: DsaSuite): Promise<Array<[Backend, MlDsa]>> {
  const found: Array<[Backend, MlDsa]> = []
  for (const backend of ALL) {
    const { signatures } = await loadPostQuantum({ signatures: [backend], suite, allowSlowSignatures: true })
    if (signatures !== undefined) {
      found.push([backend, signatures])
    }
  }
  return found
}
