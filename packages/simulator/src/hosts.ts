import { IpAddress, type NetAddress, type Random } from '@peerwright/core'
import type { Host } from './internet.ts'

/** Ranges of addresses that are public, by their first byte: 11 to 99 without 10, 100 (RFC 6598). */
const FIRST_BYTE = 11
const FIRST_BYTES = 89

/** Hands out addresses. Each is used once; the same seed hands out the same ones. */
export class Hosts {
  readonly #random: Random
  readonly #hosts = new Map<string, Host>()
  #sites = 0

  constructor (random: Random) {
    this.#random = random
  }

  /**
   * The host at an address, or one at an address that was not used yet, in a /16 of its own.
   *
   * @param as - the autonomous system that it is in; one for each /16 when not told
   */
  add (ip: string = this.#fresh(), as: number = systemOf(ip)): Host {
    const host = this.#hosts.get(ip) ?? { ip, as }
    this.#hosts.set(ip, host)
    return host
  }

  /** The autonomous system that an address is in, as somebody who knows all of them tells it. */
  asOf (ip: IpAddress): number {
    const text = ip.toString()
    return this.#hosts.get(text)?.as ?? systemOf(text)
  }

  /** The host at an address; one that nobody has is made, so that somebody can dial it in vain. */
  at (address: NetAddress): Host {
    return this.#hosts.get(address.host) ?? { ip: address.host, as: systemOf(address.host) }
  }

  #fresh (): string {
    const site = this.#sites++
    const byte = (): number => 1 + this.#random.below(254)
    return `${FIRST_BYTE + site % FIRST_BYTES}.${Math.floor(site / FIRST_BYTES) % 256}.${byte()}.${byte()}`
  }
}

/** Where nothing else is said, each /16 of IPv4, from 64,512 on, or /32 of IPv6, is a system of its own. */
function systemOf (text: string): number {
  const ip = IpAddress.parse(text)
  return ip === undefined ? 0 : ip.isIPv4 ? 64_512 + (ip.word3 >>> 16) : ip.word0 >>> 0
}
