import { OperationError, PeerFault } from '@peerwright/core'
import type { SessionEnd } from '@peerwright/interface'

/** What kept somebody from something, for a rejection. */
export function codeOf (error: unknown): string {
  return error instanceof OperationError || error instanceof PeerFault ? error.code : messageOf(error)
}

/** What a rejection says. */
export function messageOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Why a session ended: the rule that was broken, or the code of the goodbye. */
export function endCode ({ code, fault }: SessionEnd): string {
  return fault instanceof PeerFault ? fault.code : code
}
