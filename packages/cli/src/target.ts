import { NetAddress } from '@peerwright/core'
import { targetFromMultiaddr } from '@peerwright/discovery'
import type { PeerTarget } from '@peerwright/interface'
import { UsageError } from './usage-error.ts'

/** Reads the address of a peer, `IP:PORT` or a multiaddr. @throws UsageError */
export function targetOf (text: string, option: string, defaultPort: number): PeerTarget {
  const address = NetAddress.parse(text, defaultPort)
  const target = address === undefined ? targetFromMultiaddr(text) : { address }
  if (target === undefined) {
    throw new UsageError(`${option} needs IP:PORT or /ip4|ip6/IP/tcp/PORT, not ${JSON.stringify(text.slice(0, 60))}`)
  }
  return target
}
