import { ByteReader, OperationError, PeerFault, release } from '@peerwright/core'
import type {
  BlockHeader, BlockId, BlockRef, BlockVerdict, Chain, ChainObserver, ChainPoint, HeaderCodec, HeadersVerdict
} from '@peerwright/interface'
import { BITCOIN_HEADER_BYTES, bitcoinHeaderCodec } from '@peerwright/protocol-messages'
import { ActiveChain } from './active-chain.ts'
import type { BodyStore } from './bodies.ts'
import { BodyChecker } from './body-checker.ts'
import { headerFault } from './header-rules.ts'
import type { BodyPosition, HeaderEntry, HeaderTree } from './header-tree.ts'
import type { IndexDb, IndexedBody } from './index-db.ts'
import { type OpeningReport, openParts, type StoreParts } from './opening.ts'
import { type ChainParams, validateParams } from './params.ts'

/** Where a chain store keeps its data, and of which chain. */
export interface ChainStoreOptions {
  /** A folder, made when it is not there; or `memory`, which keeps nothing */
  readonly location: string
  readonly params: ChainParams
  /** Told when a reorganisation deeper than allowed is refused */
  readonly onRefusedReorg?: (depth: number, tip: ChainPoint) => void
}

interface Pending {
  readonly entry: HeaderEntry
  readonly bytes: Uint8Array
  readonly resolve: (verdict: BlockVerdict) => void
  readonly reject: (error: unknown) => void
}

/** Blocks that are written together at most, in bytes. Chosen: several milliseconds of disk, little memory. */
const MAX_COMMIT_BYTES = 16_777_216

/** Written bodies from this size on give their memory back at once, in bytes. Chosen: what is smaller costs the collector little. */
const MIN_RELEASED_BYTES = 65_536

/**
 * Headers and blocks of a chain of Bitcoin's family: proof of work, targets, median time, accumulated work, Merkle roots and
 * witness commitments are checked; scripts and amounts are not. What `connected` has told survives the death of the process,
 * at any moment; a loss of power may cost the last seconds, which are fetched again.
 */
export class ChainStore implements Chain {
  readonly codec: HeaderCodec = bitcoinHeaderCodec
  readonly genesis: BlockId
  readonly opening: OpeningReport
  readonly #params: ChainParams
  readonly #tree: HeaderTree
  readonly #active: ActiveChain
  readonly #index: IndexDb
  readonly #bodies: BodyStore
  readonly #checker: BodyChecker
  readonly #observers = new Set<ChainObserver>()
  /** Blocks being written, by id, so that one offered twice is written once */
  readonly #writing = new Set<BlockId>()
  #pending: Pending[] = []
  #committing: Promise<void> | undefined
  /** Headers of the tree that are not on disk yet */
  #unwritten: HeaderEntry[] = []
  /** Whether the tip on disk is an older one */
  #tipUnwritten = false
  #lastWrite: Promise<void> = Promise.resolve()
  #closed = false

  private constructor (options: ChainStoreOptions, { tree, index, bodies, opening }: StoreParts) {
    this.#params = options.params
    this.#tree = tree
    this.#active = new ActiveChain(tree, options.params.maxReorgDepth, options.onRefusedReorg)
    this.#index = index
    this.#bodies = bodies
    this.#checker = new BodyChecker(options.params.maxBlockBytes)
    this.opening = opening
    this.genesis = tree.genesis.id
  }

