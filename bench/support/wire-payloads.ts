import { existsSync, readFileSync } from 'node:fs'
import { IpAddress } from '@peerwright/core'
import { encodeAddresses, encodeHeaders, encodeInventory, sha256d } from '@peerwright/protocol-messages'

/** Random numbers from 0 to below `limit`, the same in each run. */
function numbers (seed: number): (limit: number) => number {
  let state = seed
  return limit => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor(state / 2 ** 32 * limit)
  }
}

const draw = numbers(1)
const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => draw(256))

/** 2,000 headers, each the child of the one before it. */
export function headersPayload (): Uint8Array {
  let parent: Uint8Array = new Uint8Array(32)
  return Uint8Array.from(encodeHeaders(Array.from({ length: 2_000 }, () => {
    const header = random(80)
    header.set(parent, 4)
    parent = sha256d(header)
    return header
  })))
}

/** An inventory of so many transactions. */
export function inventoryPayload (count: number): Uint8Array {
  return Uint8Array.from(encodeInventory(Array.from({ length: count }, () => ({ type: 1, id: random(32) }))))
}

/** 1,000 addresses: 6 of 10 are IPv4, 3 IPv6, 1 private. */
export function addressesPayload (): Uint8Array {
  return Uint8Array.from(encodeAddresses(Array.from({ length: 1_000 }, (_, index) => {
    const kind = index % 10
    const bytes = kind < 6 ? [11 + draw(80), ...random(3)] : kind === 6 ? [10, ...random(3)] : [0x26, ...random(15)]
    const ip = IpAddress.fromBytes(Uint8Array.from(bytes)) as IpAddress
    return { timeSeconds: 1_700_000_000 + draw(1_000_000), services: 9n, ip, port: 1_024 + draw(60_000) }
  })))
}

/** A real message that lies beside the project; undefined where it does not. */
export function realPayload (name: string): Uint8Array | undefined {
  const url = new URL(`../../../shared/data/bitcoin/${name}`, import.meta.url)
  return existsSync(url) ? Uint8Array.from(readFileSync(url)) : undefined
}
