import { multiaddr } from '@multiformats/multiaddr'
import { IpAddress, IpRange } from '@peerwright/core'
import { z } from 'zod'
import { MAX_DNS_NAME_CHARACTERS, MAX_LIST_ENTRIES, MAX_MULTIADDR_CHARACTERS, MAX_PORT } from './constants.ts'

/**
 * The kinds of value that a spec is made of. The `error` of each is not a sentence about what went wrong but what would be
 * right: it becomes `SpecIssue.expected`.
 */

/** A table with exactly these keys. */
export function table<Shape extends z.ZodRawShape> (shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: issue => issue.code === 'unrecognized_keys' ? `one of the keys ${Object.keys(shape).join(', ')}` : 'a table'
  })
}

/** A whole number from `min` to `max`. */
export function whole (min: number, max: number): z.ZodNumber {
  const error = `a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

/** A TCP or UDP port. Port 0 would be a port that nobody chose (QP-04). */
export function port (): z.ZodNumber {
  return whole(1, MAX_PORT)
}

/** One of these words. */
export function oneOf<const Words extends readonly [string, ...string[]]> (...words: Words): z.ZodType<Words[number]> {
  return z.enum(words, { error: words.map(word => JSON.stringify(word)).join(' or ') })
}

/** True or false. */
export function flag (): z.ZodBoolean {
  return z.boolean({ error: 'true or false' })
}

/** Text that `test` takes, of at most `maxCharacters`. */
export function text (maxCharacters: number, expected: string, test: (value: string) => boolean): z.ZodString {
  return z.string({ error: expected }).max(maxCharacters, { error: expected, abort: true })
    .refine(test, { error: expected })
}

/** An IP address, without port or brackets. */
export function ip (): z.ZodString {
  return text(45, 'an IPv4 or IPv6 address', value => IpAddress.parse(value) !== undefined)
}

/** An IP address, or a range of them such as `192.168.0.0/16`. */
export function cidr (): z.ZodString {
  return text(49, 'an IP address, or a range such as "192.168.0.0/16"', value => IpRange.parse(value) !== undefined)
}

/** A DNS name of letters, digits, hyphens and underscores, at least two labels, without the last dot. */
export function dnsName (): z.ZodString {
  return text(MAX_DNS_NAME_CHARACTERS, 'a DNS name of at least two labels, such as "seed.example.org"', isDnsName)
}

/** What stands in front of a seed's name in a query; empty for the name itself. */
export function dnsPrefix (): z.ZodString {
  return text(MAX_DNS_NAME_CHARACTERS, 'labels that each end with a dot, such as "_network._tcp.", or ""',
    value => value === '' || (value.endsWith('.') && value.slice(0, -1).split('.').every(isLabel)))
}

function isDnsName (name: string): boolean {
  const labels = name.split('.')
  // A last label of digits would make the name an IPv4 address to half of its readers
  return labels.length >= 2 && labels.every(isLabel) && !/^\d+$/.test(labels.at(-1) ?? '')
}

function isLabel (label: string): boolean {
  return /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label)
}

/** At most `MAX_LIST_ENTRIES` of `item`. */
export function list<Item extends z.ZodType> (item: Item): z.ZodArray<Item> {
  const error = `a list of at most ${MAX_LIST_ENTRIES}`
  return z.array(item, { error }).max(MAX_LIST_ENTRIES, { error })
}

/** A 32-byte id as 64 lower-case hexadecimal digits, or `word`. */
export function id32 (word: string): z.ZodString {
  return text(64, `64 lower-case hexadecimal digits, or "${word}"`, value => value === word || /^[0-9a-f]{64}$/.test(value))
}

/** Four bytes. */
export function bytes4 (): z.ZodType<[number, number, number, number]> {
  const error = 'a list of 4 bytes, each 0 to 255'
  const byte = z.int({ error }).min(0, { error }).max(255, { error })
  return z.tuple([byte, byte, byte, byte], { error })
}

/** Accumulated work: up to 64 hexadecimal digits as text, since TOML has no numbers of that size, or a whole number. */
export function work (): z.ZodType<bigint> {
  const error = 'work as "0x" and 1 to 64 hexadecimal digits, or a whole number of at least 0'
  return z.preprocess(
    value => {
      if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) {
        return BigInt(value)
      }
      return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
    },
    z.bigint({ error }).min(0n, { error }).max((1n << 256n) - 1n, { error })
  )
}

/** What a bootstrap node is reached by. */
const BOOTSTRAP_FORM = 'a multiaddr such as "/ip4/1.2.3.4/tcp/8333" or "/dns4/node.example.org/tcp/8333/p2p/<peer id>"'

/** The multiaddr of a node that can be reached by TCP. */
export function bootstrapAddress (): z.ZodString {
  return text(MAX_MULTIADDR_CHARACTERS, BOOTSTRAP_FORM, isBootstrapAddress)
}

/** The text of a PeerId: `Qm...` (SHA-256) or `1...` (a key of its own; ECDSA's is the longest, with up to 229), in base58btc. The library takes any bytes for one. */
const PEER_ID = /^(Qm[1-9A-HJ-NP-Za-km-z]{44}|1[1-9A-HJ-NP-Za-km-z]{51,228})$/

/** The text of a PeerId. */
export function peerId (): z.ZodString {
  return text(256, 'a PeerId, such as "12D3KooW..."', value => PEER_ID.test(value))
}

function isBootstrapAddress (value: string): boolean {
  try {
    const address = multiaddr(value)
    const [host, tcp, peer, ...rest] = address.getComponents()
    const named = host?.name === 'dns' || host?.name === 'dns4' || host?.name === 'dns6'
    // Only the encoding to bytes looks at every value
    return address.bytes.length > 0 && rest.length === 0 &&
      (peer === undefined || (peer.name === 'p2p' && PEER_ID.test(peer.value ?? ''))) && tcp?.name === 'tcp' &&
      Number(tcp.value) > 0 && (host?.name === 'ip4' || host?.name === 'ip6' || (named && isDnsName(host.value ?? '')))
  } catch {
    return false
  }
}
