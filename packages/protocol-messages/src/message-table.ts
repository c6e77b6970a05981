import { invariant } from '@peerwright/core'

/** Names of the messages. */
export type MessageName =
  'version' | 'verack' | 'ping' | 'pong' | 'goodbye' | 'end' | 'get-tip' | 'tip' | 'getheaders' | 'headers' | 'getdata' | 'block'

/** One row of the message table. */
export interface MessageRow {
  readonly name: MessageName
  /** The type byte: BIP324's short ids for Bitcoin's messages, 0x80 and up for ours */
  readonly type: number
  /** Where it travels: on the live stream, as a request on the bulk stream, or as a part of an answer there */
  readonly stream: 'live' | 'bulk' | 'answer'
  /** Largest payload in bytes; `block` for what the network's largest block decides */
  readonly maxBytes: number | 'block'
  /** Which budget it draws on: none of its own accord for answers, which the asker's credit bounds */
  readonly budget: 'handshake' | 'control' | 'announcement' | 'request' | 'answer'
  /** What a payload over the limit costs the peer */
  readonly breach: 'disconnect' | 'discourage'
  /** The part of the node that handles it */
  readonly owner: 'session' | 'sync'
}

/**
 * The one table of messages: it drives code, tests and docs. Sources of the limits: ANCHORS 3.2 (Bitcoin Core), and for our
 * own messages the sum of their fields.
 */
export const MESSAGES: readonly MessageRow[] = [
  { name: 'block', type: 2, stream: 'answer', maxBytes: 'block', budget: 'answer', breach: 'disconnect', owner: 'sync' },
  // 1,000 entries of 36 bytes and their count (ours; Bitcoin's own bound is 50,000)
  { name: 'getdata', type: 11, stream: 'bulk', maxBytes: 36_003, budget: 'request', breach: 'discourage', owner: 'sync' },
  // version 4, count 1, 101 hashes of a locator and the stop hash
  { name: 'getheaders', type: 12, stream: 'bulk', maxBytes: 3_269, budget: 'request', breach: 'disconnect', owner: 'sync' },
  // 2,000 headers of 81 bytes and their count (ANCHORS 3.2)
  { name: 'headers', type: 13, stream: 'answer', maxBytes: 162_003, budget: 'answer', breach: 'discourage', owner: 'sync' },
  { name: 'ping', type: 18, stream: 'live', maxBytes: 8, budget: 'control', breach: 'disconnect', owner: 'session' },
  { name: 'pong', type: 19, stream: 'live', maxBytes: 8, budget: 'control', breach: 'disconnect', owner: 'session' },
  // code 1, retry-after 4, text 128
  { name: 'goodbye', type: 0x80, stream: 'live', maxBytes: 133, budget: 'control', breach: 'disconnect', owner: 'session' },
  // end 1, retry-after 4
  { name: 'end', type: 0x81, stream: 'answer', maxBytes: 5, budget: 'answer', breach: 'disconnect', owner: 'session' },
  // Zebra's bound before the handshake (ANCHORS 1.4)
  { name: 'version', type: 0x84, stream: 'live', maxBytes: 1_024, budget: 'handshake', breach: 'disconnect', owner: 'session' },
  { name: 'verack', type: 0x85, stream: 'live', maxBytes: 0, budget: 'handshake', breach: 'disconnect', owner: 'session' },
  { name: 'get-tip', type: 0x86, stream: 'live', maxBytes: 0, budget: 'control', breach: 'disconnect', owner: 'sync' },
  // id 32, height 4, work 32
  { name: 'tip', type: 0x87, stream: 'live', maxBytes: 68, budget: 'announcement', breach: 'disconnect', owner: 'sync' }
]

const BY_TYPE: ReadonlyMap<number, MessageRow> = new Map(MESSAGES.map(row => [row.type, row]))
const BY_NAME: ReadonlyMap<MessageName, MessageRow> = new Map(MESSAGES.map(row => [row.name, row]))

/** The row of a type byte; undefined for types that are not ours to know. */
export function messageByType (type: number): MessageRow | undefined {
  return BY_TYPE.get(type)
}

/** The type byte of a message. */
export function messageType (name: MessageName): number {
  const row = BY_NAME.get(name)
  invariant(row !== undefined, `${name} is in the message table`)
  return row.type
}

/**
 * Largest payload of a type, in bytes; undefined for unknown types.
 *
 * @param maxBlockBytes - the largest block of the network
 */
export function payloadLimit (type: number, maxBlockBytes: number): number | undefined {
  const limit = BY_TYPE.get(type)?.maxBytes
  return limit === 'block' ? maxBlockBytes : limit
}
