import type { PeerTarget } from './network.ts'

/** Somebody to dial, and for how long to believe it. */
export interface Candidate extends PeerTarget {
  /** Such as the TTL of a DNS record, in seconds */
  readonly validForSeconds?: number
}

/** Where candidates come from. */
export interface CandidateSource {
  /** Such as `dns:seed1.example.org` or `bootstrap` */
  readonly name: string
  /**
   * Looks for candidates once. An empty answer is an answer; a source that could not be asked rejects.
   *
   * @throws OperationError with the reason
   */
  find(signal: AbortSignal): Promise<readonly Candidate[]>
}
