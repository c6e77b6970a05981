import { readFileSync } from 'node:fs'
import type { Policy, Slots } from '@peerwright/chain-spec'
import { limitByFiles, parseSoftLimit } from '@peerwright/security'

/** How many connections a node may have, within the profile and the operating system. */
export interface ConnectionRoom {
  /** Both directions, those that are not sessions yet included */
  readonly connections: number
  readonly slots: Slots
  /** Set when the limit of open files leaves less than the profile says */
  readonly loweredTo?: number
}

/** The soft limit of open files of this process; undefined where nobody says. Node itself raises it to the hard limit when it starts. */
export function openFilesLimit (): number | undefined {
  try {
    return parseSoftLimit(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    // No /proc: the report of Node costs milliseconds, and is there on every POSIX system
    const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
    const soft = userLimits?.open_files?.soft
    return typeof soft === 'number' ? soft : undefined
  }
}

/** Divides what there is among inbound and outbound sessions, as the profile does, and those who have not said who they are. @throws OperationError `too-few-files` */
export function connectionRoom ({ slots, admission }: Policy, softLimit: number | undefined): ConnectionRoom {
  const sessions = slots.maxInbound + slots.maxOutbound
  const wanted = sessions + admission.connections.pending
  const { connections, lowered } = limitByFiles(wanted, softLimit)
  if (!lowered) {
    return { connections, slots }
  }
  const share = connections / wanted
  const maxOutbound = Math.max(1, Math.min(slots.maxOutbound, Math.max(slots.minOutbound, Math.floor(slots.maxOutbound * share))))
  return {
    connections,
    slots: { maxInbound: Math.floor(slots.maxInbound * share), maxOutbound, minOutbound: Math.min(slots.minOutbound, maxOutbound) },
    loweredTo: connections
  }
}
