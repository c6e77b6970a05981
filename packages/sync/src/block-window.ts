import type { BlockId, BlockRef } from '@peerwright/interface'

/** Whoever is asked for blocks; the window only compares. */
export type Asker = object

/** A block of the window, as others see it. */
export interface WindowBlock<P extends Asker> {
  readonly ref: BlockRef
  /** Who is asked for it now: nobody, one, or two when the first holds others up */
  readonly askers: ReadonlySet<P>
}

interface Entry<P extends Asker> extends WindowBlock<P> {
  readonly askers: Set<P>
  /**
   * `wanted`: nobody is asked, or somebody is. `received`: it is here, the chain has not said what it thinks of it.
   * `accepted`: the chain keeps it, and something below it is missing. `gone`: out of the window.
   */
  state: 'wanted' | 'received' | 'accepted' | 'gone'
  sizeBytes: number
  /** Who brought it */
  from: P | undefined
}

/** The bounds of a window. */
export interface WindowRules {
  readonly maxBlocks: number
  readonly maxBytes: number
}

/**
 * The blocks between the active chain and the header tip that are wanted, asked for, or here and not yet connected. At most
 * `maxBlocks`, and at most `maxBytes` of received ones; above that only the lowest missing block is still asked for and
 * kept, since it is what the others wait for.
 *
 * Each operation costs what it changes, not what the window holds: blocks are asked for from low to high, and those given
 * back go to the front.
 *
 * A block leaves when it connects, and also when the chain keeps it and nothing below it is missing: on a branch that has
 * less work than the active chain until its last block is there, none connects before, and a window that waited for it would
 * never move.
 */
export class BlockWindow<P extends Asker> {
  readonly #rules: WindowRules
  readonly #entries = new Map<BlockId, Entry<P>>()
  /** Blocks in the order of their heights; those before `#head`, and some after it, are gone */
  #order: Array<Entry<P>> = []
  #head = 0
  /** Not asked for, lowest last, so that taking from the low end is a `pop` */
  #queue: Array<Entry<P>> = []
  #asked = 0
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

  /** Blocks that are asked for and not here */
  get asked (): number {
    return this.#asked
  }

  /** Received bytes that are not connected */
  get unconnectedBytes (): number {
    return this.#unconnectedBytes
  }

  /** Puts wanted blocks in, in the order of their heights and above those already there. */
  add (refs: readonly BlockRef[]): void {
    const fresh: Array<Entry<P>> = []
    for (const ref of refs) {
      if (!this.#entries.has(ref.id)) {
        const entry: Entry<P> = { ref, askers: new Set(), state: 'wanted', sizeBytes: 0, from: undefined }
        this.#entries.set(ref.id, entry)
        this.#topHeight = Math.max(this.#topHeight, ref.height)
        fresh.push(entry)
      }
    }
    this.#order.push(...fresh)
    this.#queue = [...fresh.reverse(), ...this.#queue]
  }

  /** Forgets everything. */
  clear (): void {
    this.retain(() => false)
  }

  /** Forgets what is not of the branch that the header chain has turned to. */
  retain (wanted: (ref: BlockRef) => boolean): void {
    const kept: Array<Entry<P>> = []
    for (const entry of this.#entries.values()) {
      if (wanted(entry.ref)) {
        kept.push(entry)
      } else {
        this.#leave(entry)
      }
    }
    this.#order = kept
    this.#head = 0
    this.#queue = this.#queue.filter(({ state }) => state === 'wanted')
    this.#topHeight = kept.at(-1)?.ref.height ?? -1
  }

