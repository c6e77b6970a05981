import { createHash } from 'node:crypto'
import { all, byteBelow, compactSize, data, type Draw, type Field, fixed, join, list, oneOf, type Piece } from '@peerwright/testing'

const input = all(fixed(36), data(0, 40), fixed(4))
const output = all(fixed(8), data(0, 40))

/** A transaction, in either form. */
export const transaction: Field = draw => {
  const segwit = draw(2) === 0
  const inputs = list(1, 3, input)(draw)
  const count = inputs[0]?.bytes[0] ?? 0
  // The last input has a witness at least
  const witnesses = Array.from({ length: segwit ? count : 0 }, (_, index) => list(index === count - 1 ? 1 : 0, 3, data(0, 40))(draw)).flat()
  return [
    ...fixed(4)(draw),
    ...segwit ? oneOf(Uint8Array.of(0, 1))(draw) : [],
    ...inputs,
    ...list(0, 3, output)(draw),
    ...witnesses,
    ...fixed(4)(draw)
  ]
}

/** A number of its own, small. */
export const smallNumber = (limit: number): Field => draw => [{ role: 'count', bytes: compactSize(draw(limit)) }]

/** Headers with their empty lists of transactions, each the child of the one before it. */
export const headerChain: Field = draw => {
  let parent: Uint8Array = new Uint8Array(32)
  const count = draw(5)
  const pieces: Piece[] = [{ role: 'count', bytes: Uint8Array.of(count) }]
  for (let index = 0; index < count; index++) {
    const header = headerOf(parent, draw)
    parent = sha256d(header)
    pieces.push({ role: 'fixed', bytes: header }, { role: 'count', bytes: Uint8Array.of(0) })
  }
  return pieces
}

/** One header with an easy target; without proof of work. */
export const header: Field = draw => [{ role: 'fixed', bytes: headerOf(join(fixed(32)(draw)), draw) }]

/** A classic frame of Bitcoin's regression test chain. */
export const classicFrame: Field = draw => {
  const command = ['ping', 'verack', 'inv', 'unknown'][draw(4)] ?? ''
  const payload = join(command === 'verack' ? [] : fixed(8)(draw))
  const name = new Uint8Array(12)
  name.set(new TextEncoder().encode(command))
  const size = new Uint8Array(4)
  new DataView(size.buffer).setUint32(0, payload.length, true)
  return [
    { role: 'fixed', bytes: Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda) }, { role: 'fixed', bytes: name }, { role: 'fixed', bytes: size },
    { role: 'fixed', bytes: sha256d(payload).slice(0, 4) }, { role: 'data', bytes: payload }
  ]
}

/** Services as BIP155 writes them. */
export const services: Field = draw => [{ role: 'count', bytes: compactSize([1, 9, 0x448, 0x1_0000, 2 ** 40][draw(5)] ?? 0) }]

/** A byte that is one of 1 to `limit`. */
export const fromOne = (limit: number): Field => draw => byteBelow(limit)(draw).map(({ role, bytes }) => ({ role, bytes: bytes.map(byte => byte + 1) }))

function headerOf (parent: Uint8Array, draw: Draw): Uint8Array {
  return join([...fixed(4)(draw), { role: 'fixed', bytes: parent }, ...fixed(36)(draw), { role: 'fixed', bytes: Uint8Array.of(0xff, 0xff, 0x7f, 0x20) }, ...fixed(4)(draw)])
}

function sha256d (bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()
}
