import { IpAddress } from './ip-address.ts'

/** Where a peer listens: an IP address and a TCP port. Immutable. */
export class NetAddress {
  readonly ip: IpAddress
  /** TCP port, 1 to 65535 */
  readonly port: number

  private constructor (ip: IpAddress, port: number) {
    this.ip = ip
    this.port = port
  }

  /**
   * @param ip - an address, its 4 or 16 bytes, or text without brackets
   * @param port - 1 to 65535
   * @returns undefined when either is not valid
   */
  static from (ip: IpAddress | Uint8Array | string, port: number): NetAddress | undefined {
    const address = typeof ip === 'string' ? IpAddress.parse(ip) : ip instanceof Uint8Array ? IpAddress.fromBytes(ip) : ip
    const valid = address !== undefined && Number.isInteger(port) && port >= 1 && port <= 65_535
    return valid ? new NetAddress(address, port) : undefined
  }

  /**
   * Reads `1.2.3.4:8333` or `[2001:db8::1]:8333`; without a port, `defaultPort` holds.
   *
   * @returns undefined when the text is not such an address
   */
  static parse (text: string, defaultPort?: number): NetAddress | undefined {
    const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text)
    const plain = bracketed ?? (text.indexOf(':') === text.lastIndexOf(':') ? /^([^:]*)(?::(\d{1,5}))?$/.exec(text) : [text, text])
    const [, ip = '', port] = plain ?? []
    const number = port === undefined ? defaultPort : Number(port)
    if (number === undefined || (bracketed !== null && !ip.includes(':'))) {
      return undefined
    }
    return NetAddress.from(ip, number)
  }

  /**
   * The IP and the TCP port in the components of a multiaddr.
   *
   * @returns undefined when it does not run over IP and TCP
   */
  static fromComponents (components: Iterable<{ readonly name: string, readonly value?: string | undefined }>): NetAddress | undefined {
    let ip: string | undefined
    let port: number | undefined
    for (const { name, value } of components) {
      if (name === 'ip4' || name === 'ip6') {
        ip = value
      } else if (name === 'tcp') {
        port = Number(value)
      }
    }
    return ip === undefined || port === undefined ? undefined : NetAddress.from(ip, port)
  }

  /** Whether the address is of IPv4 */
  get isIPv4 (): boolean {
    return this.ip.isIPv4
  }

  /** The IP alone, in its canonical text */
  get host (): string {
    return this.ip.toString()
  }

  equals (other: NetAddress): boolean {
    return this.port === other.port && this.ip.equals(other.ip)
  }

  /** The multiaddr of the listener, such as `/ip4/1.2.3.4/tcp/8333`. */
  toMultiaddr (): string {
    return `/${this.isIPv4 ? 'ip4' : 'ip6'}/${this.host}/tcp/${this.port}`
  }

  /** `1.2.3.4:8333` or `[2001:db8::1]:8333`: one spelling per address, fit as a key. */
  toString (): string {
    return this.isIPv4 ? `${this.host}:${this.port}` : `[${this.host}]:${this.port}`
  }
}
