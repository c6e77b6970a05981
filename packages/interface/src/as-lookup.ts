import type { IpAddress } from '@peerwright/core'

/**
 * The number of the autonomous system that announces an address in BGP, from 1 to 4,294,967,295; undefined where nobody knows. An embedder
 * brings it, from whatever table it trusts: by words, `ip.toBytes()` or `ip.toString()`. Asked for each connection while a system is
 * banned: must answer at once and not throw.
 */
export type AsLookup = (ip: IpAddress) => number | undefined
