import type { ByteReader } from '@peerwright/core'

/** A block's id as the chain prints it: lower-case hexadecimal of 32 bytes. */
export type BlockId = string

/** One header, decoded. */
export interface BlockHeader {
  readonly id: BlockId
  readonly parent: BlockId
  /** Work of this header alone */
  readonly work: bigint
  /** The header as it travels */
  readonly bytes: Uint8Array
}

/** How headers of a chain are read. A block's bytes begin with its header. */
export interface HeaderCodec {
  /** Longest header, in bytes */
  readonly maxSizeBytes: number
  /**
   * Reads one header. Cheap checks of form only.
   *
   * @throws PeerFault when the bytes are no header
   */
  read(reader: ByteReader): BlockHeader
  /**
   * Whether the header alone proves the work that it claims, as a proof of work does. A codec that cannot tell leaves it out: a branch
   * of too little work is then followed only as far as its headers can be held in memory.
   */
  provesWork?(header: BlockHeader): boolean
  /** The 32 bytes that stand for an id on the wire. */
  idToBytes(id: BlockId): Uint8Array
  /** The id that 32 bytes of the wire stand for. */
  idFromBytes(bytes: Uint8Array): BlockId
}

/** A place on a chain. */
export interface ChainPoint {
  readonly id: BlockId
  /** Genesis has height 0 */
  readonly height: number
  /** Accumulated work from genesis to here */
  readonly work: bigint
}

/** A block that is wanted. */
export interface BlockRef {
  readonly id: BlockId
  readonly height: number
}

/** What the chain says of headers offered to it. */
export type HeadersVerdict =
  /** All are known now; `added` were new, `last` is the last of those offered */
  | { readonly status: 'valid', readonly added: number, readonly last: ChainPoint }
  /** The header at `index` breaks a rule; those before it were taken */
  | { readonly status: 'invalid', readonly index: number, readonly reason: string }
  /** The parent of the first is not known; none was taken */
  | { readonly status: 'unknown-parent' }

/** What the chain says of a block offered to it. */
export type BlockVerdict =
  /** The block is on the active chain now; `connected` holds it and those that had waited for it, lowest first */
  | { readonly status: 'connected', readonly id: BlockId, readonly connected: readonly ChainPoint[] }
  /** Kept; it connects when those below it are there, or never, if its branch stays the lighter one */
  | { readonly status: 'stored', readonly id: BlockId }
  /** It was there already */
  | { readonly status: 'duplicate', readonly id: BlockId }
  /** It breaks a rule. Without an id the bytes are not even a block */
  | { readonly status: 'invalid', readonly id?: BlockId, readonly reason: string }
  /** Its header is not known */
  | { readonly status: 'unknown-header', readonly id: BlockId }

/** Hears of changes of the chain. Called synchronously; must not throw. */
export interface ChainObserver {
  /** The header chain with the most work ends here now */
  headers?(tip: ChainPoint): void
  /** A block was put on top of the active chain, and is as durable as the chain promises */
  connected?(point: ChainPoint): void
  /** A block was taken off the active chain, which now ends in `point`, its parent: a reorg */
  disconnected?(point: ChainPoint): void
}

/**
 * The chain that the embedder brings. Peerwright asks and tells; what is valid is the chain's decision alone.
 *
 * Calls may overlap: a chain that writes to disk may batch what is offered at the same time. Bodies come in any order,
 * each after its header.
 */
export interface Chain {
  readonly genesis: BlockId
  readonly codec: HeaderCodec
  /** The last block of the active chain */
  tip(): ChainPoint
  /** The last header of the header chain with the most work */
  headerTip(): ChainPoint
  /** A known header */
  point(id: BlockId): ChainPoint | undefined
  /** The id at `height` on the branch that ends in `id`; undefined when `id` is unknown or lower than `height`. */
  ancestor(id: BlockId, height: number): BlockId | undefined
  /** Ids that describe the header chain with the most work: dense at its end, then doubling steps, at last genesis. At most 101. */
  locator(): BlockId[]
  /** Headers of the active chain after the first id of `locator` that is on it (else after genesis), to `stop` or the end. */
  headersAfter(locator: readonly BlockId[], stop: BlockId | undefined, limit: number): Uint8Array[]
  /**
   * Bodies that are missing between the active chain and the header tip, lowest first, at most `limit`.
   *
   * @param aboveHeight - only those higher than this
   */
  missingBlocks(limit: number, aboveHeight?: number): BlockRef[]
  /** Takes headers, each the child of the one before it. */
  acceptHeaders(headers: readonly BlockHeader[]): Promise<HeadersVerdict>
  /**
   * Takes one block's body. The bytes are the chain's from here on.
   *
   * @param header - what the chain's own codec has read from these very bytes, where that was done already
   */
  acceptBlock(bytes: Uint8Array, header?: BlockHeader): Promise<BlockVerdict>
  /** A block's body; `pruned` when it was there once. */
  block(id: BlockId): Promise<Uint8Array | 'pruned' | undefined>
  /** @returns a function that ends the subscription */
  observe(observer: ChainObserver): () => void
}
