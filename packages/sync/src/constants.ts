/** Most blocks in one request. Nano's bound of an answer (NANO 1.7); more would leave other peers without work. */
export const MAX_BLOCKS_PER_REQUEST = 128

/** Requests for blocks that one peer has at a time: while one is answered the next is on its way (REQUIREMENTS 5.3, 2). */
export const MAX_REQUESTS_PER_PEER = 2

/** Received bytes that may wait to be taken by the chain before reading is held. Chosen: 16 MB blocks of slack for the disk. */
export const MAX_PENDING_BYTES = 16_777_216

/** Headers of a branch of too little work for which one bit is kept (Bitcoin Core, HEADER_COMMITMENT_PERIOD; ANCHORS 1.5). */
export const COMMITMENT_PERIOD = 641

/** Headers that must come for the second time behind one before it is stored (Bitcoin Core, REDOWNLOAD_BUFFER_SIZE; ANCHORS 1.5). */
export const REDOWNLOAD_BUFFER_HEADERS = 15_218

/** The same in bytes, of Bitcoin's headers with a byte each for their count: the bound where headers are longer. */
export const REDOWNLOAD_BUFFER_BYTES = 1_232_658

/**
 * Bytes in which such headers lie together. Chosen: the chain takes 400 of Bitcoin's at a time, and the two batches that may be in part
 * empty or due leave the whole below 1.4 MiB.
 */
export const HEADER_BATCH_BYTES = 32_768

/** Fewest headers that must come behind one, however long they are: a bit of each, which are those that stand behind Bitcoin's. */
export const MIN_REDOWNLOAD_BUFFER_HEADERS = 24

/**
 * Most bytes of such bits. Derived: what 1.4 MiB leave beside the headers, for 840 million headers, sixteen thousand years of Bitcoin's.
 * Bitcoin Core has room for four times as many (ANCHORS, part 1: 637 KiB).
 */
export const MAX_COMMITMENT_BYTES = 163_840

/** How long a peer may show headers of too little work while somebody else could lead, in milliseconds (ANCHORS 1.5: 15 min)... */
export const PRESYNC_BASE_MS = 900_000

/** ...and how much longer for each header that its tip promises (ANCHORS 1.5), in milliseconds. */
export const PRESYNC_HEADER_MS = 1

/** Promises beyond this give no more time. Chosen: five times Bitcoin's headers. */
export const MAX_PRESYNC_HEADERS = 5_000_000

/**
 * A branch is held back until it has the work that the best one had this many blocks below its tip (Bitcoin Core,
 * GetAntiDoSWorkThreshold): whoever wants us to store headers must have worked about as much as the network.
 */
export const LOW_WORK_MARGIN_BLOCKS = 144

/** How long a peer that failed at headers does not lead while another can, in milliseconds (ANCHORS 6.3: error or stall, 15 min). */
export const LEADER_COOLDOWN_MS = 900_000

/** The first time that it is tried again where no other can, in milliseconds; doubles up to the cool-down. Chosen: a restart of the peer. */
export const LEADER_RETRY_MS = 30_000

/** How often the planner looks for stalls, in milliseconds. Chosen: a quarter of the shortest stall. */
export const TICK_MS = 500

/** Shortest time between two announcements of our tip, in milliseconds. Chosen: a chain at full sync has thousands of tips a second. */
export const ANNOUNCE_INTERVAL_MS = 1_000

/** The same while we catch up ourselves: 20 a minute, what a link is good for (REQUIREMENTS 5.3, 3). */
export const CATCH_UP_ANNOUNCE_INTERVAL_MS = 3_000

/** How often tips are asked anew, in milliseconds. Chosen: a lost announcement costs half a minute at most, two empty messages a minute are nothing. */
export const TIP_REFRESH_MS = 30_000

/** Without any progress for this long the node says what it waits for, in milliseconds. Chosen: longer than a change of leader by error. */
export const WAITING_MS = 30_000

/** The stall timeout shrinks by this factor with each connected block (Bitcoin Core; ANCHORS 1.5). */
export const STALL_DECAY = 0.85

/** A peer stalls only when it is quiet for this many times the usual time between two blocks. Chosen: a link of our own at a tenth of its rate. */
export const STALL_INTERVALS = 3

/** Size that a block is taken for before any has arrived, in bytes. Chosen: small, so that the first requests ask for several. */
export const INITIAL_BLOCK_BYTES = 65_536

/** Blocks a peer may be known to lack. Chosen: the window. */
export const MAX_LACKING = 1_024

/** How long a peer is not asked again for a block that it did not find, in milliseconds. Chosen: it may be syncing itself. */
export const LACKING_MS = 60_000

/** How long a peer that is busy is left alone at first, in milliseconds; doubles up to ten minutes. Chosen. */
export const BUSY_MS = 10_000

/** Longest time that a busy peer is left alone, in milliseconds. */
export const MAX_BUSY_MS = 600_000

/** How long we do not give the chain anything after it failed, in milliseconds. Chosen: a full disk does not empty itself in less. */
export const CHAIN_RETRY_MS = 10_000

/** Served bytes are counted over this long, in milliseconds (Bitcoin Core, `-maxuploadtarget`: 24 h). */
export const UPLOAD_WINDOW_MS = 86_400_000

/** Blocks that are served whatever the upload target says: a week of 10-minute blocks (Bitcoin Core, HISTORICAL_BLOCK_AGE). */
export const RECENT_BLOCKS = 1_008

/** Bytes of a `headers` message without the headers: the longest count. */
export const HEADERS_OVERHEAD_BYTES = 9
