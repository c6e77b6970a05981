import { OperationError } from '@peerwright/core'
import { MIN_CONNECTIONS, RESERVED_FILES } from './constants.ts'

/** How many connections the operating system lets us have. */
export interface FileLimit {
  /** What the node will hold at most */
  readonly connections: number
  /** Whether that is less than the profile says */
  readonly lowered: boolean
}

/** The soft limit of open files in the text of `/proc/self/limits`; undefined where it says none. */
export function parseSoftLimit (text: string): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(text)?.[1]
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft)
}

/**
 * The lesser of what the profile wants and what the limit of open files leaves (QC-35).
 *
 * @param softLimit - undefined where there is none, or nobody knows
 * @throws OperationError `too-few-files` when not even a handful of connections would be left
 */
export function limitByFiles (wanted: number, softLimit: number | undefined): FileLimit {
  const left = softLimit === undefined ? wanted : softLimit - RESERVED_FILES
  if (left >= wanted) {
    return { connections: wanted, lowered: false }
  }
  if (left < MIN_CONNECTIONS) {
    throw new OperationError('too-few-files', `the limit of ${softLimit ?? 0} open files leaves room for ${Math.max(0, left)} connections, and ${MIN_CONNECTIONS} are needed: raise it (ulimit -n) to at least ${RESERVED_FILES + MIN_CONNECTIONS}`)
  }
  return { connections: left, lowered: true }
}
