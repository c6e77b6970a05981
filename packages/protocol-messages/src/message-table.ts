import { invariant } from '@peerwright/core'
import type { MessageName, MessageRow, PayloadLimit, SessionMessageName, SessionMessageRow } from './message-row.ts'

/**
 * The one table of messages: it drives code, tests and docs/messages.md. Sources of the limits: ANCHORS 3.2 (Bitcoin Core), and
 * for our own messages the sum of their fields. Messages of a session come first, in the order of their types.
 */
export const MESSAGES: readonly MessageRow[] = [
  { name: 'block', type: 2, stream: 'answer', maxBytes: 'block', classicBytes: 'block', budget: 'answer', breach: 'disconnect', owner: 'sync', why: 'consensus' },
  { name: 'blocktxn', type: 3, stream: 'answer', maxBytes: 'block', classicBytes: 'block', budget: 'answer', breach: 'discourage', owner: 'relay', why: 'a part of a block' },
  { name: 'cmpctblock', type: 4, stream: 'live', maxBytes: 'block', classicBytes: 'block', budget: 'announcement', breach: 'discourage', owner: 'relay', why: 'a part of a block' },
  { name: 'feefilter', type: 5, stream: 'live', maxBytes: 8, classicBytes: 8, budget: 'control', breach: 'disconnect', owner: 'relay', why: 'one amount' },
  { name: 'getblocktxn', type: 10, stream: 'bulk', maxBytes: 196_640, classicBytes: 196_640, budget: 'request', breach: 'discourage', owner: 'relay', why: 'an id, a count of 3 bytes, and 65,535 indices of 3' },
  { name: 'getdata', type: 11, stream: 'bulk', maxBytes: 36_003, classicBytes: 1_800_003, budget: 'request', breach: 'discourage', owner: 'sync', why: '1,000 entries of 36 bytes and their count; 50,000 of Bitcoin' },
  { name: 'getheaders', type: 12, stream: 'bulk', maxBytes: 3_269, classicBytes: 3_269, budget: 'request', breach: 'disconnect', owner: 'sync', why: 'version 4, count 1, 101 ids of a locator and the stop id' },
  { name: 'headers', type: 13, stream: 'answer', maxBytes: 162_003, classicBytes: 162_003, budget: 'answer', breach: 'discourage', owner: 'sync', why: '2,000 headers of 81 bytes and their count' },
  { name: 'inv', type: 14, stream: 'live', maxBytes: 504_003, classicBytes: 1_800_003, budget: 'announcement', breach: 'discourage', owner: 'relay', why: '14,000 entries of 36 bytes and their count (REQUIREMENTS 5.3); 50,000 of Bitcoin' },
  { name: 'ping', type: 18, stream: 'live', maxBytes: 8, classicBytes: 8, budget: 'control', breach: 'disconnect', owner: 'session', why: 'one nonce' },
  { name: 'pong', type: 19, stream: 'live', maxBytes: 8, classicBytes: 8, budget: 'control', breach: 'disconnect', owner: 'session', why: 'one nonce' },
  { name: 'sendcmpct', type: 20, stream: 'live', maxBytes: 9, classicBytes: 9, budget: 'control', breach: 'disconnect', owner: 'relay', why: 'mode 1, version 8' },
  { name: 'tx', type: 21, stream: 'live', maxBytes: 400_000, classicBytes: 'block', budget: 'announcement', breach: 'discourage', owner: 'relay', why: 'the largest that is relayed (Bitcoin Core, MAX_STANDARD_TX_WEIGHT); consensus in a block' },
  { name: 'goodbye', type: 0x80, stream: 'live', maxBytes: 133, budget: 'control', breach: 'disconnect', owner: 'session', why: 'code 1, retry-after 4, text 128' },
  { name: 'end', type: 0x81, stream: 'answer', maxBytes: 5, budget: 'answer', breach: 'disconnect', owner: 'session', why: 'end 1, retry-after 4' },
  { name: 'peer-records', type: 0x82, stream: 'live', maxBytes: 262_144, budget: 'announcement', breach: 'discourage', owner: 'discovery', why: 'chosen: 1,000 records of 262 bytes; larger ones leave room for fewer' },
  { name: 'proof', type: 0x83, stream: 'live', maxBytes: 20_240, budget: 'control', breach: 'disconnect', owner: 'identity', why: 'step 1, suite 1, challenge 32, time 4, certificate 3 + 15,572, signature of ML-DSA-87 (FIPS 204)' },
  { name: 'version', type: 0x84, stream: 'live', maxBytes: 1_024, classicBytes: 1_024, budget: 'handshake', breach: 'disconnect', owner: 'session', why: 'Zebra\'s bound before the handshake (ANCHORS 1.4)' },
  { name: 'verack', type: 0x85, stream: 'live', maxBytes: 0, classicBytes: 0, budget: 'handshake', breach: 'disconnect', owner: 'session', why: 'empty' },
  { name: 'get-tip', type: 0x86, stream: 'live', maxBytes: 0, budget: 'control', breach: 'disconnect', answeredBy: 'tip', owner: 'sync', why: 'empty' },
  { name: 'tip', type: 0x87, stream: 'live', maxBytes: 68, budget: 'announcement', breach: 'disconnect', owner: 'sync', why: 'id 32, height 4, work 32' },
  { name: 'get-peers', type: 0x88, stream: 'live', maxBytes: 0, budget: 'control', breach: 'disconnect', answeredBy: 'peer-records', owner: 'discovery', why: 'empty' },
  { name: 'qproof', type: 0x89, stream: 'live', maxBytes: 7_252, classicBytes: 7_252, budget: 'announcement', breach: 'disconnect', owner: 'identity', why: 'suite 1, id 32, key and signature of ML-DSA-87 (FIPS 204)' },
  { name: 'commit', type: 0x8a, stream: 'live', maxBytes: 16_384, budget: 'announcement', breach: 'disconnect', owner: 'embedder', why: 'chosen: two keys and signatures of ML-DSA-87' },
  { name: 'reveal', type: 0x8b, stream: 'live', maxBytes: 16_384, budget: 'announcement', breach: 'disconnect', owner: 'embedder', why: 'chosen: as commit' },
  { name: 'emergency', type: 0x8c, stream: 'live', maxBytes: 16_384, budget: 'announcement', breach: 'disconnect', owner: 'embedder', why: 'chosen: as commit' },
  { name: 'addr', stream: 'classic', classicBytes: 30_003, budget: 'announcement', breach: 'discourage', owner: 'none', why: '1,000 entries of 30 bytes and their count' },
  { name: 'addrv2', stream: 'classic', classicBytes: 531_003, budget: 'announcement', breach: 'discourage', owner: 'none', why: '1,000 entries and their count: time 4, services 9, network 1, length 3, address 512, port 2' },
  { name: 'getaddr', stream: 'classic', classicBytes: 0, budget: 'control', breach: 'disconnect', owner: 'none', why: 'empty' },
  { name: 'getblocks', stream: 'classic', classicBytes: 3_269, budget: 'request', breach: 'disconnect', owner: 'none', why: 'as getheaders' },
  { name: 'mempool', stream: 'classic', classicBytes: 0, budget: 'request', breach: 'disconnect', owner: 'none', why: 'empty' },
  { name: 'notfound', stream: 'classic', classicBytes: 1_800_003, budget: 'answer', breach: 'discourage', owner: 'none', why: 'as getdata' },
  { name: 'reject', stream: 'classic', classicBytes: 158, budget: 'control', breach: 'disconnect', owner: 'none', why: 'command 13, code 1, reason 112, id 32' },
  { name: 'sendaddrv2', stream: 'classic', classicBytes: 0, budget: 'handshake', breach: 'disconnect', owner: 'none', why: 'empty' },
  { name: 'sendheaders', stream: 'classic', classicBytes: 0, budget: 'control', breach: 'disconnect', owner: 'none', why: 'empty' },
  { name: 'wtxidrelay', stream: 'classic', classicBytes: 0, budget: 'handshake', breach: 'disconnect', owner: 'none', why: 'empty' }
]

