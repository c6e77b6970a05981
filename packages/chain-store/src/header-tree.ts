import type { BlockHeader, BlockId, ChainPoint } from '@peerwright/interface'

/** Where a body lies. */
export interface BodyPosition {
  readonly file: number
  readonly offset: number
  readonly sizeBytes: number
}

/** One header of the tree. */
export interface HeaderEntry extends ChainPoint {
  readonly parent: HeaderEntry | undefined
  readonly bytes: Uint8Array
  /** Children in the order they came; absent until there is one */
  children?: HeaderEntry[]
  /** Where its body is, once it is there */
  body?: BodyPosition
  /** Whether its body and those of all its ancestors are there */
  complete: boolean
  /** Whether it stands on a branch that was refused: none of those is ever the best */
  refused: boolean
}

/** Ids that a locator names one by one before its steps double (ANCHORS 3.4). */
const DENSE_LOCATOR = 11

/**
 * All known headers: a tree from genesis, and the branch with the most work by height. The first of two branches with equal
 * work stays the best.
 */
export class HeaderTree {
  readonly genesis: HeaderEntry
  readonly #entries = new Map<BlockId, HeaderEntry>()
  readonly #best: HeaderEntry[]

  constructor (genesis: BlockHeader) {
    this.genesis = { id: genesis.id, height: 0, work: genesis.work, parent: undefined, bytes: new Uint8Array(genesis.bytes), complete: true, refused: false }
    this.#entries.set(genesis.id, this.genesis)
    this.#best = [this.genesis]
  }

  /** Headers known, genesis included */
  get size (): number {
    return this.#entries.size
  }

  /** The end of the branch with the most work */
  get tip (): HeaderEntry {
    return this.#best[this.#best.length - 1] as HeaderEntry
  }

  get (id: BlockId): HeaderEntry | undefined {
    return this.#entries.get(id)
  }

  /** The header at a height of the best branch */
  at (height: number): HeaderEntry | undefined {
    return this.#best[height]
  }

  /** Puts in a header whose parent is known. */
  add (header: BlockHeader, parent: HeaderEntry): HeaderEntry {
    // A copy: the given bytes may be a view of a whole block or message, which would stay with them
    const bytes = new Uint8Array(header.bytes)
    const entry: HeaderEntry = {
      id: header.id, height: parent.height + 1, work: parent.work + header.work, parent, bytes, complete: false, refused: parent.refused
    }
    this.#entries.set(entry.id, entry)
    parent.children = [...(parent.children ?? []), entry]
    if (!entry.refused && entry.work > this.tip.work) {
      this.#turnTo(entry)
    }
    return entry
  }

  /** Gives up `entry` and all above it; the best branch is the best of the others, of equals the one with `preferred`. */
  refuse (entry: HeaderEntry, preferred: HeaderEntry): void {
    const waiting = [entry]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      at.refused = true
      waiting.push(...at.children ?? [])
    }
    let best = preferred
    for (const other of this.#entries.values()) {
      best = !other.refused && other.work > best.work ? other : best
    }
    this.#turnTo(best)
  }

  /** Makes `entry` the end of the best branch when none has more work: what was first before a restart is so again. */
  prefer (entry: HeaderEntry): void {
    if (entry.work >= this.tip.work) {
      this.#turnTo(entry)
    }
  }

  /** The ancestor at `height` of `entry`, or itself. Free on the best branch, a walk to it on others. */
  ancestor (entry: HeaderEntry, height: number): HeaderEntry | undefined {
    let at: HeaderEntry | undefined = entry
    while (at !== undefined && at.height > height && this.#best[at.height] !== at) {
      at = at.parent
    }
    return at === undefined || at.height <= height ? (at?.height === height ? at : undefined) : this.#best[height]
  }

  /** The last entry that two branches share. */
  fork (a: HeaderEntry, b: HeaderEntry): HeaderEntry {
    let left = this.ancestor(a, Math.min(a.height, b.height)) ?? this.genesis
    let right = this.ancestor(b, Math.min(a.height, b.height)) ?? this.genesis
    while (left !== right) {
      left = left.parent ?? this.genesis
      right = right.parent ?? this.genesis
    }
    return left
  }

  /** Ids of the best branch: dense at its end, then in doubling steps, at last genesis. */
  locator (): BlockId[] {
    const ids: BlockId[] = []
    let step = 1
    for (let height = this.tip.height; height > 0; height -= step) {
      ids.push((this.#best[height] as HeaderEntry).id)
      if (ids.length >= DENSE_LOCATOR) {
        step *= 2
      }
    }
    return [...ids, this.genesis.id]
  }

  #turnTo (entry: HeaderEntry): void {
    this.#best.length = Math.min(this.#best.length, entry.height + 1)
    for (let at: HeaderEntry | undefined = entry; at !== undefined && this.#best[at.height] !== at; at = at.parent) {
      this.#best[at.height] = at
    }
  }
}
