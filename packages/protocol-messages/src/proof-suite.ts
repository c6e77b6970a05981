import { invariant, PeerFault } from '@peerwright/core'

/** Signature suites, by their number on the wire. A number keeps its meaning for ever. */
export type ProofSuite = 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'

interface Suite {
  readonly id: number
  readonly keyBytes: number
  readonly signatureBytes: number
}

/** Sizes: FIPS 204, table 2. */
export const PROOF_SUITES: Readonly<Record<ProofSuite, Suite>> = {
  'ml-dsa-44': { id: 1, keyBytes: 1_312, signatureBytes: 2_420 },
  'ml-dsa-65': { id: 2, keyBytes: 1_952, signatureBytes: 3_309 },
  'ml-dsa-87': { id: 3, keyBytes: 2_592, signatureBytes: 4_627 }
}

const BY_ID: ReadonlyMap<number, ProofSuite> = new Map(Object.entries(PROOF_SUITES).map(([name, { id }]) => [id, name as ProofSuite]))

/** The suite of a number; undefined for those that there are not. */
export function suiteById (id: number): ProofSuite | undefined {
  return BY_ID.get(id)
}

/** The suite of a number. @throws PeerFault `unknown-suite` */
export function requireSuite (id: number): ProofSuite {
  const suite = BY_ID.get(id)
  if (suite === undefined) {
    throw new PeerFault('unknown-suite', `there is no signature suite ${id}`)
  }
  return suite
}

/** The sizes of what we are about to send are those of its suite. */
export function checkSizes (suite: ProofSuite, key: Uint8Array, signature: Uint8Array): void {
  const { keyBytes, signatureBytes } = PROOF_SUITES[suite]
  invariant(key.length === keyBytes && signature.length === signatureBytes, `${suite} has keys of ${keyBytes} and signatures of ${signatureBytes} bytes`)
}
