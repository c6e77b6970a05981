/** The thread of a `BodyChecker`: takes bodies, answers with what is wrong with them. */
import { parentPort, workerData } from 'node:worker_threads'
import type { CommitmentRules } from '@peerwright/protocol-messages'
import { bodyFault } from './block-check.ts'

/** A body to check. */
export interface BodyCheckTask {
  readonly job: number
  /** Holds the body at its front; goes back with the answer */
  readonly memory: ArrayBuffer
  readonly sizeBytes: number
  readonly rules: CommitmentRules
}

/** What was found. */
export interface BodyCheckAnswer {
  readonly job: number
  readonly memory: ArrayBuffer
  readonly fault: string | undefined
}

const maxBlockBytes = workerData as number

parentPort?.on('message', ({ job, memory, sizeBytes, rules }: BodyCheckTask) => {
  const fault = bodyFault(new Uint8Array(memory, 0, sizeBytes), maxBlockBytes, rules)
  parentPort?.postMessage({ job, memory, fault } satisfies BodyCheckAnswer, [memory])
})
