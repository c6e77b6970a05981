import { NetAddress } from '@peerwright/core'
import type { PeerTarget } from '@peerwright/interface'

/** Longest multiaddr that is read, in characters. Chosen: a DNS name of 253, a port and a PeerId of 256 fit. */
const MAX_CHARACTERS = 600

/** A PeerId in base58 or base32: letters and digits. One of ECDSA has up to 229. */
const PEER_ID = /^[A-Za-z0-9]{32,256}$/

/**
 * Whom a multiaddr of the form `/ip4|ip6/ADDRESS/tcp/PORT[/p2p/ID]` stands for.
 *
 * @returns undefined for all other forms
 */
export function targetFromMultiaddr (text: string): PeerTarget | undefined {
  const [empty, family, ip = '', tcp, port = '', p2p, peerId, ...rest] = text.length > MAX_CHARACTERS ? [] : text.split('/')
  if (empty !== '' || (family !== 'ip4' && family !== 'ip6') || tcp !== 'tcp' || !/^\d{1,5}$/.test(port) || rest.length > 0) {
    return undefined
  }
  const address = NetAddress.from(ip, Number(port))
  if (address === undefined || (family === 'ip6') !== ip.includes(':')) {
    return undefined
  }
  if (p2p === undefined) {
    return { address }
  }
  return p2p === 'p2p' && peerId !== undefined && PEER_ID.test(peerId) ? { address, peerId } : undefined
}

/** The name, port and PeerId of a multiaddr of the form `/dns|dns4|dns6/NAME/tcp/PORT[/p2p/ID]`. */
export function nameFromMultiaddr (text: string): { readonly name: string, readonly port: number, readonly records: ReadonlyArray<'A' | 'AAAA'>, readonly peerId?: string } | undefined {
  const match = text.length > MAX_CHARACTERS ? null : /^\/(dns|dns4|dns6)\/([A-Za-z0-9._-]{1,253})\/tcp\/(\d{1,5})(?:\/p2p\/([A-Za-z0-9]{32,256}))?$/.exec(text)
  if (match === null) {
    return undefined
  }
  const [, family, name = '', port = '', peerId] = match
  const records = family === 'dns4' ? ['A'] as const : family === 'dns6' ? ['AAAA'] as const : ['A', 'AAAA'] as const
  return { name, port: Number(port), records, ...(peerId === undefined ? {} : { peerId }) }
}
