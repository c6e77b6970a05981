import type { BlockId, ChainPoint } from '@peerwright/interface'
import type { HeaderEntry, HeaderTree } from './header-tree.ts'

/** What a new body did to the active chain. */
export interface ChainChange {
  /** Taken off, highest first; each is the point below the block that left */
  readonly disconnected: readonly ChainPoint[]
  /** Put on, lowest first */
  readonly connected: readonly ChainPoint[]
}

const NOTHING: ChainChange = { disconnected: [], connected: [] }

/** The branch with the most work among those whose bodies are all there; the first of equals stays. */
export class ActiveChain {
  readonly #tree: HeaderTree
  readonly #maxReorgDepth: number
  readonly #onRefused: ((depth: number, tip: ChainPoint) => void) | undefined
  #tip: HeaderEntry

  constructor (tree: HeaderTree, maxReorgDepth: number, onRefused?: (depth: number, tip: ChainPoint) => void) {
    this.#tree = tree
    this.#maxReorgDepth = maxReorgDepth
    this.#onRefused = onRefused
    this.#tip = tree.genesis
  }

  /** Where it ends */
  get tip (): HeaderEntry {
    return this.#tip
  }

  /** Finds the chain again after a restart; `last` was its end. A branch that was refused stays refused. */
  restore (last: BlockId | undefined): void {
    const known = last === undefined ? undefined : this.#tree.get(last)
    const best = this.#complete(this.#tree.genesis)
    this.#tip = known?.complete === true ? known : best
    if (best.work > this.#tip.work) {
      this.#turnTo(best)
    }
    this.judgeHeaders()
  }

  /** Headers arrived: a branch that leaves the active chain too deep is refused before its bodies are fetched. */
  judgeHeaders (): void {
    while (this.#tooDeep(this.#tree.tip)) {
      // Another branch may be the best now
    }
  }

  /** A body arrived: it may complete a branch, and that branch may now have the most work. */
  bodyArrived (entry: HeaderEntry): ChainChange {
    if (entry.parent?.complete !== true) {
      return NOTHING
    }
    const best = this.#complete(entry)
    return best.work > this.#tip.work ? this.#turnTo(best) : NOTHING
  }

  /** Marks `from` and what now hangs together above it; returns the one with the most work. */
  #complete (from: HeaderEntry): HeaderEntry {
    let best = from
    const waiting = [from]
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      entry.complete = true
      best = entry.work > best.work ? entry : best
      waiting.push(...(entry.children ?? []).filter(child => child.body !== undefined))
    }
    return best
  }

  #turnTo (best: HeaderEntry): ChainChange {
    if (best.refused || this.#tooDeep(best)) {
      return NOTHING
    }
    const fork = this.#tree.fork(this.#tip, best)
    const disconnected: ChainPoint[] = []
    for (let entry = this.#tip; entry !== fork && entry.parent !== undefined; entry = entry.parent) {
      disconnected.push(point(entry.parent))
    }
    const connected: ChainPoint[] = []
    for (let entry: HeaderEntry | undefined = best; entry !== undefined && entry !== fork; entry = entry.parent) {
      connected.push(point(entry))
    }
    this.#tip = best
    return { disconnected, connected: connected.reverse() }
  }

  /** Whether to follow `best` would take off more blocks than allowed; its branch is refused then. */
  #tooDeep (best: HeaderEntry): boolean {
    const fork = this.#tree.fork(this.#tip, best)
    const depth = this.#tip.height - fork.height
    if (depth <= this.#maxReorgDepth) {
      return false
    }
    let first = best
    while (first.parent !== undefined && first.parent !== fork) {
      first = first.parent
    }
    this.#tree.refuse(first, this.#tip)
    this.#onRefused?.(depth, point(best))
    return true
  }
}

function point ({ id, height, work }: HeaderEntry): ChainPoint {
  return { id, height, work }
}
