import { createHash } from 'node:crypto'
import { ByteWriter, equalBytes, OperationError, PeerFault } from '@peerwright/core'
import type { Migration, PeerIdText, Registration, Registry, RegistryChange, RegistryEntry, Revocation } from '@peerwright/interface'
import { MAX_WAITING_CHANGES } from './constants.ts'
import { checkRecord } from './registry-check.ts'
import { decodeRecord, encodeRecord, type RegistryRecord } from './registry-record.ts'
import { type RegistryRules, RegistryState } from './registry-state.ts'
import type { Suites } from './suites.ts'
import { Turns } from './turns.ts'
import { Watchers } from './watchers.ts'

/** One link of the ledger: a change, and what it comes after. */
export interface LedgerBlock {
  /** Hash of the block before: 32 bytes; zeros for the first */
  readonly previous: Uint8Array
  readonly timeSeconds: number
  /** The change, as `encodeRecord` writes it */
  readonly record: Uint8Array
  /** SHA-256 of the three above */
  readonly hash: Uint8Array
}

/** What a ledger needs. */
export interface LedgerInit extends RegistryRules {
  /** 64 hexadecimal digits */
  readonly networkId: string
  readonly suites: Suites
  /** Seconds since the Unix epoch */
  readonly nowSeconds: () => number
  /** Most blocks that it holds, 1 to 1000000; each takes 9 KB with the usual suite. @default 20000 */
  readonly maxBlocks?: number
}

/** Chosen: two changes of each peer that it may hold. */
const MAX_BLOCKS = 20_000

const HASH_BYTES = 32

/**
 * A registry in memory whose changes are chained by their hashes: a copy that was edited shows, and so do two histories of one ledger.
 * For tests, and for
 * consortia that keep the blocks themselves.
 */
export class Ledger implements Registry {
  readonly #init: LedgerInit
  readonly #maxBlocks: number
  readonly #state: RegistryState
  readonly #watchers = new Watchers()
  readonly #turns = new Turns(MAX_WAITING_CHANGES)
  readonly #blocks: LedgerBlock[] = []

  constructor (init: LedgerInit) {
    this.#init = init
    this.#maxBlocks = init.maxBlocks ?? MAX_BLOCKS
    this.#state = new RegistryState(init)
  }

  /** The blocks, first to last. */
  blocks (): readonly LedgerBlock[] {
    return [...this.#blocks]
  }

  async register (registration: Registration, migration?: Migration): Promise<void> {
    await this.#append(migration === undefined ? { type: 'register', registration } : { type: 'migrate', registration, migration })
  }

  async revoke (revocation: Revocation): Promise<void> {
    await this.#append({ type: 'revoke', revocation })
  }

  lookup (peerId: PeerIdText): Promise<RegistryEntry | undefined> {
    return Promise.resolve(this.#state.get(peerId))
  }

  watch (observer: (change: RegistryChange) => void): () => void {
    return this.#watchers.add(observer)
  }

  /**
   * Takes the blocks of another copy that follow ours. Those that we have must be the same.
   *
   * @param blocks - all blocks of the other copy, from the first on
   * @throws PeerFault `ledger-edited` where a block does not fit its hash, or the one before it; `ledger-forked` where the other copy
   * tells another
   * history than ours; and what is wrong with a record. What came before the fault was taken
   */
  async follow (blocks: readonly LedgerBlock[]): Promise<void> {
    this.#turns.check()
    await this.#turns.take(async () => {
      if (blocks.length > this.#maxBlocks) {
        throw new OperationError('registry-full', `the ledger holds at most ${this.#maxBlocks} blocks`)
      }
      checkChain(blocks)
      const split = this.#blocks.findIndex((block, index) => blocks[index] !== undefined && !equalBytes(block.hash, blocks[index].hash))
      if (split >= 0) {
        throw new PeerFault('ledger-forked', `two histories of the ledger differ from block ${split} on`)
      }
      for (const block of blocks.slice(this.#blocks.length)) {
        await this.#add(decodeRecord(block.record), block)
      }
    })
  }

  async #append (record: RegistryRecord): Promise<void> {
    this.#turns.check()
    await this.#turns.take(async () => {
      // Read back from bytes: nothing is listed that could not be kept
      const bytes = encodeRecord(record).slice()
      const previous = this.#blocks.at(-1)?.hash ?? new Uint8Array(HASH_BYTES)
      const timeSeconds = this.#init.nowSeconds()
      await this.#add(decodeRecord(bytes), { previous, timeSeconds, record: bytes, hash: blockHash(previous, timeSeconds, bytes) })
    })
  }

  async #add (record: RegistryRecord, block: LedgerBlock): Promise<void> {
    if (this.#blocks.length >= this.#maxBlocks) {
      throw new OperationError('registry-full', `the ledger holds ${this.#maxBlocks} blocks already`)
    }
    const { networkId, suites } = this.#init
    const checked = await checkRecord(record, { networkId, suites, lookup: peerId => this.#state.get(peerId) })
    const { changes } = this.#state.apply(checked)
    this.#blocks.push(block)
    this.#watchers.tell(changes)
  }
}

function checkChain (blocks: readonly LedgerBlock[]): void {
  let previous: Uint8Array = new Uint8Array(HASH_BYTES)
  for (const [index, block] of blocks.entries()) {
    if (!equalBytes(block.previous, previous) || !equalBytes(block.hash, blockHash(block.previous, block.timeSeconds, block.record))) {
      throw new PeerFault('ledger-edited', `block ${index} of the ledger does not fit its hash, or the block before it`)
    }
    previous = block.hash
  }
}

function blockHash (previous: Uint8Array, timeSeconds: number, record: Uint8Array): Uint8Array {
  const head = new ByteWriter(HASH_BYTES + 4).bytes(previous).u32le(timeSeconds).finish()
  return new Uint8Array(createHash('sha256').update(head).update(record).digest())
}
