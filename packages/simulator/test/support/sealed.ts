import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { RunReport } from '../../src/index.ts'

/** What came of a run without the clocks and the randomness of the machine, and which of them were used all the same. */
export interface SealedRun {
  readonly result: RunReport
  readonly used: readonly string[]
}

/** Plays scenarios in a thread of its own. */
export class Sealed {
  readonly #worker = new Worker(new URL('sealed-run.ts', import.meta.url))

  async play (id: string, seed: number): Promise<SealedRun> {
    this.#worker.postMessage({ id, seed })
    const [run] = await once(this.#worker, 'message') as [SealedRun]
    return run
  }

  async stop (): Promise<void> {
    await this.#worker.terminate()
  }
}
