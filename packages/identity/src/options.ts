import { type Clock, OperationError, type PeerFault, type Random } from '@peerwright/core'
import type { CertifiedPeer, Network, PeerSession, Signer, Verifier } from '@peerwright/interface'
import { PROOF_INTERVAL_MS, PROOF_TIMEOUT_MS } from './constants.ts'
import type { ListingInit } from './listing.ts'

/** What becomes of proofs. Called synchronously; must not throw. */
export interface ProofObserver {
  /** A peer has proved its key on its channel. `listed`: it is in the registry, or there is none to ask */
  proved?(session: PeerSession, peer: CertifiedPeer, listed: boolean): void
  /** A peer has given no proof, or a wrong one; with `require`, and where it was no accident, the session ends */
  unproved?(session: PeerSession, reason: PeerFault | OperationError): void
  /** We could not answer a peer that asked us */
  unanswered?(session: PeerSession, reason: PeerFault | OperationError): void
}

/** Options of the proofs after `verack`. */
export interface ProofsInit extends ListingInit {
  readonly network: Network
  /** 64 hexadecimal digits: as in `version` */
  readonly networkId: string
  /**
   * `off`: no proofs are asked for or given. `send`: both, and a peer without one stays. `require`: it does not, nor one on a channel
   * without a binding
   */
  readonly pqAuth: 'off' | 'send' | 'require'
  readonly signer: Signer
  readonly verifier: Verifier
  /**
   * Time between two challenges of a session, in milliseconds, 10000 to 86400000. Short costs both sides a signature each time, long
   * lets a key that was revoked
   * or has expired stand for as long.
   *
   * @default 600000
   */
  readonly intervalMs?: number
  /**
   * How long an answer and its check may take, in milliseconds, 100 to 60000.
   *
   * @default 10000
   */
  readonly timeoutMs?: number
  readonly observer?: ProofObserver
  /** Time source; the machine's own when absent */
  readonly clock?: Clock
  /** Source of challenges; the operating system's when absent */
  readonly random?: Random
}

/** The options that may be left out. */
export interface ProofsDefaults {
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** What holds where nothing else is said. */
export const PROOFS_DEFAULTS: ProofsDefaults = { intervalMs: PROOF_INTERVAL_MS, timeoutMs: PROOF_TIMEOUT_MS }

/** @throws OperationError `invalid-option`, naming the option and what would be right */
export function validateProofsInit (init: ProofsInit): ProofsInit & ProofsDefaults {
  const options = { ...init, intervalMs: init.intervalMs ?? PROOFS_DEFAULTS.intervalMs, timeoutMs: init.timeoutMs ?? PROOFS_DEFAULTS.timeoutMs }
  require(/^[0-9a-f]{64}$/.test(options.networkId), 'networkId', '64 hexadecimal digits in lower case')
  require(['off', 'send', 'require'].includes(options.pqAuth), 'pqAuth', 'off, send or require')
  require(Number.isInteger(options.intervalMs) && options.intervalMs >= 10_000 && options.intervalMs <= 86_400_000, 'intervalMs', 'a whole number from 10000 to 86400000')
  require(Number.isInteger(options.timeoutMs) && options.timeoutMs >= 100 && options.timeoutMs <= 60_000, 'timeoutMs', 'a whole number from 100 to 60000')
  return options
}

function require (valid: boolean, name: string, right: string): void {
  if (!valid) {
    throw new OperationError('invalid-option', `identity option ${name} must be ${right}`)
  }
}
