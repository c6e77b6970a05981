import { LENGTH_BYTES, MAX_RECORD_BYTES } from './record-format.ts'

/** Memory of records that is kept for the next ones, for all connections. Chosen: 1 MiB; a connection uses one at a time. */
const MAX_FREE = 16

const free: Uint8Array[] = []

/** Memory for the longest record and its length. */
export function borrow (): Uint8Array {
  return free.pop() ?? Buffer.allocUnsafeSlow(LENGTH_BYTES + MAX_RECORD_BYTES)
}

/** Takes memory back that nobody holds any more. What is not given back is left to the garbage collector. */
export function giveBack (memory: Uint8Array): void {
  if (free.length < MAX_FREE) {
    free.push(memory)
  }
}
