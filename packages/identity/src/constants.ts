/** Longest public key of libp2p, in bytes: RSA with 4,096 bits has 556. Chosen: room for its form, none for RSA with 8,192. */
export const MAX_IDENTITY_KEY_BYTES = 600

/** Longest signature of an identity key, in bytes: RSA with 4,096 bits. */
export const MAX_IDENTITY_SIGNATURE_BYTES = 512
