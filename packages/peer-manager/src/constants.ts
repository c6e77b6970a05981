/**
 * How many of a full house cannot be evicted, and by what (Bitcoin Core, node/eviction.cpp; ANCHORS 1.2). Each is something that an
 * attacker cannot have cheaply, and no two are had by the same means.
 */

/** By netgroup, in the order of a secret: whoever attacks cannot know which */
export const PROTECTED_BY_NETGROUP = 4

/** By the smallest ping ever measured: near in the network */
export const PROTECTED_BY_PING = 8

/** By the latest transaction that we took from them */
export const PROTECTED_BY_TRANSACTION = 4

/** By the latest block, of those who relay no transactions */
export const PROTECTED_BLOCK_ONLY = 8

/** By the latest block */
export const PROTECTED_BY_BLOCK = 4

/** Bits of an address that make a netgroup (Bitcoin Core: /16 and /32). */
export const NETGROUP_V4_BITS = 16

/** The same of IPv6. */
export const NETGROUP_V6_BITS = 32

/** How long those stay away that there was no slot for, in seconds (ANCHORS 6.3: too many, 5 min). */
export const TOO_MANY_SECONDS = 300

/** Netgroups that are remembered under the secret. Chosen: more than can be connected. About 1 MB. */
export const MAX_GROUPS = 8_192
