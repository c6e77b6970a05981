import type { BlockId, BlockRef } from '@peerwright/interface'

/** Whoever is asked for blocks; the window only compares. */
export type Asker = object

interface Entry<P extends Asker> {
  readonly ref: BlockRef
  /** Who is asked for it now: nobody, one, or in the end game two */
  readonly askers: Set<P>
  /** Bytes received; undefined while it is not here */
  sizeBytes: number | undefined
}

/** The bounds of a window. */
export interface WindowRules {
  readonly maxBlocks: number
  readonly maxBytes: number
}

/**
 * The blocks between the active chain and the header tip that are wanted, asked for, or here and not yet connected. At most
 * `maxBlocks`, and at most `maxBytes` of received ones; above that only the lowest missing block is still asked for, since
 * it is what the others wait for.
 *
 * Each operation costs what it changes, not what the window holds: blocks are asked for from low to high, and those given
 * back go to the front.
 */
export class BlockWindow<P extends Asker> {
  readonly #rules: WindowRules
  readonly #entries = new Map<BlockId, Entry<P>>()
  /** Not asked for, lowest last, so that taking from the low end is a `pop` */
  #queue: Array<Entry<P>> = []
  #unconnectedBytes = 0
  #topHeight = -1

  constructor (rules: WindowRules) {
    this.#rules = rules
  }

  /** Blocks in the window, in whatever state */
  get size (): number {
    return this.#entries.size
  }

  /** Highest block that was put in */
  get topHeight (): number {
    return this.#topHeight
  }

  /** Blocks that may still be put in */
  get room (): number {
    return Math.max(0, this.#rules.maxBlocks - this.#entries.size)
  }

  /** Blocks that nobody is asked for */
  get queued (): number {
    return this.#queue.length
  }

  /** Received bytes that are not connected */
  get unconnectedBytes (): number {
    return this.#unconnectedBytes
  }

  /** Puts wanted blocks in, in the order of their heights and above those already there. */
  add (refs: readonly BlockRef[]): void {
    const fresh = refs.filter(ref => !this.#entries.has(ref.id)).map(ref => ({ ref, askers: new Set<P>(), sizeBytes: undefined }))
    for (const entry of fresh) {
      this.#entries.set(entry.ref.id, entry)
      this.#topHeight = Math.max(this.#topHeight, entry.ref.height)
    }
    this.#queue = [...fresh.reverse(), ...this.#queue]
  }

  /** Forgets everything: the header chain has turned to another branch. */
  clear (): void {
    this.#entries.clear()
    this.#queue = []
    this.#unconnectedBytes = 0
    this.#topHeight = -1
  }

  /**
   * Takes the lowest blocks that nobody is asked for and marks them as asked of `asker`.
   *
   * @param serves - whether the asker has a block
   */
  take (asker: P, count: number, serves: (ref: BlockRef) => boolean): BlockRef[] {
    const full = this.#unconnectedBytes >= this.#rules.maxBytes
    const taken: BlockRef[] = []
    const passed: Array<Entry<P>> = []
    while (taken.length < count && this.#queue.length > 0) {
      const entry = this.#queue[this.#queue.length - 1] as Entry<P>
      if (full && entry.ref.id !== this.lowestMissing()?.ref.id) {
        break
      }
      this.#queue.pop()
      if (serves(entry.ref)) {
        entry.askers.add(asker)
        taken.push(entry.ref)
      } else {
        passed.push(entry)
      }
    }
    for (const entry of passed.reverse()) {
      this.#queue.push(entry)
    }
    return taken
  }

  /** The lowest block that is not here, and who is asked for it. */
  lowestMissing (): { readonly ref: BlockRef, readonly askers: ReadonlySet<P> } | undefined {
    // Entries stand in the order of their heights, and those that are here leave as soon as the ones below are
    for (const entry of this.#entries.values()) {
      if (entry.sizeBytes === undefined) {
        return entry
      }
    }
    return undefined
  }

  /** A second peer is asked for a block that another one holds up. */
  askAlso (id: BlockId, asker: P): void {
    this.#entries.get(id)?.askers.add(asker)
  }

  /**
   * A block arrived.
   *
   * @returns whether it was wanted; false when it is here already or no longer in the window
   */
  received (id: BlockId, sizeBytes: number): boolean {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.sizeBytes !== undefined) {
      return false
    }
    entry.sizeBytes = sizeBytes
    entry.askers.clear()
    this.#unconnectedBytes += sizeBytes
    return true
  }

  /** `asker` will not bring these blocks: they are wanted again, unless another peer is asked for them. */
  giveBack (asker: P, ids: Iterable<BlockId>): void {
    const back: Array<Entry<P>> = []
    for (const id of ids) {
      const entry = this.#entries.get(id)
      if (entry?.askers.delete(asker) === true && entry.askers.size === 0) {
        back.push(entry)
      }
    }
    this.#requeue(back)
  }

  /** A received block turned out to be no good: it is wanted again. */
  rejected (id: BlockId): void {
    const entry = this.#entries.get(id)
    if (entry?.sizeBytes !== undefined) {
      this.#unconnectedBytes -= entry.sizeBytes
      entry.sizeBytes = undefined
      this.#requeue([entry])
    }
  }

  /** A block is on the active chain. */
  connected (id: BlockId): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined) {
      this.#entries.delete(id)
      this.#unconnectedBytes -= entry.sizeBytes ?? 0
      if (entry.sizeBytes === undefined && entry.askers.size === 0) {
        this.#queue = this.#queue.filter(other => other !== entry)
      }
    }
  }

  #requeue (back: Array<Entry<P>>): void {
    if (back.length > 0) {
      this.#queue = [...this.#queue, ...back].sort((a, b) => b.ref.height - a.ref.height)
    }
  }
}
