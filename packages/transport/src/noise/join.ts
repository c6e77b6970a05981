/**
 * Parts one after the other, in memory of their own. Not `Buffer.concat`, which cuts small buffers out of slabs of 8 KiB: a handshake
 * uses up a slab, and whatever small thing is kept for as long as its connection would keep all of it.
 */
export function join (...parts: readonly Uint8Array[]): Buffer {
  const out = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}
