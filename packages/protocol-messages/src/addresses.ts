import { ByteReader, invariant, IP_BYTES } from '@peerwright/core'
import { countedList, full } from './fixed-bytes.ts'

/** Most addresses in a message (ANCHORS 3.2). */
export const MAX_ADDRESSES = 1_000

/** Bytes of an entry: time 4, services 8, IP 16, port 2. */
const ENTRY_BYTES = 30

/** An address that somebody has heard of. */
export interface AddressEntry {
  /** When it was last seen, as the sender has it: seconds since the Unix epoch */
  readonly timeSeconds: number
  /** Service bits */
  readonly services: bigint
  /** 16 bytes, IPv4 as `::ffff:a.b.c.d` */
  readonly ip: Uint8Array
  /** 0 to 65535, as it came */
  readonly port: number
}

/** Bitcoin's `addr` as it lies in received bytes: nothing is made of an entry before it is asked for. */
export class AddressList implements Iterable<AddressEntry> {
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #view: DataView

  /** @param bytes - the entries, without their count */
  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.length = bytes.length / ENTRY_BYTES
  }

  /** All entries as they lie on the wire */
  get bytes (): Uint8Array {
    return this.#bytes
  }

  timeAt (index: number): number {
    return this.#view.getUint32(ENTRY_BYTES * index, true)
  }

  servicesAt (index: number): bigint {
    return this.#view.getBigUint64(ENTRY_BYTES * index + 4, true)
  }

  /** A view onto 16 bytes */
  ipAt (index: number): Uint8Array {
    return this.#bytes.subarray(ENTRY_BYTES * index + 12, ENTRY_BYTES * index + 12 + IP_BYTES)
  }

  portAt (index: number): number {
    return this.#view.getUint16(ENTRY_BYTES * index + 28, false)
  }

  at (index: number): AddressEntry {
    return { timeSeconds: this.timeAt(index), services: this.servicesAt(index), ip: this.ipAt(index), port: this.portAt(index) }
  }

  * [Symbol.iterator] (): Generator<AddressEntry> {
    for (let index = 0; index < this.length; index++) {
      yield this.at(index)
    }
  }
}

/** As Bitcoin's `addr`. */
export function encodeAddresses (entries: readonly AddressEntry[] | AddressList): Uint8Array {
  invariant(entries.length <= MAX_ADDRESSES, `at most ${MAX_ADDRESSES} addresses`)
  const { bytes, view, start } = countedList(entries.length, ENTRY_BYTES)
  if (entries instanceof AddressList) {
    bytes.set(entries.bytes, start)
    return bytes
  }
  let at = start
  for (const { timeSeconds, services, ip, port } of entries) {
    invariant(ip.length === IP_BYTES, 'an address has 16 bytes')
    const [last, third, second, first] = [wordAt(ip, 12), wordAt(ip, 8), wordAt(ip, 4), wordAt(ip, 0)]
    view.setUint32(at, timeSeconds, true)
    view.setBigUint64(at + 4, services, true)
    view.setInt32(at + 12, first)
    view.setInt32(at + 16, second)
    view.setInt32(at + 20, third)
    view.setInt32(at + 24, last)
    view.setUint16(at + 28, port)
    at += ENTRY_BYTES
  }
  return full(bytes, at)
}

/** Four bytes of an address: for sixteen, `set` takes longer than the copy (measured: bench/wire). */
function wordAt (ip: Uint8Array, at: number): number {
  return (ip[at + 3] as number) | (ip[at + 2] as number) << 8 | (ip[at + 1] as number) << 16 | (ip[at] as number) << 24
}

/** @throws PeerFault with the codes of `ByteReader` */
export function decodeAddresses (payload: Uint8Array): AddressList {
  const reader = new ByteReader(payload)
  const bytes = reader.bytes(ENTRY_BYTES * reader.compactSize(MAX_ADDRESSES))
  reader.end()
  return new AddressList(bytes)
}
