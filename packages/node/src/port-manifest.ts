import type { Multiaddr } from '@multiformats/multiaddr'
import type { NetworkProfile } from '@peerwright/chain-spec'
import { addressKind, IpAddress, NetAddress, OperationError } from '@peerwright/core'
import type { PortClaim } from '@peerwright/interface'

/** The ports that a profile makes a node bind. */
export function portsOf ({ policy }: NetworkProfile): PortClaim[] {
  // In the one spelling that sockets and firewalls tell of: an IPv6 address has many
  return policy.listen.map(({ ip, port }) => ({ owner: 'p2p', transport: 'tcp', bind: NetAddress.from(ip, port)?.host ?? ip, port, core: true }))
}

/** What the network's policy says of ports. */
export interface PortRules {
  readonly udp: 'allowed' | 'forbidden'
}

/**
 * Every port of a node, checked: none twice, no UDP where it is forbidden, and whatever is not of the core protocol on loopback
 * or a Unix socket only.
 *
 * @throws OperationError `port-conflict`, `udp-forbidden`, `public-port`, naming the owner and the port
 */
export function portManifest (claims: readonly PortClaim[], rules: PortRules): readonly PortClaim[] {
  for (const [at, claim] of claims.entries()) {
    const other = claims.slice(0, at).find(before => overlap(before, claim))
    if (other !== undefined) {
      throw new OperationError('port-conflict', `${claim.owner} and ${other.owner} both want ${claimText(claim)}`)
    }
    if (claim.transport === 'udp' && rules.udp === 'forbidden') {
      throw new OperationError('udp-forbidden', `${claim.owner} wants ${claimText(claim)}, and this network forbids UDP`)
    }
    if (!claim.core && claim.transport !== 'unix' && !isLoopback(claim)) {
      throw new OperationError('public-port', `${claim.owner} wants ${claimText(claim)}: only the peer-to-peer port may be reached from outside, bind it to 127.0.0.1, ::1 or a Unix socket`)
    }
  }
  return claims
}

/**
 * Compares what libp2p listens on with what was claimed.
 *
 * @throws OperationError `unclaimed-port` for a socket that nobody claimed
 */
export function checkBound (bound: readonly Multiaddr[], manifest: readonly PortClaim[]): void {
  for (const address of bound) {
    const parts = new Map(address.getComponents().map(({ name, value = '' }) => [name, value]))
    const ip = parts.get('ip4') ?? parts.get('ip6') ?? ''
    const transport = parts.has('udp') ? 'udp' : 'tcp'
    const port = Number(parts.get(transport))
    if (!manifest.some(claim => claim.transport === transport && claim.port === port && covers(claim.bind, ip))) {
      throw new OperationError('unclaimed-port', `the node listens on ${address.toString()}, which no part of it has claimed`)
    }
  }
}

/** A claim in words. */
export function claimText ({ transport, bind, port }: PortClaim): string {
  return port === undefined ? `${transport} ${bind}` : `${transport} ${bind} port ${port}`
}

/** Whether a claim is reached from this machine alone. */
export function isLoopback ({ bind }: Pick<PortClaim, 'bind'>): boolean {
  // A name may resolve to anything: only an address is trusted
  const ip = IpAddress.parse(bind)
  return ip !== undefined && addressKind(ip) === 'loopback'
}

function overlap (a: PortClaim, b: PortClaim): boolean {
  if (a.transport !== b.transport || a.port !== b.port) {
    return false
  }
  return a.transport === 'unix' ? a.bind === b.bind : covers(a.bind, b.bind) || covers(b.bind, a.bind)
}

/** Whether what is bound to `bind` is reached at `ip`. */
export function covers (bind: string, ip: string): boolean {
  return bind === ip || bind === '::' || (bind === '0.0.0.0' && !ip.includes(':'))
}
