import { networkInterfaces } from 'node:os'
import { NetAddress } from '@peerwright/core'

/** Addresses that stand for every address of the machine. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Where others would reach us: what is not to be dialled when a seed names it. */
export function ownAddresses (listen: ReadonlyArray<{ readonly ip: string, readonly port: number }>): NetAddress[] {
  return listen.flatMap(({ ip, port }) => {
    const ips = WILDCARDS.has(ip) ? localIps() : [ip]
    return ips.map(own => NetAddress.from(own, port)).filter(address => address !== undefined)
  })
}

function localIps (): string[] {
  return Object.values(networkInterfaces()).flatMap(addresses => addresses ?? []).map(({ address }) => address)
}
