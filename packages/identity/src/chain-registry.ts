import { OperationError, PeerFault } from '@peerwright/core'
import type {
  BlockId, Chain, ChainPoint, Migration, PeerIdText, Registration, Registry, RegistryChange, RegistryEntry, Revocation
} from '@peerwright/interface'
import { MAX_RECORDS_PER_BLOCK, MAX_UNDO_BLOCKS, MAX_WAITING_CHANGES } from './constants.ts'
import { type CheckedRecord, checkRecord } from './registry-check.ts'
import { decodeRecord, encodeRecord, type RegistryRecord } from './registry-record.ts'
import { type RegistryRules, RegistryState, type Undo } from './registry-state.ts'
import type { Suites } from './suites.ts'
import { Turns } from './turns.ts'
import { Watchers } from './watchers.ts'

/** What a registry on a chain needs. */
export interface ChainRegistryInit extends RegistryRules {
  readonly chain: Chain
  /** 64 hexadecimal digits */
  readonly networkId: string
  readonly suites: Suites
  /** The records in the body of a block, in their order. What is no record is passed over; at most 512 of a block are read */
  readonly extract: (block: Uint8Array, point: ChainPoint) => readonly Uint8Array[]
  /** Puts a record into a transaction, or wherever `extract` finds it later */
  readonly publish: (record: Uint8Array) => Promise<void>
  /** The first block that may hold records. @default 1: genesis is what all agree on */
  readonly fromHeight?: number
}

/** A block whose records were read. */
interface ReadBlock {
  readonly id: BlockId
  readonly height: number
  readonly undo: readonly Undo[]
}

/**
 * The registry that stands on a chain: it reads the records of every block of the active chain, and takes them back where the chain takes
 * a block back. A record that is wrong, or comes too late, changes nothing.
 */
export class ChainRegistry implements Registry {
  readonly #init: ChainRegistryInit
  readonly #watchers = new Watchers()
  readonly #turns = new Turns(MAX_WAITING_CHANGES)
  readonly #fromHeight: number
  #state: RegistryState
  /** The last blocks that were read, lowest first */
  #read: ReadBlock[] = []
  #nextHeight: number
  #passedOver = 0
  #pending: Promise<void> | undefined
  #failure: OperationError | undefined
  #stop: (() => void) | undefined

  constructor (init: ChainRegistryInit) {
    this.#init = init
    this.#fromHeight = init.fromHeight ?? 1
    this.#nextHeight = this.#fromHeight
    this.#state = new RegistryState(init)
  }

  /** Records of blocks that changed nothing: of a wrong form, with a wrong signature, or out of order */
  get passedOver (): number {
    return this.#passedOver
  }

  /** Reads the chain up to its tip, and follows it from then on. @throws OperationError `registry-unavailable` */
  async start (): Promise<void> {
    const kick = (): void => { void this.#follow() }
    this.#stop ??= this.#init.chain.observe({ connected: kick, disconnected: kick })
    await this.#follow()
    this.#checkFailure()
  }

  stop (): void {
    this.#stop?.()
    this.#stop = undefined
  }

  /** Publishes a registration that would be good now; it holds when its block is on the chain. */
  async register (registration: Registration, migration?: Migration): Promise<void> {
    await this.#publish(migration === undefined ? { type: 'register', registration } : { type: 'migrate', registration, migration })
  }

  /** Publishes a revocation that would be good now; it holds when its block is on the chain. */
  async revoke (revocation: Revocation): Promise<void> {
    await this.#publish({ type: 'revoke', revocation })
  }

  /** @throws OperationError `registry-unavailable` while the chain cannot be read */
  async lookup (peerId: PeerIdText): Promise<RegistryEntry | undefined> {
    this.#checkFailure()
    return await Promise.resolve(this.#state.get(peerId))
  }

  watch (observer: (change: RegistryChange) => void): () => void {
    return this.#watchers.add(observer)
  }

  #checkFailure (): void {
    if (this.#failure !== undefined) {
      throw this.#failure
    }
  }

  async #publish (record: RegistryRecord): Promise<void> {
    const bytes = encodeRecord(record).slice()
    this.#turns.check()
    await this.#turns.take(async () => {
      this.#state.revert(this.#state.apply(await this.#check(decodeRecord(bytes))).undo)
    })
    await this.#init.publish(bytes)
  }

  async #check (record: RegistryRecord): Promise<CheckedRecord> {
    const { networkId, suites } = this.#init
    return await checkRecord(record, { networkId, suites, lookup: peerId => this.#state.get(peerId) })
  }

  /** Goes after the chain until it stands where the chain stands. One at a time: whoever comes meanwhile waits for the same. */
  async #follow (): Promise<void> {
    this.#pending ??= this.#turns.take(async () => {
      this.#pending = undefined
      try {
        while (await this.#step());
        this.#failure = undefined
      } catch (error) {
        this.#failure = new OperationError('registry-unavailable', 'the blocks that the registry stands in cannot be read', { cause: error })
      }
    })
    await this.#pending
  }

  /** One block back or forth. @returns whether there is more to do */
  async #step (): Promise<boolean> {
    const { chain, extract } = this.#init
    const tip = chain.tip()
    const last = this.#read.at(-1)
    if (last !== undefined && chain.ancestor(tip.id, last.height) !== last.id) {
      this.#takeBack(last)
      return true
    }
    if (this.#nextHeight > tip.height) {
      return false
    }
    const point = chain.point(chain.ancestor(tip.id, this.#nextHeight) ?? '')
    const body = point === undefined ? undefined : await chain.block(point.id)
    if (point === undefined || body === undefined) {
      throw new OperationError('not-found', `the block at height ${this.#nextHeight} is not there`)
    }
    if (body === 'pruned') {
      throw new OperationError('pruned', `the block at height ${this.#nextHeight} was pruned`)
    }
    await this.#readBlock(point, extract(body, point))
    return true
  }

  async #readBlock ({ id, height }: ChainPoint, records: readonly Uint8Array[]): Promise<void> {
    const undo: Undo[] = []
    this.#passedOver += Math.max(0, records.length - MAX_RECORDS_PER_BLOCK)
    for (const bytes of records.slice(0, MAX_RECORDS_PER_BLOCK)) {
      try {
        const { changes, undo: back } = this.#state.apply(await this.#check(decodeRecord(bytes)))
        undo.push(back)
        this.#watchers.tell(changes)
      } catch (error) {
        if (!(error instanceof PeerFault || error instanceof OperationError)) {
          throw error
        }
        this.#passedOver++
      }
    }
    this.#read.push({ id, height, undo })
    this.#nextHeight = height + 1
    if (this.#read.length > MAX_UNDO_BLOCKS) {
      this.#read.shift()
    }
  }

  #takeBack (block: ReadBlock): void {
    for (const undo of block.undo.toReversed()) {
      this.#watchers.tell(this.#state.revert(undo))
    }
    this.#read.pop()
    this.#nextHeight = block.height
    if (this.#read.length === 0 && block.height > this.#fromHeight) {
      this.#watchers.tell(this.#state.all().map(({ peerId }) => ({ type: 'withdrawn', peerId, entry: undefined })))
      this.#state = new RegistryState(this.#init)
      this.#nextHeight = this.#fromHeight
    }
  }
}
