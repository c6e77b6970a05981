import type { PeerTarget } from './network.ts'

/** Where candidates come from. */
export interface CandidateSource {
  /** Such as `dns:seed1.example.org` or `bootstrap` */
  readonly name: string
  /**
   * Looks for candidates once. An empty answer is an answer; a source that could not be asked rejects.
   *
   * @throws OperationError with the reason
   */
  find(signal: AbortSignal): Promise<readonly PeerTarget[]>
}
