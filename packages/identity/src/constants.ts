/** Longest public key of libp2p, in bytes: RSA with 4,096 bits has 556. Chosen: room for its form, none for RSA with 8,192. */
export const MAX_IDENTITY_KEY_BYTES = 600

/** Longest signature of an identity key, in bytes: RSA with 4,096 bits. */
export const MAX_IDENTITY_SIGNATURE_BYTES = 512

/** Longest validity of a certificate, in seconds: 400 days. Chosen: a lost key is forgotten in about a year. */
export const MAX_VALIDITY_SECONDS = 34_560_000

/** Validity that a node gives its own certificate, in seconds: 90 days. Chosen: it makes a new one at each start. */
export const VALIDITY_SECONDS = 7_776_000

/** How far two honest clocks may be apart, in seconds (QNet: a challenge is good for 300 s; spec 3.3). */
export const CLOCK_SKEW_SECONDS = 300

/** Most pins: 3 MB. The issue "Transport and identity", 7: 10,000 peers. */
export const MAX_PINS = 10_000

/**
 * Longest text of a PeerId, in bytes. derived: one of ECDSA holds its whole key (`toMultihash` of @libp2p/crypto), and with P-521 its 166
 * bytes are up to 229 characters of base58; those of Ed25519, secp256k1 and RSA have 46 to 53.
 */
export const MAX_PEER_ID_BYTES = 256

/** Certificates whose signatures need not be checked again. Chosen: more than a node has peers; 5 MB with the largest keys. */
export const MAX_CHECKED_CERTIFICATES = 1_024

/** Longest signature of ML-DSA, in bytes: ML-DSA-87 (FIPS 204, table 2). */
export const MAX_SIGNATURE_BYTES = 4_627

/** Time between two challenges of a session, in milliseconds: 10 minutes. Chosen: a proof costs both sides about 2 ms and 9 KB. */
export const PROOF_INTERVAL_MS = 600_000

/** How long a proof may take, with the look-up in a registry, in milliseconds. As long as a handshake (DESIGN, "The life of a session"). */
export const PROOF_TIMEOUT_MS = 10_000

/** Challenges that a peer may put to us: 3 at once, then one in 20 seconds. Chosen: a signature costs up to 1 ms (PQ-NOISE 7). */
export const CHALLENGE_RATE = { capacity: 3, perSecond: 0.05 } as const

/** Longest wallet address, in bytes. Chosen: twice the longest in use. */
export const MAX_WALLET_BYTES = 128

/** Peers that a registry in memory holds. Chosen: 3,000 in QNet's full list (spec, "Constants"), and room; 90 MB with the usual suite. */
export const MAX_REGISTRATIONS = 10_000

/** Changes of a registry that wait for their turn. Chosen: each waits for signatures to be checked, about 1 ms. */
export const MAX_WAITING_CHANGES = 1_024

/**
 * Records that one block may bring; more are passed over. Chosen: what fits a block of 4 MB with the smallest suite, and no more
 * signatures than half a second checks.
 */
export const MAX_RECORDS_PER_BLOCK = 512

/** Blocks whose changes can be taken back one by one; a deeper reorganisation reads the chain anew. Chosen: a week of Bitcoin's blocks. */
export const MAX_UNDO_BLOCKS = 1_024

/** Addresses of one genesis node. Chosen: two for each kind of address, twice. */
export const MAX_GENESIS_ADDRESSES = 8
