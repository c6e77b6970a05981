import { ByteReader, ByteWriter, invariant, IpAddress, NetAddress } from '@peerwright/core'
import { MAX_ADDRESSES } from './addresses.ts'
import { readCompactU64, writeCompactU64 } from './numbers.ts'

/** Longest address of any network, in bytes (BIP155). */
const MAX_ADDRESS_BYTES = 512

/** Smallest entry: time 4, services 1, network 1, length 1, port 2. */
const MIN_ENTRY_BYTES = 9

/** BIP155's numbers of networks, and how long an address of each is. */
export const NETWORKS: Readonly<Record<'ipv4' | 'ipv6' | 'torv2' | 'torv3' | 'i2p' | 'cjdns' | 'yggdrasil', { readonly id: number, readonly bytes: number }>> = {
  ipv4: { id: 1, bytes: 4 },
  ipv6: { id: 2, bytes: 16 },
  torv2: { id: 3, bytes: 10 },
  torv3: { id: 4, bytes: 32 },
  i2p: { id: 5, bytes: 32 },
  cjdns: { id: 6, bytes: 16 },
  yggdrasil: { id: 7, bytes: 16 }
}

/** An address of any network, known to us or not. */
export interface AddressV2Entry {
  /** When it was last seen, as the sender has it: seconds since the Unix epoch */
  readonly timeSeconds: number
  /** Service bits */
  readonly services: bigint
  /** BIP155's number of the network */
  readonly network: number
  /** At most 512 bytes, as they came */
  readonly address: Uint8Array
  readonly port: number
}

/**
 * The address as one that can be dialled over TCP. Undefined for other networks, for a wrong length, for port 0 and for an
 * IPv4 address that hides in IPv6: such entries are passed over, never punished (BIP155).
 */
export function dialableAddress ({ network, address, port }: AddressV2Entry): NetAddress | undefined {
  const family = [NETWORKS.ipv4, NETWORKS.ipv6].find(({ id }) => id === network)
  const ip = address.length === family?.bytes ? IpAddress.fromBytes(address) : undefined
  return ip === undefined || ip.isIPv4 !== (family === NETWORKS.ipv4) ? undefined : NetAddress.from(ip, port)
}

/** As Bitcoin's `addrv2`. */
export function encodeAddressesV2 (entries: readonly AddressV2Entry[]): Uint8Array {
  invariant(entries.length <= MAX_ADDRESSES, `at most ${MAX_ADDRESSES} addresses`)
  const writer = new ByteWriter(3 + 32 * entries.length).compactSize(entries.length)
  for (const { timeSeconds, services, network, address, port } of entries) {
    invariant(address.length <= MAX_ADDRESS_BYTES, `an address has at most ${MAX_ADDRESS_BYTES} bytes`)
    writer.u32le(timeSeconds)
    writeCompactU64(writer, services)
    writer.u8(network).varBytes(address).u16be(port)
  }
  return writer.finish()
}

/** @throws PeerFault with the codes of `ByteReader` */
export function decodeAddressesV2 (payload: Uint8Array): AddressV2Entry[] {
  const reader = new ByteReader(payload)
  const count = reader.compactSize(MAX_ADDRESSES)
  const entries: AddressV2Entry[] = []
  // A count that the bytes cannot bear is found out before anything is made
  if (count * MIN_ENTRY_BYTES > reader.remaining) {
    reader.skip(count * MIN_ENTRY_BYTES)
  }
  for (let index = 0; index < count; index++) {
    entries.push({
      timeSeconds: reader.u32le(),
      services: readCompactU64(reader),
      network: reader.u8(),
      address: reader.varBytes(MAX_ADDRESS_BYTES),
      port: reader.u16be()
    })
  }
  reader.end()
  return entries
}
