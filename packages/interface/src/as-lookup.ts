import type { IpBytes } from '@peerwright/core'

/**
 * The number of the autonomous system that announces an address in BGP, from 1 to 4,294,967,295; undefined where nobody knows. An embedder
 * brings it, from whatever table it trusts. Asked for each connection while a system is banned: must answer at once and not throw.
 *
 * @param ip - 16 bytes; an IPv4 address in its mapped form
 */
export type AsLookup = (ip: IpBytes) => number | undefined
