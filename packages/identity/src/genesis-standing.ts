import type { NetAddress } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import type { GenesisTrust, TrustedGenesis } from './genesis-trust.ts'

/** Who stands there, as far as it is known. */
export interface GenesisClaim {
  /** Proved by the channel */
  readonly peerId: PeerIdText
  /** Of its ML-DSA key, once that is certified */
  readonly fingerprint?: string
  /** Dialled, or come from; the port of one that came is not where it listens */
  readonly address: NetAddress
  readonly direction: 'inbound' | 'outbound'
}

/** How much a peer is trusted as a genesis node. */
export type GenesisStanding =
  /** `preferred`: it stands where it is known to stand */
  | { readonly kind: 'genesis', readonly record: TrustedGenesis, readonly preferred: boolean }
  /** Nobody special: every check applies */
  | { readonly kind: 'ordinary' }
  /** Somebody stands in a genesis node's place, or has half of its keys */
  | { readonly kind: 'refused', readonly code: 'genesis-wrong-key' | 'genesis-wrong-peer' | 'genesis-wrong-address' }

/** What is done with a peer, by its standing (REQUIREMENTS 5.4). */
export interface TrustSteps {
  /** Encrypted channel and PeerId: nobody is let off */
  readonly channel: true
  /** ML-DSA proof, bound to the channel: nobody is let off */
  readonly proof: true
  /** Limits of rate and size, genesis of the chain: nobody is let off */
  readonly limits: true
  /** Look-up in the registry: this is the bootstrap trust */
  readonly registry: boolean
  /** Gate of reputation, and quota of the region */
  readonly reputation: boolean
  /** Dialled before all others */
  readonly dialFirst: boolean
  /** What misbehaviour leads to: the whole ladder, or to be cut off for a while and never for good */
  readonly ban: 'ladder' | 'back-off'
}

/**
 * Who a peer is with regard to the genesis nodes. An address alone makes nobody one: whoever comes from the address of a genesis node
 * with another
 * PeerId is a stranger, and whoever answers there with one is refused.
 *
 * @param otherAddress - a genesis node at an address that is not its own: refused, or let in without being preferred
 */
export function genesisStanding (
  trust: GenesisTrust,
  { peerId, fingerprint, address, direction }: GenesisClaim,
  nowSeconds: number,
  otherAddress: 'refuse' | 'not-preferred' = 'not-preferred'
): GenesisStanding {
  const record = trust.ofPeer(peerId, nowSeconds)
  if (record === undefined) {
    return direction === 'outbound' && trust.atAddress(address, nowSeconds) !== undefined
      ? { kind: 'refused', code: 'genesis-wrong-peer' }
      : { kind: 'ordinary' }
  }
  if (fingerprint !== undefined && fingerprint !== record.fingerprint) {
    return { kind: 'refused', code: 'genesis-wrong-key' }
  }
  const atHome = record.addresses.some(known => direction === 'outbound' ? known.equals(address) : known.host === address.host)
  return atHome || otherAddress === 'not-preferred'
    ? { kind: 'genesis', record, preferred: atHome }
    : { kind: 'refused', code: 'genesis-wrong-address' }
}

/** What a genesis node skips, and what it does not. */
export function trustSteps (standing: Exclude<GenesisStanding, { kind: 'refused' }>): TrustSteps {
  const always = { channel: true, proof: true, limits: true } as const
  return standing.kind === 'ordinary'
    ? { ...always, registry: true, reputation: true, dialFirst: false, ban: 'ladder' }
    : { ...always, registry: false, reputation: !standing.preferred, dialFirst: standing.preferred, ban: 'back-off' }
}
