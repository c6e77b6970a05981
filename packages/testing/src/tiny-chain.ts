import { type ByteReader, PeerFault, toHex } from '@peerwright/core'
import type { BlockHeader, BlockId, BlockRef, BlockVerdict, Chain, ChainObserver, ChainPoint, HeaderCodec, HeadersVerdict } from '@peerwright/interface'

/** A header: its id, its parent, and its work as a byte. Nothing proves anything: for tests of what is done with a chain. */
const HEADER_BYTES = 65

/** The id of the block at height 0. */
export const GENESIS: BlockId = '00'.repeat(32)

/** The id of block `height` on branch `number`. */
export function idOf (number: number, height: number): BlockId {
  return height === 0 ? GENESIS : `${height.toString(16).padStart(8, '0')}${number.toString(16).padStart(4, '0')}`.padEnd(64, '0')
}

const bytesOf = (id: BlockId): Uint8Array => Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(id.slice(2 * at, 2 * at + 2), 16))

/** A branch of blocks with `sizeBytes` each, from above `parent` on. */
export function branch (count: number, options: { number?: number, from?: number, parentBranch?: number, sizeBytes?: number, work?: number } = {}): Uint8Array[] {
  const { number = 1, from = 0, parentBranch = number, sizeBytes = 100, work = 1 } = options
  return Array.from({ length: count }, (_, at) => {
    const height = from + at + 1
    const block = new Uint8Array(Math.max(HEADER_BYTES, sizeBytes))
    block.set(bytesOf(idOf(number, height)))
    block.set(bytesOf(idOf(at === 0 ? parentBranch : number, height - 1)), 32)
    block[64] = work
    return block
  })
}

const codec: HeaderCodec = {
  maxSizeBytes: HEADER_BYTES,
  read (reader: ByteReader): BlockHeader {
    const bytes = reader.bytes(HEADER_BYTES)
    const work = bytes[64] ?? 0
    if (work === 0) {
      throw new PeerFault('bad-header', 'a header without work')
    }
    return { id: toHex(bytes.subarray(0, 32)), parent: toHex(bytes.subarray(32, 64)), work: BigInt(work), bytes }
  },
  provesWork: () => true,
  idToBytes: bytesOf,
  idFromBytes: toHex
}

interface Entry extends ChainPoint {
  readonly header: BlockHeader | undefined
  readonly parent: Entry | undefined
  body: Uint8Array | undefined
}

/** Ways in which a tiny chain is peculiar. */
export interface TinyChainOptions {
  /** Reorganisations deeper than this are not followed */
  readonly maxReorgDepth?: number
  /** Called before a block is taken: waits, or throws */
  readonly onBlock?: (id: BlockId) => Promise<void> | void
}

/** A chain in memory that believes everything, for tests and measurements. */
export class TinyChain implements Chain {
  readonly genesis: BlockId = GENESIS
  readonly codec: HeaderCodec = codec
  readonly #entries = new Map<BlockId, Entry>()
  readonly #observers = new Set<ChainObserver>()
  readonly #options: TinyChainOptions
  #best: Entry[]
  #active: Entry[]
  /** Bodies offered, to see that none comes twice */
  readonly offered: BlockId[] = []

  constructor (blocks: readonly Uint8Array[] = [], options: TinyChainOptions = {}) {
    const genesis: Entry = { id: GENESIS, height: 0, work: 1n, header: undefined, parent: undefined, body: new Uint8Array(0) }
    this.#entries.set(GENESIS, genesis)
    this.#best = [genesis]
    this.#active = [genesis]
    this.#options = options
    this.extend(blocks)
  }

