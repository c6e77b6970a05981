/** Most blocks in one request. Nano's bound of an answer (NANO 1.7); more would leave other peers without work. */
export const MAX_BLOCKS_PER_REQUEST = 128

/** Requests for blocks that one peer has at a time: while one is answered the next is on its way (REQUIREMENTS 5.3, 2). */
export const MAX_REQUESTS_PER_PEER = 2

/** Received bytes that may wait to be taken by the chain before reading is held. Chosen: 16 MB blocks of slack for the disk. */
export const MAX_PENDING_BYTES = 16_777_216

/** Headers of too little work that are held for one peer, in bytes (DESIGN, "The chain contract"). */
export const MAX_HELD_HEADER_BYTES = 4_194_304

/** How long a peer that failed at headers does not lead again, in milliseconds (ANCHORS 6.3: error or stall, 15 min). */
export const LEADER_COOLDOWN_MS = 900_000

/** How often the planner looks for stalls, in milliseconds. Chosen: a quarter of the shortest stall. */
export const TICK_MS = 500

/** Shortest time between two announcements of our tip to a peer, in milliseconds. Chosen: a block chain at full sync has hundreds a second. */
export const ANNOUNCE_INTERVAL_MS = 1_000

/** How often tips are asked anew, in milliseconds. Chosen: one lost announcement costs half a minute. */
export const TIP_REFRESH_MS = 30_000

/** The stall timeout shrinks by this factor with each connected block (Bitcoin Core; ANCHORS 1.5). */
export const STALL_DECAY = 0.85

/** Size that a block is taken for before any has arrived, in bytes. Chosen: small, so that the first requests ask for several. */
export const INITIAL_BLOCK_BYTES = 65_536

/** Blocks a peer may be known to lack. Chosen: the window. */
export const MAX_LACKING = 1_024

/** Served bytes are counted over this long, in milliseconds (Bitcoin Core, `-maxuploadtarget`: 24 h). */
export const UPLOAD_WINDOW_MS = 86_400_000

/** Blocks that are served whatever the upload target says: a week of 10-minute blocks (Bitcoin Core, HISTORICAL_BLOCK_AGE). */
export const RECENT_BLOCKS = 1_008

/** Bytes of a `headers` message without the headers: the longest count. */
export const HEADERS_OVERHEAD_BYTES = 9
