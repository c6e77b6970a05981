/** Largest payload before `verack`, in bytes. Zebra's bound (ANCHORS 1.4); a larger one makes a silent stranger cost memory. */
export const MAX_HANDSHAKE_PAYLOAD_BYTES = 1_024

/** Messages of unknown or early types that are dropped before `verack`; one more ends the attempt. Derived: S24 sends 200. */
export const MAX_IGNORED_HANDSHAKE_MESSAGES = 256

/** Requests of one session that may be unanswered at a time (REQUIREMENTS 5.3, 2). */
export const MAX_UNANSWERED_REQUESTS = 2

/** Requests that may wait on our side for one of these places. Chosen: a planner that waits for more has lost count. */
export const MAX_WAITING_REQUESTS = 64

/** Bulk bytes that go into a connection before other work gets a turn (DESIGN, "Streams and frames"). */
export const BULK_TURN_BYTES = 65_536

/**
 * Unsent bytes a live stream may hold. Bitcoin Core's send buffer (`-maxsendbuffer`, 1 MB): less would drop an
 * inventory burst, more lets a peer that never reads cost memory.
 */
export const MAX_LIVE_SEND_BYTES = 1_048_576

/** Blocks' worth of bulk bytes that may be outstanding at one peer (DESIGN; Bitcoin Core's 16 blocks in flight). */
export const MAX_CREDIT_BLOCKS = 16

/**
 * Bulk bytes that may be outstanding at any peer. Measured (DESIGN, "Streams and frames"): with 300 KB outstanding a live message
 * takes 100 ms at 20 Mbit/s and 50 ms; less leaves fast links idle between requests for small blocks.
 */
export const MIN_CREDIT_BYTES = 327_680

/** The credit is this many times the bandwidth-delay product, so that the link never runs dry between two requests (DESIGN). */
export const CREDIT_PRODUCTS = 2

/** Time in which rates are measured for the bandwidth-delay product, in milliseconds. Chosen: some round trips, less than a stall. */
export const RATE_WINDOW_MS = 500

/**
 * Longest that a dial may take, its wait for other dials included, in milliseconds. Chosen: libp2p's own 10 s hold for one address; whoever
 * is in a hurry gives a signal.
 */
export const DIAL_TIMEOUT_MS = 60_000

/** How long a goodbye may take to leave before the connection is cut, in milliseconds (DESIGN, "The life of a session"). */
export const GOODBYE_TIMEOUT_MS = 1_000

/** How long the older of two connections in one direction has to answer a ping, in milliseconds (DESIGN). */
export const PROBE_TIMEOUT_MS = 2_000

/** Connections of libp2p's own services that are kept beside the sessions (DESIGN, class `guest`). */
export const MAX_GUESTS = 8

/** How long a guest may be without a stream, in milliseconds (DESIGN, class `guest`). */
export const GUEST_IDLE_MS = 30_000

/** Most sessions and attempts held. A guard against bugs above the limits of the slots: 2 x the largest profile's slots (nano, 2048 + 2048). */
export const MAX_SESSIONS = 8_192

/** Random bytes of a nonce: a `ping` and a `version` carry a u64. */
export const NONCE_BYTES = 8

/** Encrypters told in `version`. Derived: 8 of the longest are half of the 1,024 bytes that a version may have. */
export const MAX_ENCRYPTERS = 8

/** Bytes of an encrypter's name. As in `version`. */
export const MAX_ENCRYPTER_BYTES = 64
