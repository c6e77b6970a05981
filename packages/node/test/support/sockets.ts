import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Whether the kernel tells which sockets this process has. */
export const KNOWS_SOCKETS: boolean = existsSync('/proc/self/net/tcp')

/** State LISTEN of a TCP socket in /proc/net/tcp. */
const LISTEN = '0A'

/** Ports that this process listens on over TCP, as the kernel sees it. */
export function listeningPorts (): number[] {
  return socketsOf(['tcp', 'tcp6']).filter(({ state }) => state === LISTEN).map(({ port }) => port).sort((a, b) => a - b)
}

/** UDP sockets of this process, as the kernel sees it. */
export function udpSockets (): number {
  return socketsOf(['udp', 'udp6']).length
}

function socketsOf (tables: readonly string[]): Array<{ port: number, state: string }> {
  const own = new Set(readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]
      return inode === undefined ? [] : [inode]
    } catch {
      return []
    }
  }))
  return tables.flatMap(table => readFileSync(`/proc/self/net/${table}`, 'utf8').trim().split('\n').slice(1)).flatMap(line => {
    const [, address = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/)
    return own.has(inode) ? [{ port: Number.parseInt(address.split(':')[1] ?? '', 16), state }] : []
  })
}
