import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { CommitmentRules } from '@peerwright/protocol-messages'
import { bodyFault } from './block-check.ts'
import type { BodyCheckAnswer, BodyCheckTask } from './body-check-thread.ts'

const PROGRAM = new URL(`./body-check-thread${extname(import.meta.url)}`, import.meta.url)

/** Smaller bodies are checked at once, in bytes. Chosen: some 0.15 ms of hashing, three times what a message to a thread and back costs. */
const MIN_THREAD_BYTES = 32_768

/** Bodies that the thread has at a time. Chosen: it never waits for the next one, and holds no more than 20 ms of work. */
const MAX_TASKS = 4

interface Job {
  readonly bytes: Uint8Array
  readonly rules: CommitmentRules
  readonly resolve: (fault: string | undefined) => void
}

/**
 * Checks bodies of blocks: large ones in a thread of their own, so that receiving goes on meanwhile. It starts with the first
 * large body. While it starts, has enough to do, or cannot be had, bodies are checked where they are offered.
 */
export class BodyChecker {
  readonly #maxBlockBytes: number
  /** Memory that travels to the thread and back */
  readonly #memory: ArrayBuffer[] = []
  readonly #jobs = new Map<number, Job>()
  #nextJob = 0
  #thread: Worker | undefined
  #state: 'unused' | 'starting' | 'ready' | 'gone'
  #idle: PromiseWithResolvers<void> | undefined

  /** @param threaded - whether there may be a thread: with one processor it would only be in the way */
  constructor (maxBlockBytes: number, threaded: boolean = availableParallelism() > 1) {
    this.#maxBlockBytes = maxBlockBytes
    this.#state = threaded ? 'unused' : 'gone'
  }

  /**
   * What is wrong with a body, as `bodyFault` tells it.
   *
   * @returns a promise for a body that the thread has
   */
  check (bytes: Uint8Array, rules: CommitmentRules): string | undefined | Promise<string | undefined> {
    if (bytes.length >= MIN_THREAD_BYTES && bytes.length <= this.#maxBlockBytes) {
      if (this.#state === 'unused') {
        this.#start()
      }
      if (this.#state === 'ready' && this.#jobs.size < MAX_TASKS) {
        return this.#hand(bytes, rules)
      }
    }
    return bodyFault(bytes, this.#maxBlockBytes, rules)
  }

  /** Waits for what the thread has, and ends it. */
  async close (): Promise<void> {
    if (this.#jobs.size > 0) {
      this.#idle = Promise.withResolvers()
      await this.#idle.promise
    }
    this.#state = 'gone'
    await this.#thread?.terminate()
  }

  #start (): void {
    this.#state = 'starting'
    try {
      this.#thread = new Worker(PROGRAM, { name: 'peerwright-body-check', workerData: this.#maxBlockBytes })
    } catch {
      // Threads are forbidden here, or there is no memory for one: the work is done without
      this.#state = 'gone'
      return
    }
    this.#thread.on('message', (answer: BodyCheckAnswer | 'ready') => {
      if (answer === 'ready') {
        this.#state = this.#state === 'starting' ? 'ready' : this.#state
        // Not before: a thread that starts holds the process whatever it was told
        this.#thread?.unref()
      } else {
        this.#memory.push(answer.memory)
        this.#finish(answer.job, () => answer.fault)
      }
    })
    this.#thread.on('error', () => { this.#lost() })
    this.#thread.on('exit', () => { this.#lost() })
  }

  async #hand (bytes: Uint8Array, rules: CommitmentRules): Promise<string | undefined> {
    const memory = this.#memory.pop() ?? new ArrayBuffer(this.#maxBlockBytes)
    new Uint8Array(memory).set(bytes)
    const job = this.#nextJob++
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    this.#jobs.set(job, { bytes, rules, resolve })
    // A process does not end while somebody waits for an answer
    this.#thread?.ref()
    this.#thread?.postMessage({ job, memory, sizeBytes: bytes.length, rules } satisfies BodyCheckTask, [memory])
    return await promise
  }

  #finish (number: number, verdict: (job: Job) => string | undefined): void {
    const job = this.#jobs.get(number)
    if (job !== undefined) {
      this.#jobs.delete(number)
      job.resolve(verdict(job))
    }
    if (this.#jobs.size === 0) {
      this.#thread?.unref()
      this.#idle?.resolve()
    }
  }

  /** The thread died: what it had is checked here, and all that comes. */
  #lost (): void {
    this.#state = 'gone'
    for (const number of [...this.#jobs.keys()]) {
      this.#finish(number, ({ bytes, rules }) => bodyFault(bytes, this.#maxBlockBytes, rules))
    }
  }
}
