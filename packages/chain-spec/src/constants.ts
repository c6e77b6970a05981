/**
 * Numbers that profiles start from and the bounds within which they may be set. A profile chooses a size; nothing
 * lets it choose to have none.
 */

/** Largest chain spec that is read, in bytes. Chosen: the presets in full are under 4 KiB. */
export const MAX_SPEC_BYTES = 65_536

/** Deepest nesting of inline tables and arrays in a spec. Chosen: the schema needs 3. */
export const MAX_SPEC_DEPTH = 8

/** Characters of a wrong value that an error shows. Chosen: enough to find it in the file, too few to flood a log. */
export const MAX_SHOWN_CHARACTERS = 48

/** Characters of a file's name that an error shows. Chosen: paths are longer than values, and come from the operator. */
export const MAX_SHOWN_SOURCE_CHARACTERS = 200

/** Longest network id, in characters: it stands in front of every stream negotiation. Chosen. */
export const MAX_ID_CHARACTERS = 32

/** Longest DNS name in text form, in characters (RFC 1035, 2.3.4: 255 bytes on the wire). */
export const MAX_DNS_NAME_CHARACTERS = 253

/** Longest user agent, in bytes (Bitcoin Core, MAX_SUBVERSION_LENGTH; ANCHORS 1.3). */
export const MAX_USER_AGENT_BYTES = 256

/** Longest bootstrap multiaddr, in characters. Chosen: a DNS name of 253, a port and a peer id of 256 fit. */
export const MAX_MULTIADDR_CHARACTERS = 600

/** Most entries in each list of a policy (listeners, seeds, resolvers, bootstrap nodes). Chosen: Bitcoin Core has 9 seeds. */
export const MAX_LIST_ENTRIES = 64

/** Highest port. */
export const MAX_PORT = 65_535

/** Largest value of the 32-bit fields of `version` and of compact targets. */
export const MAX_U32 = 0xffff_ffff

/** Largest message any network may ask for, in bytes (Bitcoin Core, MAX_SIZE): what a peer can make us hold per frame. */
export const MAX_MESSAGE_BYTES = 33_554_432

/** Smallest maximum message, in bytes (ANCHORS 1.4: what Zebra lets in before the handshake; `version` needs less). */
export const MIN_MESSAGE_BYTES = 1_024

/** Bitcoin's largest message and largest serialized block, in bytes (Bitcoin Core, MAX_PROTOCOL_MESSAGE_LENGTH, MAX_BLOCK_SERIALIZED_SIZE). */
export const BITCOIN_MESSAGE_BYTES = 4_000_000

/** Patience with one DNS server, in milliseconds (QC-03). */
export const DNS_TIMEOUT_MS = 5_000

/** Time between two rounds of asking the seeds, in milliseconds (QC-05). */
export const DNS_REFRESH_MS = 300_000

/** Addresses kept from seeds (QC-05). */
export const DNS_CACHE_ADDRESSES = 1_000

/** Addresses taken from one seed in one round (Bitcoin Core; ANCHORS 1.1, row DNS seeds): one poisoned seed fills no table. */
export const DNS_ADDRESSES_PER_SEED = 32

/** Patience with a TCP connection and the channel on it, in milliseconds (ANCHORS 3.7). */
export const CONNECT_TIMEOUT_MS = 10_000

/** Patience with version and verack, in milliseconds (ANCHORS 3.7, DESIGN "The life of a session"). */
export const HANDSHAKE_TIMEOUT_MS = 10_000

/** Time between two pings, in milliseconds (Bitcoin Core; ANCHORS 1.8). */
export const PING_INTERVAL_MS = 120_000

/** Share of the budget of pings and the like that those of our own may take (REQUIREMENTS 5.3, 3); the rest is for tips, proofs, goodbye. */
export const CONTROL_SHARE = 0.8

/** Patience with a pong, in milliseconds (Bitcoin Core; ANCHORS 1.8). */
export const PING_TIMEOUT_MS = 1_200_000

/** A peer without any traffic for this long is dropped, in milliseconds (QC-19). Longer than the ping interval, or an idle link could not be kept. */
export const IDLE_TIMEOUT_MS = 300_000

/** Inbound sessions (QC-17: 75 + 50 = 125). */
export const MAX_INBOUND = 75

/** Outbound sessions (QC-17). */
export const MAX_OUTBOUND = 50

/** Outbound sessions kept up by dialling (QC-17; Bitcoin Core's 8 full outbound connections). */
export const MIN_OUTBOUND = 8

/** Largest number of sessions in each direction that a policy may ask for. Chosen: file descriptors of a large host. */
export const MAX_SLOTS = 10_000

/** Blocks that sync may be ahead of the connected tip (Bitcoin Core, BLOCK_DOWNLOAD_WINDOW; DESIGN "The chain contract"). */
export const SYNC_WINDOW_BLOCKS = 1_024

/** Bytes of received but unconnected blocks, node-wide (DESIGN "The chain contract": 128 MiB). */
export const SYNC_WINDOW_BYTES = 134_217_728

/** Patience with the peer that leads the header sync, in milliseconds (Bitcoin Core, HEADERS_RESPONSE_TIME; ANCHORS 3.7). */
export const HEADER_LEADER_TIMEOUT_MS = 120_000

/** First patience with a peer that blocks the window, in milliseconds (Bitcoin Core; ANCHORS 1.5). */
export const STALL_TIMEOUT_MS = 2_000

/** Longest patience with a peer that blocks the window, in milliseconds (Bitcoin Core; ANCHORS 1.5). */
export const MAX_STALL_TIMEOUT_MS = 64_000

/** Longest duration of any timing, in milliseconds: a day. Chosen: a timer past 24.8 days would overflow. */
export const MAX_TIMING_MS = 86_400_000

/** Share of `max_connections` that is outbound (QC-17: 50 of 125). */
export const OUTBOUND_SHARE = 0.4

/** Service bit NODE_NETWORK: serves the whole chain (Bitcoin's protocol; QuantumCoin's chain spec: services = 1). */
export const NODE_NETWORK = 1

/** Longest path of a DNS server over HTTPS. Chosen: real ones have 10 to 40. */
export const MAX_PATH_BYTES = 256

/** Longest certificate, as PEM. Chosen: one with an RSA key of 4,096 bits has about 2,500. */
export const MAX_CERTIFICATE_BYTES = 16_384
