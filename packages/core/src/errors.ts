/**
 * The three families of failure. Callers tell them apart by class and by `code`; a message is one line
 * for a person and never holds bytes that came from the wire.
 */

/**
 * How certain it is that the peer is at fault. `provable`: the bytes themselves show it. `resource`: more than
 * was allowed. `ambiguous`: could as well be the network or ourselves.
 */
export type Offence = 'provable' | 'resource' | 'ambiguous'

/** A peer broke a rule of the protocol. Scoring reads `code` and `offence`; whoever catches it ends the conversation. */
export class PeerFault extends Error {
  override readonly name: 'PeerFault' = 'PeerFault' as const
  /** Stable, kebab-case: which rule was broken */
  readonly code: string
  /** How certain the fault is */
  readonly offence: Offence

  constructor (code: string, message: string, options: { offence?: Offence, cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.offence = options.offence ?? 'provable'
  }
}

/** Something asked for did not happen: a timeout, a closed peer, a refusal, a full disk. The caller decides what to do. */
export class OperationError extends Error {
  override readonly name: 'OperationError' = 'OperationError' as const
  /** Stable, kebab-case: what kept the operation from completing */
  readonly code: string

  constructor (code: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
  }
}

/** A promise that this code makes to itself does not hold: a bug here, never the fault of a peer or a caller. */
export class InvariantError extends Error {
  override readonly name: 'InvariantError' = 'InvariantError' as const
}

/**
 * States what must be true at this point.
 *
 * @throws InvariantError when it is not
 */
export function invariant (condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw new InvariantError(message)
  }
}
