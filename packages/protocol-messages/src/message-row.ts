/** Names of the messages of a session. */
export type SessionMessageName =
  'version' | 'verack' | 'ping' | 'pong' | 'goodbye' | 'end' | 'get-tip' | 'tip' | 'getheaders' | 'headers' | 'getdata' | 'block' |
  'inv' | 'tx' | 'feefilter' | 'sendcmpct' | 'cmpctblock' | 'getblocktxn' | 'blocktxn' |
  'get-peers' | 'peer-records' | 'proof' | 'qproof' | 'commit' | 'reveal' | 'emergency'

/** Names of the messages that exist in classic framing only. */
export type ClassicMessageName =
  'getaddr' | 'addr' | 'addrv2' | 'sendaddrv2' | 'getblocks' | 'notfound' | 'mempool' | 'reject' | 'sendheaders' | 'wtxidrelay'

/** Names of the messages. */
export type MessageName = SessionMessageName | ClassicMessageName

/** Largest payload in bytes; `block` for what the network's largest block decides. */
export type PayloadLimit = number | 'block'

interface Row {
  /** Which budget it draws on: none of its own accord for answers, which the asker's credit bounds */
  readonly budget: 'handshake' | 'control' | 'announcement' | 'request' | 'answer'
  /** What a payload over the limit costs the peer */
  readonly breach: 'disconnect' | 'discourage'
  /** Where the limits come from */
  readonly why: string
}

/** A message of a session: it has a type byte and a stream. */
export interface SessionMessageRow extends Row {
  readonly name: SessionMessageName
  /** The type byte: BIP324's short ids for Bitcoin's messages, 0x80 and up for ours */
  readonly type: number
  /** Where it travels: on the live stream, as a request on the bulk stream, or as a part of an answer there */
  readonly stream: 'live' | 'bulk' | 'answer'
  readonly maxBytes: PayloadLimit
  /** Its limit in classic framing; absent for messages that have no command there */
  readonly classicBytes?: PayloadLimit
  /** The message of the live stream that answers it, which is not unsolicited then */
  readonly answeredBy?: SessionMessageName
  /** The part of the node that handles it. Where that part is not assembled, a message of this type is counted and dropped */
  readonly owner: 'session' | 'sync' | 'relay' | 'discovery' | 'identity' | 'embedder'
}

/** A message that sessions do not carry: they have something better, or no use for it. */
export interface ClassicMessageRow extends Row {
  readonly name: ClassicMessageName
  readonly stream: 'classic'
  readonly classicBytes: PayloadLimit
  readonly owner: 'none'
}

/** One row of the message table. */
export type MessageRow = SessionMessageRow | ClassicMessageRow
