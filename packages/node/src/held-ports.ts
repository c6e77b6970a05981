import { readdir, readFile, readlink } from 'node:fs/promises'
import { IpAddress, OperationError } from '@peerwright/core'
import type { PortClaim } from '@peerwright/interface'
import { claimText, covers } from './port-manifest.ts'

/** A port that a process really holds. */
export interface HeldPort {
  readonly transport: 'tcp' | 'udp'
  readonly bind: string
  readonly port: number
}

/** State LISTEN of a TCP socket (Linux, include/net/tcp_states.h). */
const LISTEN = '0A'

/** State of a UDP socket that is connected to one address: it sends, and is no open port. */
const ESTABLISHED = '01'

const TABLES = [['tcp', 'tcp'], ['tcp6', 'tcp'], ['udp', 'udp'], ['udp6', 'udp']] as const

/**
 * The ports that a process listens on over TCP and has bound over UDP, as the kernel sees it. Linux only.
 *
 * @param pid - of the process; our own when absent
 * @throws OperationError `not-supported` where the kernel does not tell, `not-permitted` for a process of somebody else
 */
export async function heldPorts (pid: number | 'self' = 'self'): Promise<HeldPort[]> {
  const own = await socketInodes(pid)
  const held: HeldPort[] = []
  for (const [table, transport] of TABLES) {
    const text = await readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')
    for (const line of text.trim().split('\n').slice(1)) {
      const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/)
      if (own.has(inode) && (transport === 'tcp' ? state === LISTEN : state !== ESTABLISHED)) {
        const [ip = '', port = ''] = local.split(':')
        held.push({ transport, bind: ipOf(ip), port: Number.parseInt(port, 16) })
      }
    }
  }
  return held
}

/** What is held and not claimed, and what is claimed and not held. */
export interface PortDifference {
  readonly unclaimed: readonly HeldPort[]
  readonly missing: readonly PortClaim[]
}

/** Compares what a process holds with a manifest: all that is held must be claimed, and all that is claimed be held. */
export function comparePorts (held: readonly HeldPort[], manifest: readonly PortClaim[]): PortDifference {
  const same = (claim: PortClaim, { transport, port }: HeldPort): boolean => claim.transport === transport && claim.port === port
  return {
    unclaimed: held.filter(port => !manifest.some(claim => same(claim, port) && covers(claim.bind, port.bind))),
    missing: manifest.filter(claim => claim.transport !== 'unix' && !held.some(port => same(claim, port) && covers(port.bind, claim.bind)))
  }
}

/** A held port in words. */
export function heldText (held: HeldPort): string {
  return claimText({ ...held, owner: '', core: false })
}

async function socketInodes (pid: number | 'self'): Promise<Set<string>> {
  let fds: string[]
  try {
    fds = await readdir(`/proc/${pid}/fd`)
  } catch (error) {
    const denied = error instanceof Error && 'code' in error && error.code === 'EACCES'
    throw denied
      ? new OperationError('not-permitted', `process ${pid} belongs to somebody else`, { cause: error })
      : new OperationError('not-supported', `the sockets of process ${pid} cannot be read from /proc: it is gone, or this is not Linux`, { cause: error })
  }
  const inodes = new Set<string>()
  for (const fd of fds) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    if (inode !== undefined) {
      inodes.add(inode)
    }
  }
  return inodes
}

/** The kernel writes addresses as hexadecimal words of 4 bytes, each in the order of the machine (little-endian here). */
function ipOf (hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap(word => (word.match(/../g) ?? []).map(byte => Number.parseInt(byte, 16)).reverse())
  return IpAddress.fromBytes(Uint8Array.from(bytes))?.toString() ?? hex
}