const BY_TYPE: ReadonlyMap<number, SessionMessageRow> = new Map(MESSAGES.flatMap(row => row.stream === 'classic' ? [] : [[row.type, row]]))
const BY_NAME: ReadonlyMap<string, MessageRow> = new Map(MESSAGES.map(row => [row.name, row]))

/** The row of a type byte; undefined for types that sessions do not know. */
export function messageByType (type: number): SessionMessageRow | undefined {
  return BY_TYPE.get(type)
}

/** The row of a message. */
export function messageByName (name: MessageName): MessageRow {
  const row = BY_NAME.get(name)
  invariant(row !== undefined, `${name} is in the message table`)
  return row
}

/** The row of a command of the classic frame; undefined for commands that we do not know. */
export function messageByCommand (command: string): MessageRow | undefined {
  const row = BY_NAME.get(command)
  return row?.classicBytes === undefined ? undefined : row
}

/** The limit of a session's message that does not depend on the network, in bytes. */
export function fixedLimit (name: SessionMessageName): number {
  const row = messageByName(name)
  invariant(row.stream !== 'classic' && row.maxBytes !== 'block', `${name} has a limit of its own`)
  return row.maxBytes
}

/** The type byte of a message. */
export function messageType (name: SessionMessageName): number {
  const row = messageByName(name)
  invariant(row.stream !== 'classic', `${name} travels in sessions`)
  return row.type
}

/**
 * Largest payload of a type in a session, in bytes; undefined for unknown types.
 *
 * @param maxBlockBytes - the largest block of the network
 */
export function payloadLimit (type: number, maxBlockBytes: number): number | undefined {
  return inBytes(BY_TYPE.get(type)?.maxBytes, maxBlockBytes)
}

/**
 * Largest payload of a command in classic framing, in bytes; undefined for unknown commands.
 *
 * @param maxBlockBytes - the largest block of the network
 */
export function classicPayloadLimit (command: string, maxBlockBytes: number): number | undefined {
  return inBytes(BY_NAME.get(command)?.classicBytes, maxBlockBytes)
}

function inBytes (limit: PayloadLimit | undefined, maxBlockBytes: number): number | undefined {
  return limit === 'block' ? maxBlockBytes : limit
}
