/** Bytes of a record's length, big-endian. Source: libp2p specs, noise/README.md r5, "Wire format". */
export const LENGTH_BYTES = 2
/** The longest record. Source: the same. */
export const MAX_RECORD_BYTES = 65_535
