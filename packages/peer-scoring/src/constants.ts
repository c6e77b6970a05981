/** Thousandths in a point: scores are whole numbers of them, so that sums are exact. */
export const POINT = 1_000

/** Lowest score, in thousandths of a point (ANCHORS 6.3: -100 to 0). */
export const LOWEST_SCORE: number = -100 * POINT

/** Points of an ambiguous observation that says no number: a timeout (ANCHORS 6.3). */
export const DEFAULT_POINTS = -2

/** Entries of a ledger; what is older is added up in one (ANCHORS 6.3). About 8 KiB a peer with evidence. */
export const MAX_LEDGER_ENTRIES = 64

/** Longest rule that is kept, in characters. Chosen: the longest code there is has 24. */
export const MAX_RULE_CHARACTERS = 64

/** Longest evidence that is kept, in characters. Chosen: a line in a log. */
export const MAX_EVIDENCE_CHARACTERS = 200

/** Peers observed once that are remembered (ANCHORS 6.3: 10,000 in all). A flood of new offenders flushes these and nothing else. */
export const MAX_FRESH_RECORDS = 7_500

/** Peers observed more than once that are remembered. */
export const MAX_KNOWN_RECORDS = 2_500

/** How long an ambiguous score keeps a peer away, in milliseconds (ANCHORS 6.3: error or stall). */
export const COOL_DOWN_MS = 900_000

/** Cool-downs within `COOL_DOWN_WINDOW_MS` that end in a ban (ANCHORS 6.3). */
export const COOL_DOWNS_TO_BAN = 3

/** The time in which cool-downs are counted, in milliseconds (ANCHORS 6.3: an hour). */
export const COOL_DOWN_WINDOW_MS = 3_600_000

/** The ban after too many cool-downs, in milliseconds (ANCHORS 6.3: 30 minutes). */
export const COOL_DOWN_BAN_MS = 1_800_000

/** Longest ban that doubling leads to, in milliseconds (ANCHORS 6.3: a day). */
export const MAX_DOUBLED_MS = 86_400_000

/** Event loop lag that freezes ambiguous scores, in milliseconds (ANCHORS 6.3: p99 over 10 s). */
export const MAX_LAG_MS = 200

/** How long a measured lag counts, in milliseconds (ANCHORS 6.3). */
export const LAG_WINDOW_MS = 10_000

/** Lags that are kept: one each 100 ms. */
export const MAX_LAGS = 100

/** Peers that fail the same rule within `ALIKE_WINDOW_MS` for it to be our own fault: at least this many (ANCHORS 6.3) ... */
export const ALIKE_PEERS = 3

/** ... and at least this share of those connected, in percent (ANCHORS 6.3). */
export const ALIKE_PERCENT = 30

/** The time in which peers that fail alike are counted, and the freeze that follows, in milliseconds (ANCHORS 6.3). */
export const ALIKE_WINDOW_MS = 30_000

/** Rules whose failures are compared. Chosen: there are about 60. */
export const MAX_RULES = 128

/** Observations kept of what was frozen. Chosen: enough for a look afterwards. */
export const MAX_FROZEN = 256

/** Share of the connected peers that a rule may ban within `BAN_WINDOW_MS`, in percent (ANCHORS 6.3). */
export const BANNED_PERCENT = 10

/** Peers a rule may ban within the window however few are connected. Chosen: a handful of attackers on a small node. */
export const BANNED_AT_LEAST = 5

/** The time in which bans of a rule are counted, in milliseconds (ANCHORS 6.3: 10 minutes). */
export const BAN_WINDOW_MS = 600_000

/** Peers whose reliability is remembered. Chosen: as many as records. */
export const MAX_QUALITY_RECORDS = 10_000
