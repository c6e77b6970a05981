/**
 * Bounds of what DNS servers and seeds may say. A seed is the least trusted thing a fresh node talks to: each number says what
 * one that lies can cost or gain.
 */

/** EDNS buffer that we offer, in bytes (DNS Flag Day 2020: fits any path unfragmented, so no fragment can be forged). */
export const EDNS_BYTES = 1_232

/** Largest UDP answer that is looked at, in bytes. Chosen: over what we offer, so that a server a little over it is heard. */
export const MAX_UDP_ANSWER_BYTES = 4_096

/** Largest answer over HTTPS that is read, in bytes: the longest DNS message (RFC 1035, 4.2.2; RFC 8484, 6). */
export const MAX_HTTPS_ANSWER_BYTES = 65_535

/** Bytes of a DNS header (RFC 1035, 4.1.1). */
export const HEADER_BYTES = 12

/** Records decoded of an answer section. Source: LAB part 4; bind9 refuses larger sets. The rest is not even looked at. */
export const MAX_ANSWER_RECORDS = 100

/** Records decoded of the authority section: none is used, but additional records come after them. Chosen. */
export const MAX_AUTHORITY_RECORDS = 20

/** Records decoded of the additional section. Chosen: A and AAAA of 50 SRV targets. */
export const MAX_ADDITIONAL_RECORDS = 100

/** Bytes of one TXT record once its parts are joined. Chosen: 200 addresses as text. */
export const MAX_TXT_BYTES = 4_096

/** CNAME links followed for one name (BIND and unbound follow 8 to 11). */
export const MAX_CNAME_LINKS = 8

/** Datagrams from the server that are not the answer, before it is given up. Chosen: a duplicate or two are honest. */
export const MAX_STRAY_DATAGRAMS = 16

/** Shortest time an answer is believed, in seconds. Chosen: a TTL of 0 must not empty the cache between two dials. */
export const MIN_TTL_SECONDS = 30

/** Longest time an answer is believed, in seconds (unbound, cache-max-ttl: a day): a poisoned answer ends. */
export const MAX_TTL_SECONDS = 86_400

/** Least patience with one name, over all servers and aliases, in milliseconds. Derived: three servers of 5 s (QC-03). */
export const QUERY_DEADLINE_MS = 15_000

/** Most patience with one name, in milliseconds. Chosen: 12 silent servers of 5 s; a list longer than that is not waited out. */
export const MAX_QUERY_DEADLINE_MS = 60_000

/** Servers taken from the system (resolv.conf(5), MAXNS). */
export const MAX_SYSTEM_RESOLVERS = 3

/** Servers in a list of our own. Chosen: as many as a policy may name. */
export const MAX_RESOLVERS = 64

/** SRV targets for which questions of their own are asked. Chosen: with A and AAAA 16 questions a seed. */
export const MAX_SRV_TARGETS = 8

/** Sources asked at once (Bitcoin Core; ANCHORS 1.1: 3 at a time). */
export const MAX_PARALLEL_SOURCES = 3
