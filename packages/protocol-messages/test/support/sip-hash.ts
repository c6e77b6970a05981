const MASK = 0xffff_ffff_ffff_ffffn

function rotate (value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK
}

/** SipHash-2-4 (Aumasson and Bernstein, 2012), word for word; slow. */
export function sipHash (key: Uint8Array, message: Uint8Array): bigint {
  const view = new DataView(key.buffer, key.byteOffset, key.length)
  const [k0, k1] = [view.getBigUint64(0, true), view.getBigUint64(8, true)]
  let [v0, v1, v2, v3] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn, k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n]
  const rounds = (count: number): void => {
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) & MASK
      v1 = rotate(v1, 13n) ^ v0
      v0 = rotate(v0, 32n)
      v2 = (v2 + v3) & MASK
      v3 = rotate(v3, 16n) ^ v2
      v0 = (v0 + v3) & MASK
      v3 = rotate(v3, 21n) ^ v0
      v2 = (v2 + v1) & MASK
      v1 = rotate(v1, 17n) ^ v2
      v2 = rotate(v2, 32n)
    }
  }
  const padded = new Uint8Array(8 * (Math.floor(message.length / 8) + 1))
  padded.set(message)
  padded[padded.length - 1] = message.length
  const words = new DataView(padded.buffer)
  for (let at = 0; at < padded.length; at += 8) {
    const word = words.getBigUint64(at, true)
    v3 ^= word
    rounds(2)
    v0 ^= word
  }
  v2 ^= 0xffn
  rounds(4)
  return v0 ^ v1 ^ v2 ^ v3
}