  /**
   * Opens a store, or makes one.
   *
   * @throws OperationError `invalid-option`, `store-locked`, `store-corrupt`, `wrong-network`, `future-schema`
   */
  static async open (options: ChainStoreOptions): Promise<ChainStore> {
    const parts = await openParts(options.location, validateParams(options.params))
    const store = new ChainStore(options, parts)
    store.#active.restore(await parts.index.tip())
    parts.tree.prefer(store.#active.tip)
    return store
  }

  tip (): ChainPoint {
    return pointOf(this.#active.tip)
  }

  headerTip (): ChainPoint {
    return pointOf(this.#tree.tip)
  }

  point (id: BlockId): ChainPoint | undefined {
    const entry = this.#tree.get(id)
    return entry && pointOf(entry)
  }

  ancestor (id: BlockId, height: number): BlockId | undefined {
    const entry = this.#tree.get(id)
    return entry && this.#tree.ancestor(entry, height)?.id
  }

  locator (): BlockId[] {
    return this.#tree.locator()
  }

  headersAfter (locator: readonly BlockId[], stop: BlockId | undefined, limit: number): Uint8Array[] {
    const tip = this.#active.tip
    const known = locator.map(id => this.#tree.get(id)).find(entry => entry !== undefined && this.#tree.ancestor(tip, entry.height) === entry)
    const start = known?.height ?? 0
    const last = this.#tree.ancestor(tip, Math.min(tip.height, start + limit))
    const headers: HeaderEntry[] = []
    for (let at = last; at !== undefined && at.height > start; at = at.parent) {
      headers.push(at)
    }
    headers.reverse()
    const end = stop === undefined ? -1 : headers.findIndex(entry => entry.id === stop)
    return (end < 0 ? headers : headers.slice(0, end + 1)).map(entry => entry.bytes)
  }

  missingBlocks (limit: number, aboveHeight?: number): BlockRef[] {
    const from = aboveHeight ?? this.#tree.fork(this.#active.tip, this.#tree.tip).height
    const missing: BlockRef[] = []
    for (let height = from + 1; missing.length < limit; height++) {
      const entry = this.#tree.at(height)
      if (entry === undefined) {
        break
      }
      if (entry.body === undefined && !this.#writing.has(entry.id)) {
        missing.push({ id: entry.id, height })
      }
    }
    return missing
  }

  async acceptHeaders (headers: readonly BlockHeader[]): Promise<HeadersVerdict> {
    this.#mustBeOpen()
    const before = this.#tree.tip
    const added: HeaderEntry[] = []
    let last = this.#tree.genesis
    let verdict: HeadersVerdict | undefined
    for (const [index, header] of headers.entries()) {
      const known = this.#tree.get(header.id)
      const parent = this.#tree.get(header.parent)
      if (known === undefined && parent === undefined) {
        verdict = index === 0 ? { status: 'unknown-parent' } : { status: 'invalid', index, reason: 'it does not follow the one before it' }
        break
      }
      const reason = known === undefined && parent !== undefined ? headerFault(header, parent, this.#params) : undefined
      if (reason !== undefined) {
        verdict = { status: 'invalid', index, reason }
        break
      }
      last = known ?? this.#tree.add(header, parent as HeaderEntry)
      if (known === undefined) {
        added.push(last)
      }
    }
    this.#unwritten.push(...added)
    this.#active.judgeHeaders()
    await this.#write([])
    if (this.#tree.tip !== before) {
      const tip = this.headerTip()
      this.#tell(observer => observer.headers?.(tip))
    }
    return verdict ?? { status: 'valid', added: added.length, last: pointOf(last) }
  }

  async acceptBlock (bytes: Uint8Array, header?: BlockHeader): Promise<BlockVerdict> {
    this.#mustBeOpen()
    if (bytes.length < BITCOIN_HEADER_BYTES) {
      return { status: 'invalid', reason: 'it is shorter than a header' }
    }
    const id = header?.id ?? idOf(bytes)
    const entry = id === undefined ? undefined : this.#tree.get(id)
    if (id === undefined) {
      return { status: 'invalid', reason: 'its header is no header' }
    }
    if (entry === undefined) {
      return { status: 'unknown-header', id }
    }
    if (this.#has(entry)) {
      return { status: 'duplicate', id }
    }
    const checked = this.#checker.check(bytes, { segwit: entry.height >= this.#params.segwitHeight })
    const reason = checked instanceof Promise ? await checked : checked
    if (reason !== undefined) {
      return { status: 'invalid', id, reason }
    }
    // It may have come a second time while it was checked: only a body that is found good keeps another one out
    if (this.#has(entry)) {
      return { status: 'duplicate', id }
    }
    this.#writing.add(id)
    return await new Promise((resolve, reject) => {
      this.#pending.push({ entry, bytes, resolve, reject })
      this.#committing ??= this.#commitAll()
    })
  }

  async block (id: BlockId): Promise<Uint8Array | 'pruned' | undefined> {
    this.#mustBeOpen()
    const position = this.#tree.get(id)?.body
    return position && await this.#bodies.read(position)
  }

  observe (observer: ChainObserver): () => void {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }

  /** Finishes what was offered and closes all files. */
  async close (): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      await this.#checker.close()
      await this.#committing
      await this.#lastWrite
      await this.#bodies.close()
      await this.#index.close()
    }
  }

  #has (entry: HeaderEntry): boolean {
    return entry.body !== undefined || entry === this.#tree.genesis || this.#writing.has(entry.id)
  }

  /** Writes what is pending, and what comes meanwhile, together. */
  async #commitAll (): Promise<void> {
    // Blocks that are offered in one go gather first; those that come while a write is under way go into the next one
    await Promise.resolve()
    while (this.#pending.length > 0) {
      let bytes = 0
      const most = this.#pending.findIndex(({ bytes: { length } }) => (bytes += length) > MAX_COMMIT_BYTES)
      const batch = this.#pending.splice(0, most < 0 ? this.#pending.length : Math.max(1, most))
      try {
        await this.#commit(batch)
      } catch (error) {
        for (const { entry, reject } of batch) {
          this.#writing.delete(entry.id)
          reject(error)
        }
      }
    }
    this.#committing = undefined
  }

  /** Body first, then index, then the word that it is there. */
  async #commit (batch: readonly Pending[]): Promise<void> {
    const positions = await this.#bodies.append(batch.map(({ bytes }) => bytes))
    const bodies = batch.map(({ entry }, at) => ({ id: entry.id, position: positions[at] as BodyPosition }))
    await this.#write(bodies)
    const verdicts: BlockVerdict[] = []
    let connected = false
    for (const [at, { entry }] of batch.entries()) {
      entry.body = bodies[at]?.position as BodyPosition
      this.#writing.delete(entry.id)
      const change = this.#active.bodyArrived(entry)
      connected ||= change.connected.length > 0
      for (const gone of change.disconnected) {
        this.#tell(observer => observer.disconnected?.(gone))
      }
      for (const point of change.connected) {
        this.#tell(observer => observer.connected?.(point))
      }
      verdicts.push(change.connected.length > 0
        ? { status: 'connected', id: entry.id, connected: change.connected }
        : { status: 'stored', id: entry.id })
    }
    this.#tipUnwritten ||= connected
    // Where more waits, the new tip goes to disk with its index: one round to the disk less
    if (this.#tipUnwritten && this.#pending.length === 0) {
      await this.#write([])
    }
    for (const [at, { bytes, resolve }] of batch.entries()) {
      if (!this.#bodies.keepsBytes && bytes.length >= MIN_RELEASED_BYTES) {
        release(bytes)
      }
      resolve(verdicts[at] as BlockVerdict)
    }
  }