  /**
   * Takes the lowest blocks that nobody is asked for and marks them as asked of `asker`.
   *
   * @param serves - whether the asker has a block
   * @param blockBytes - size that a block is thought to have: what is asked for counts against the bytes of the window
   */
  take (asker: P, count: number, serves: (ref: BlockRef) => boolean, blockBytes = 0): BlockRef[] {
    const taken: BlockRef[] = []
    const passed: Array<Entry<P>> = []
    while (taken.length < count && this.#queue.length > 0) {
      const entry = this.#queue[this.#queue.length - 1] as Entry<P>
      if (this.#unconnectedBytes + this.#asked * blockBytes >= this.#rules.maxBytes && entry.ref.id !== this.lowestMissing()?.ref.id) {
        break
      }
      this.#queue.pop()
      if (serves(entry.ref)) {
        this.#ask(entry, asker)
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
  lowestMissing (): WindowBlock<P> | undefined {
    return this.#missing(1)[0]
  }

  /**
   * The lowest blocks that `asker` alone is asked for, to be asked for once more.
   *
   * @param count - most of them
   */
  heldUpBy (asker: P, count: number): BlockRef[] {
    return this.#missing(this.#entries.size)
      .filter(({ askers }) => askers.size === 1 && askers.has(asker))
      .slice(0, count)
      .map(({ ref }) => ref)
  }

  /** A second peer is asked for a block that another one holds up. */
  askAlso (id: BlockId, asker: P): void {
    const entry = this.#entries.get(id)
    if (entry?.state === 'wanted' && entry.askers.size > 0) {
      entry.askers.add(asker)
    }
  }

  /**
   * A block arrived.
   *
   * @returns whether to keep it: not when it is here already or no longer in the window, nor when there are too many bytes
   * already and it is not the one that the others wait for; it is wanted again then
   */
  received (id: BlockId, sizeBytes: number, from?: P): boolean {
    const entry = this.#entries.get(id)
    if (entry?.state !== 'wanted' || entry.askers.size === 0) {
      return false
    }
    this.#asked--
    entry.askers.clear()
    if (this.#unconnectedBytes + sizeBytes > this.#rules.maxBytes && entry !== this.#missing(1)[0]) {
      this.#requeue([entry])
      return false
    }
    entry.state = 'received'
    entry.sizeBytes = sizeBytes
    entry.from = from
    this.#unconnectedBytes += sizeBytes
    return true
  }

  /** The chain keeps a block: it waits for those below it, if any of them is missing. */
  accepted (id: BlockId): void {
    const entry = this.#entries.get(id)
    if (entry?.state === 'received') {
      entry.state = 'accepted'
      this.#trim()
    }
  }

  /** Who brought a block that is here. */
  bringer (id: BlockId): P | undefined {
    return this.#entries.get(id)?.from
  }

  /** `asker` will not bring these blocks: they are wanted again, unless another peer is asked for them. */
  giveBack (asker: P, ids: Iterable<BlockId>): void {
    const back: Array<Entry<P>> = []
    for (const id of ids) {
      const entry = this.#entries.get(id)
      if (entry?.askers.delete(asker) === true && entry.askers.size === 0) {
        this.#asked--
        back.push(entry)
      }
    }
    this.#requeue(back)
  }

  /** A received block turned out to be no good: it is wanted again. */
  rejected (id: BlockId): void {
    const entry = this.#entries.get(id)
    if (entry?.state === 'received' || entry?.state === 'accepted') {
      this.#unconnectedBytes -= entry.sizeBytes
      entry.state = 'wanted'
      this.#requeue([entry])
    }
  }

  /** A block is on the active chain. */
  connected (id: BlockId): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined) {
      const queued = entry.state === 'wanted' && entry.askers.size === 0
      this.#leave(entry)
      if (queued) {
        this.#queue = this.#queue.filter(other => other !== entry)
      }
      this.#trim()
    }
  }

  #ask (entry: Entry<P>, asker: P): void {
    this.#asked++
    entry.askers.add(asker)
  }

  #leave (entry: Entry<P>): void {
    if (entry.state === 'wanted') {
      this.#asked -= entry.askers.size > 0 ? 1 : 0
    } else {
      this.#unconnectedBytes -= entry.sizeBytes
    }
    entry.state = 'gone'
    this.#entries.delete(entry.ref.id)
  }

  /** Lets go of what is done at the low end; each block is passed once. */
  #trim (): void {
    for (let entry = this.#order[this.#head]; entry?.state === 'gone' || entry?.state === 'accepted'; entry = this.#order[this.#head]) {
      if (entry.state === 'accepted') {
        this.#leave(entry)
      }
      this.#head++
    }
    if (this.#head * 2 >= this.#order.length) {
      this.#order = this.#order.slice(this.#head)
      this.#head = 0
    }
  }

  /** The lowest blocks that are not here. */
  #missing (count: number): Array<Entry<P>> {
    const found: Array<Entry<P>> = []
    for (let at = this.#head; at < this.#order.length && found.length < count; at++) {
      const entry = this.#order[at]
      if (entry?.state === 'wanted') {
        found.push(entry)
      }
    }
    return found
  }

  #requeue (back: Array<Entry<P>>): void {
    if (back.length > 0) {
      this.#queue = [...this.#queue, ...back].sort((a, b) => b.ref.height - a.ref.height)
    }
  }
}
