/** Memory that is smaller is left to the garbage collector. Measured: from here on, memory that is given back is cheaper than fresh memory, 0.5 against 1.1 microseconds. */
const MIN_RELEASE_BYTES = 1_024

/**
 * Gives memory back at once. The garbage collector hears of it only when tens of megabytes have gathered, and then looks through the whole
 * heap: at full speed that is more work than the ciphers. Nobody else may hold the bytes: they are gone. A view on a part of some memory
 * is left alone.
 */
export function release (bytes: Uint8Array): void {
  const memory = bytes.buffer
  if (bytes.length >= MIN_RELEASE_BYTES && bytes.length === memory.byteLength && memory instanceof ArrayBuffer) {
    memory.transfer(0)
  }
}
