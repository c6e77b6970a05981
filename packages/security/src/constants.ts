/** Hosts whose budgets and pace are remembered. Chosen: far more than can be connected; those met longest ago are forgotten. */
export const MAX_HOSTS = 8_192

/** Peers whose budgets, throttles and cool-downs are remembered. Chosen: twice the sessions of the largest profile. */
export const MAX_PEERS = 8_192

/** Inbound connections a second of one subnet, as a multiple of one host's. Chosen: a flood from a rented subnet leaves room for others. */
export const SUBNET_PACE = 4

/**
 * A subnet that nobody came from for this long is a fresh one, in milliseconds: a second allowance, as large as the first, is for these, so
 * that a flood from many subnets does not keep the others out. Chosen: honest peers do not redial sooner.
 */
export const FRESH_SUBNET_MS = 10_000

/** How many times the budget is an attack (REQUIREMENTS 5.3). */
export const OVERLOAD_FACTOR = 10

/** How long it may last before the peer is dropped, in milliseconds (REQUIREMENTS 5.3). */
export const OVERLOAD_MS = 60_000

/** Slots in which overload is measured: each of them has to be above the bound. */
export const OVERLOAD_SLOTS = 6

/** Time between two resource violations of a peer that are told, in milliseconds. Chosen: a flood is one violation, not a thousand. */
export const VIOLATION_SPACING_MS = 10_000

/** Bytes of an answer that cost one (REQUIREMENTS 5.3: a block is 1 and its size by 64 KiB). */
export const BYTES_PER_COST = 65_536

/** Bytes of one entry of `getdata`: type 4, id 32. */
export const REQUEST_ENTRY_BYTES = 36

/** Types of answers that a peer may owe us on the live stream at a time. Chosen: there are three. */
export const MAX_EXPECTED_TYPES = 16

/**
 * Answers of one type that a peer may owe us. Bitcoin Core asks a peer for as many transactions at a time (MAX_PEER_TX_REQUEST_IN_FLIGHT);
 * larger, a peer that never answers saves up what it may then say beside its budget.
 */
export const MAX_UNANSWERED = 100

/** Most bans with an end that a profile may keep (`policy.admission.bans.maxEntries` of chain-spec). */
export const MAX_BAN_ENTRIES = 1_000_000

/** Permanent bans. Chosen: as many as others (ANCHORS 6.3). */
export const MAX_PERMANENT_BANS = 10_000

/** Length of a ban that would be permanent when there is no room for more, in milliseconds: 30 days. */
export const INSTEAD_OF_PERMANENT_MS = 2_592_000_000

/** Share of a full ban list that leaves at once, the earliest ends first. Chosen: one sort serves a hundred bans. */
export const BAN_BATCH = 100

/** Longest reason and evidence of a ban, in characters. Chosen: a line in a log. */
export const MAX_TEXT_CHARACTERS = 200

/** Hosts in one generation of those discouraged (Bitcoin Core's filter: 50,000 in all; ANCHORS 1.4). About 2 MB. */
export const DISCOURAGED_GENERATION = 25_000

/** Age at which a generation makes room for the next, in milliseconds (ANCHORS 6.3: 24 h). */
export const DISCOURAGED_MS = 86_400_000

/** How long those that we had no slot for stay away, in milliseconds (ANCHORS 6.3: too many, 5 min). */
export const TOO_MANY_MS = 300_000

/** How long those that failed stay away, in milliseconds (ANCHORS 6.3: error or stall, 15 min). */
export const FAILED_MS = 900_000

/** How long those of another network stay away, in milliseconds (ANCHORS 6.3: 4 h). */
export const WRONG_NETWORK_MS = 14_400_000

/** Time in which broken attempts of a host are counted, in milliseconds. Chosen: ten minutes. */
export const FAILED_WINDOW_MS = 600_000

/** A connection that was held this long without saying who is there is a slow one, in milliseconds. Chosen: a handshake takes a few round trips. */
export const LORIS_HELD_MS = 2_000

/** Ban of a host for too many broken attempts, in milliseconds (QuantumCoin: 1 h). */
export const FAILED_BAN_MS = 3_600_000

/** Threat score at which something is done (QuantumCoin: 0.7). */
export const THREAT_ACT = 0.7

/** Half of an indicator is forgotten in this time, in milliseconds. Chosen: as an ambiguous score. */
export const THREAT_HALF_LIFE_MS = 600_000

/** Attacks that are kept (QuantumCoin: 1000). */
export const MAX_ATTACKS = 1_000

/** Notes of evidence of one attack. */
export const MAX_EVIDENCE = 8

/** Descriptors kept for other things than connections: files of the chain, listeners, DNS, the console. Measured: 28 in an idle node with a chain on disk; files of bodies and of the index come on top. */
export const RESERVED_FILES = 48

/** Fewest connections a node is started with. Chosen: 8 outbound and as many inbound. */
export const MIN_CONNECTIONS = 16

/** Time between two times that bans and scores are stored, in milliseconds (Bitcoin Core: 15 min). They are stored when the node stops, too. */
export const SAVE_INTERVAL_MS = 900_000

/** How soon a new ban is stored, in milliseconds. Chosen: one write for a wave of them. */
export const SAVE_SOON_MS = 2_000

/** Largest stored file, in bytes: 10,000 records of 16 KiB at worst are cut off before; typical ones have 1 MB. */
export const MAX_STATE_BYTES = 67_108_864

/** Lines of one source in `LOG_WINDOW_MS`. Chosen: a person sees what happens; a flood fills no disk (CVE-2025-54604, CVE-2025-54605). */
export const LOG_LINES_PER_SOURCE = 5

/** Lines of all sources in `LOG_WINDOW_MS`. */
export const LOG_LINES = 100

/** The time for which lines are counted, in milliseconds. */
export const LOG_WINDOW_MS = 60_000