  /**
   * One write after the other, headers and tip with the first that succeeds: on disk there is never a child without its parent or a
   * body without its header.
   */
  async #write (bodies: readonly IndexedBody[]): Promise<void> {
    const write = this.#lastWrite.then(async () => {
      const headers = this.#unwritten
      const tipUnwritten = this.#tipUnwritten
      this.#unwritten = []
      this.#tipUnwritten = false
      try {
        await this.#index.write({ headers, bodies, ...(tipUnwritten ? { tip: this.#active.tip.id } : {}) })
      } catch (error) {
        this.#unwritten = [...headers, ...this.#unwritten]
        this.#tipUnwritten ||= tipUnwritten
        throw new OperationError('write-failed', 'the index of the chain store cannot be written', { cause: error })
      }
    })
    this.#lastWrite = write.catch(() => undefined)
    await write
  }

  #tell (what: (observer: ChainObserver) => void): void {
    for (const observer of [...this.#observers]) {
      what(observer)
    }
  }

  #mustBeOpen (): void {
    if (this.#closed) {
      throw new OperationError('closed', 'the chain store is closed')
    }
  }
}

function pointOf ({ id, height, work }: ChainPoint): ChainPoint {
  return { id, height, work }
}

function idOf (bytes: Uint8Array): BlockId | undefined {
  try {
    return bitcoinHeaderCodec.read(new ByteReader(bytes)).id
  } catch (error) {
    if (error instanceof PeerFault) {
      return undefined
    }
    throw error
  }
}
