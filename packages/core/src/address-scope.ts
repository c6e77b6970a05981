import { invariant } from './errors.ts'
import type { IpAddress } from './ip-address.ts'
import { IpRange } from './ip-range.ts'

/** What kind of address an IP is. `reserved` covers everything that no peer can have. */
export type AddressKind = 'public' | 'private' | 'loopback' | 'reserved'

/**
 * Which addresses a node dials, stores and relays. `public`: addresses of the open Internet. `private`: these and the
 * ranges of private networks. `loopback`: this machine only, for tests and demonstrations.
 */
export type AddressScope = 'public' | 'private' | 'loopback'

/**
 * Special-purpose ranges; the first that matches decides. Source: the IANA registries of special-purpose IPv4 and IPv6
 * addresses (RFC 6890). Translated forms (NAT64, 6to4, Teredo, IPv4-compatible) are reserved as a whole: they
 * hide an IPv4 address that the other ranges would have to judge.
 */
const RANGES: ReadonlyArray<readonly [cidr: string, kind: AddressKind]> = [
  ['0.0.0.0/8', 'reserved'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'private'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'reserved'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'reserved'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'reserved'],
  ['198.51.100.0/24', 'reserved'],
  ['203.0.113.0/24', 'reserved'],
  ['224.0.0.0/3', 'reserved'],
  ['::ffff:0:0/96', 'public'],
  ['::1/128', 'loopback'],
  ['fc00::/7', 'private'],
  ['2001::/23', 'reserved'],
  ['2001:db8::/32', 'reserved'],
  ['2002::/16', 'reserved'],
  ['3fff::/20', 'reserved'],
  ['2000::/3', 'public']
]

const PARSED: ReadonlyArray<readonly [range: IpRange, kind: AddressKind]> = RANGES.map(([cidr, kind]) => {
  const range = IpRange.parse(cidr)
  invariant(range !== undefined, `${cidr} is a range`)
  return [range, kind]
})

/** What kind of address this is; IPv4-mapped forms are judged as the IPv4 address they are. */
export function addressKind (ip: IpAddress): AddressKind {
  return PARSED.find(([range]) => range.has(ip))?.[1] ?? 'reserved'
}

/** Whether an address of this kind may be dialled, stored and relayed under `scope`. */
export function inScope (ip: IpAddress, scope: AddressScope): boolean {
  const kind = addressKind(ip)
  return kind === scope || (scope === 'private' && kind === 'public')
}

/**
 * The network that an address belongs to: its first bits, as text for use as a key. The usual groups are
 * 16 and 32 bits (Bitcoin Core's netgroup), 24 and 64 (QuantumCoin's subnet).
 *
 * @param v4Bits - bits of an IPv4 address that count, 0 to 32
 * @param v6Bits - bits of an IPv6 address that count, 0 to 128
 */
export function netgroup (ip: IpAddress, v4Bits: number, v6Bits: number): string {
  const v4 = ip.isIPv4
  const bits = v4 ? 96 + v4Bits : v6Bits
  let key = v4 ? '4' : '6'
  for (let at = v4 ? 12 : 0; at * 8 < bits; at++) {
    const kept = Math.min(8, bits - at * 8)
    key += `.${(ip.byteAt(at) >> (8 - kept)) << (8 - kept)}`
  }
  return key
}
