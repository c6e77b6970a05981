import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { CommitmentRules } from '@peerwright/protocol-messages'
import { bodyFault } from './block-check.ts'
import type { BodyCheckAnswer, BodyCheckTask } from './body-check-thread.ts'

const PROGRAM = new URL(`./body-check-thread${extname(import.meta.url)}`, import.meta.url)

/** Smaller bodies are checked at once, in bytes. Chosen: some 0.15 ms of hashing, three times what a message to a thread and back costs. */
const MIN_THREAD_BYTES = 32_768

/** Bodies that the thread has at a time. Chosen: as many as come while it starts; 40 ms of work for blocks of 1 MB. */
const MAX_TASKS = 8

interface Job {
  readonly bytes: Uint8Array
  readonly rules: CommitmentRules
  readonly answer: PromiseWithResolvers<string | undefined>
}

/**
 * Checks bodies of blocks: large ones in a thread of their own, so that receiving goes on meanwhile. It starts with the first
 * large body. Where it has enough to do, or cannot be had, bodies are checked where they are offered.
 */
export class BodyChecker {
  readonly #maxBlockBytes: number
  /** Memory that travels to the thread and back */
  readonly #memory: ArrayBuffer[] = []
  readonly #jobs = new Map<number, Job>()
  #nextJob = 0
  #thread: Worker | undefined
  /** Whether a thread may be started: it was not yet, and threads can be had */
  #startable: boolean
  #idle: PromiseWithResolvers<void> | undefined

  /** @param threaded - whether there may be a thread: with one processor it would only be in the way */
  constructor (maxBlockBytes: number, threaded: boolean = availableParallelism() > 1) {
    this.#maxBlockBytes = maxBlockBytes
    this.#startable = threaded
  }

  /**
   * What is wrong with a body, as `bodyFault` tells it.
   *
   * @returns a promise for a body that the thread has
   */
  check (bytes: Uint8Array, rules: CommitmentRules): string | undefined | Promise<string | undefined> {
    if (bytes.length >= MIN_THREAD_BYTES && bytes.length <= this.#maxBlockBytes) {
      if (this.#startable) {
        this.#start()
      }
      if (this.#thread !== undefined && this.#jobs.size < MAX_TASKS) {
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
    this.#startable = false
    await this.#thread?.terminate()
  }

  #start (): void {
    this.#startable = false
    let thread: Worker
    try {
      thread = new Worker(PROGRAM, { name: 'peerwright-body-check', workerData: this.#maxBlockBytes })
    } catch {
      // Threads are forbidden here, or there is no memory for one: the work is done without
      return
    }
    this.#thread = thread
    thread.on('message', ({ job, memory, fault }: BodyCheckAnswer) => {
      this.#memory.push(memory)
      this.#take(job)?.answer.resolve(fault)
    })
    // Without a listener it would end the process; `exit` follows
    thread.on('error', () => {})
    thread.on('exit', () => { this.#lost() })
  }

  async #hand (bytes: Uint8Array, rules: CommitmentRules): Promise<string | undefined> {
    const memory = this.#memory.pop() ?? new ArrayBuffer(this.#maxBlockBytes)
    new Uint8Array(memory).set(bytes)
    const job = this.#nextJob++
    const answer = Promise.withResolvers<string | undefined>()
    this.#jobs.set(job, { bytes, rules, answer })
    // A process does not end while somebody waits for an answer
    this.#thread?.ref()
    this.#thread?.postMessage({ job, memory, sizeBytes: bytes.length, rules } satisfies BodyCheckTask, [memory])
    return await answer.promise
  }

  /** Takes a job off the thread's hands. */
  #take (number: number): Job | undefined {
    const job = this.#jobs.get(number)
    this.#jobs.delete(number)
    if (this.#jobs.size === 0) {
      this.#thread?.unref()
      this.#idle?.resolve()
    }
    return job
  }

  /** The thread died: what it had is checked here, and all that comes. */
  #lost (): void {
    this.#thread = undefined
    for (const number of [...this.#jobs.keys()]) {
      const job = this.#take(number)
      try {
        job?.answer.resolve(bodyFault(job.bytes, this.#maxBlockBytes, job.rules))
      } catch (error) {
        job?.answer.reject(error)
      }
    }
  }
}
