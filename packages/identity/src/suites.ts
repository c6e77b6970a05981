import { OperationError, PeerFault } from '@peerwright/core'
import { type CryptoOptions, type DsaSuite, loadPostQuantum, type MlDsa, requireSignatures } from '@peerwright/crypto'
import { PROOF_SUITES, type ProofSuite } from '@peerwright/protocol-messages'

/** The names of the suites in `crypto`. */
const NAMES: Readonly<Record<ProofSuite, DsaSuite>> = { 'ml-dsa-44': 'ML-DSA-44', 'ml-dsa-65': 'ML-DSA-65', 'ml-dsa-87': 'ML-DSA-87' }

/** All suites, the one that signs by default first. */
export const SUITES: readonly ProofSuite[] = ['ml-dsa-65', 'ml-dsa-87', 'ml-dsa-44']

/** From where signatures are taken, and whether plain JavaScript may sign where nothing faster is there. */
export type SuiteBackends = Pick<CryptoOptions, 'signatures' | 'allowSlowSignatures'>

/** What signs and verifies here, by suite. A suite that is not in it is refused. */
export type Suites = ReadonlyMap<ProofSuite, MlDsa>

/**
 * Loads what each suite needs.
 *
 * @param accept - the suites to accept, the best one first
 * @throws OperationError `no-backend`, `slow-signatures`, `invalid-option`
 */
export async function loadSuites (accept: readonly ProofSuite[] = SUITES, options: SuiteBackends = {}): Promise<Suites> {
  if (accept.length === 0 || new Set(accept).size !== accept.length || !accept.every(suite => Object.hasOwn(NAMES, suite))) {
    throw new OperationError('invalid-option', `suites must be one or more of ${SUITES.join(', ')}, each once`)
  }
  const loaded = new Map<ProofSuite, MlDsa>()
  for (const suite of accept) {
    loaded.set(suite, requireSignatures(await loadPostQuantum({ ...options, suite: NAMES[suite] })))
  }
  return loaded
}

/** @throws PeerFault `suite-not-accepted` */
export function acceptedSuite (suites: Suites, suite: ProofSuite): MlDsa {
  const dsa = suites.get(suite)
  if (dsa === undefined) {
    throw new PeerFault('suite-not-accepted', `${suite} is not accepted here`, { offence: 'ambiguous' })
  }
  return dsa
}

/** The number of a suite on the wire. */
export function suiteId (suite: ProofSuite): number {
  return PROOF_SUITES[suite].id
}