  /** Takes blocks at once, as if they had been mined here. */
  extend (blocks: readonly Uint8Array[]): void {
    for (const block of blocks) {
      const header = { ...this.#read(block), bytes: block.slice(0, HEADER_BYTES) }
      this.#addHeader(header)
      this.#addBody(header.id, block)
    }
  }

  tip (): ChainPoint {
    return this.#active.at(-1) as Entry
  }

  headerTip (): ChainPoint {
    return this.#best.at(-1) as Entry
  }

  point (id: BlockId): ChainPoint | undefined {
    return this.#entries.get(id)
  }

  ancestor (id: BlockId, height: number): BlockId | undefined {
    let entry = this.#entries.get(id)
    while (entry !== undefined && entry.height > height && this.#best[entry.height] !== entry) {
      entry = entry.parent
    }
    return entry === undefined || entry.height < height ? undefined : entry.height === height ? entry.id : this.#best[height]?.id
  }

  locator (): BlockId[] {
    const ids: BlockId[] = []
    for (let height = this.#best.length - 1, step = 1; height > 0; height -= step) {
      ids.push((this.#best[height] as Entry).id)
      step = ids.length > 10 ? 2 * step : 1
    }
    return [...ids, GENESIS]
  }

  headersAfter (locator: readonly BlockId[], stop: BlockId | undefined, limit: number): Uint8Array[] {
    const start = locator.map(id => this.#entries.get(id)).find(entry => entry !== undefined && this.#active[entry.height] === entry)?.height ?? 0
    const headers = this.#active.slice(start + 1, start + 1 + limit)
    const end = headers.findIndex(({ id }) => id === stop)
    return (end < 0 ? headers : headers.slice(0, end + 1)).map(({ header }) => header?.bytes ?? new Uint8Array(0))
  }

  missingBlocks (limit: number, aboveHeight?: number): BlockRef[] {
    let from = aboveHeight ?? Math.min(this.#active.length, this.#best.length) - 1
    while (aboveHeight === undefined && this.#best[from] !== this.#active[from]) {
      from--
    }
    const missing: BlockRef[] = []
    for (let height = from + 1; height < this.#best.length && missing.length < limit; height++) {
      const { id, body } = this.#best[height] as Entry
      if (body === undefined) {
        missing.push({ id, height })
      }
    }
    return missing
  }

  async acceptHeaders (headers: readonly BlockHeader[]): Promise<HeadersVerdict> {
    await Promise.resolve()
    const before = this.headerTip()
    let added = 0
    for (const [index, header] of headers.entries()) {
      if (!this.#entries.has(header.parent)) {
        return index === 0 ? { status: 'unknown-parent' } : { status: 'invalid', index, reason: 'no parent' }
      }
      added += this.#addHeader({ ...header, bytes: header.bytes.slice() }) ? 1 : 0
    }
    const tip = this.headerTip()
    if (tip !== before) {
      this.#tell(observer => observer.headers?.(tip))
    }
    return { status: 'valid', added, last: this.point(headers.at(-1)?.id ?? GENESIS) as ChainPoint }
  }

  async acceptBlock (bytes: Uint8Array): Promise<BlockVerdict> {
    const { id } = this.#read(bytes)
    this.offered.push(id)
    await this.#options.onBlock?.(id)
    const entry = this.#entries.get(id)
    if (entry === undefined) {
      return { status: 'unknown-header', id }
    }
    if (entry.body !== undefined) {
      return { status: 'duplicate', id }
    }
    const connected = this.#addBody(id, bytes)
    return connected.length > 0 ? { status: 'connected', id, connected } : { status: 'stored', id }
  }

  async block (id: BlockId): Promise<Uint8Array | undefined> {
    return await Promise.resolve(this.#entries.get(id)?.body)
  }

  observe (observer: ChainObserver): () => void {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }

  #read (bytes: Uint8Array): BlockHeader {
    const header = bytes.subarray(0, HEADER_BYTES)
    return { id: toHex(header.subarray(0, 32)), parent: toHex(header.subarray(32, 64)), work: BigInt(header[64] ?? 1), bytes: header }
  }

  #addHeader (header: BlockHeader): boolean {
    const parent = this.#entries.get(header.parent)
    if (this.#entries.has(header.id) || parent === undefined) {
      return false
    }
    const entry: Entry = { id: header.id, height: parent.height + 1, work: parent.work + header.work, header, parent, body: undefined }
    this.#entries.set(entry.id, entry)
    if (entry.work > this.headerTip().work) {
      this.#best = this.#branchTo(entry, this.#best)
    }
    return true
  }

  #addBody (id: BlockId, body: Uint8Array): ChainPoint[] {
    const entry = this.#entries.get(id) as Entry
    entry.body = body
    // The end of the best branch whose bodies are there, as far as it hangs together from here
    let end = this.#best[entry.height] === entry ? entry : undefined
    for (let at = entry; at.parent !== undefined && this.#active[at.height] !== at; at = at.parent) {
      if (at.body === undefined) {
        return []
      }
    }
    while (end !== undefined && this.#best[end.height + 1]?.body !== undefined) {
      end = this.#best[end.height + 1]
    }
    if (end === undefined || end.work <= this.tip().work) {
      return []
    }
    return this.#turnTo(end)
  }

  #turnTo (end: Entry): ChainPoint[] {
    const put: Entry[] = []
    let fork = end
    while (this.#active[fork.height] !== fork && fork.parent !== undefined) {
      put.push(fork)
      fork = fork.parent
    }
    if (this.tip().height - fork.height > (this.#options.maxReorgDepth ?? Infinity)) {
      return []
    }
    while (this.#active.length > fork.height + 1) {
      this.#active.pop()
      const point = this.tip()
      this.#tell(observer => observer.disconnected?.(point))
    }
    for (const entry of put.reverse()) {
      this.#active.push(entry)
      this.#tell(observer => observer.connected?.(entry))
    }
    return put
  }

  #branchTo (end: Entry, old: Entry[]): Entry[] {
    if (old.at(-1) === end.parent) {
      old.push(end)
      return old
    }
    const path: Entry[] = []
    let at: Entry | undefined = end
    while (at !== undefined && old[at.height] !== at) {
      path.push(at)
      at = at.parent
    }
    return [...old.slice(0, (at?.height ?? -1) + 1), ...path.reverse()]
  }

  #tell (what: (observer: ChainObserver) => void): void {
    for (const observer of [...this.#observers]) {
      what(observer)
    }
  }
}
