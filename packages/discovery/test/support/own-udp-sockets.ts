import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Whether this machine tells which sockets a process has. */
export const canListSockets: boolean = existsSync('/proc/self/net/udp')

/** UDP sockets of this process, as the kernel lists them: those of other processes stand in the same table. */
export function ownUdpSockets (): number {
  const own = new Set(readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? []
    } catch {
      return []
    }
  }))
  return ['/proc/self/net/udp', '/proc/self/net/udp6'].filter(existsSync)
    .flatMap(table => readFileSync(table, 'utf8').trim().split('\n').slice(1))
    .filter(line => own.has(line.trim().split(/\s+/)[9] ?? '')).length
}
