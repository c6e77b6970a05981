import { ByteReader, ByteWriter } from '@peerwright/core'

/** The witness of an input (BIP144): a stack of items, held as it travels. Immutable. */
export class Witness implements Iterable<Uint8Array> {
  /** Of an input that has none */
  static readonly EMPTY: Witness = new Witness(Uint8Array.of(0), 0)

  /** The count of the items, and each with its length */
  readonly bytes: Uint8Array
  /** Items on the stack */
  readonly length: number

  private constructor (bytes: Uint8Array, length: number) {
    this.bytes = bytes
    this.length = length
  }

  /** A stack of these items. */
  static of (items: readonly Uint8Array[]): Witness {
    const writer = new ByteWriter(items.reduce((sum, { length }) => sum + length + 5, 5)).compactSize(items.length)
    items.forEach(item => writer.varBytes(item))
    return new Witness(writer.finish(), items.length)
  }

  /**
   * Reads a stack; what it holds is a view onto the reader's bytes.
   *
   * @throws PeerFault with the codes of `ByteReader`
   */
  static read (reader: ByteReader): Witness {
    const start = reader.position
    const length = reader.compactSize(reader.remaining)
    for (let index = 0; index < length; index++) {
      reader.skip(reader.compactSize(reader.remaining))
    }
    const sizeBytes = reader.position - start
    reader.position = start
    return new Witness(reader.bytes(sizeBytes), length)
  }

  /** The items, each a view. */
  * [Symbol.iterator] (): Generator<Uint8Array> {
    const reader = new ByteReader(this.bytes)
    reader.compactSize(this.bytes.length)
    for (let index = 0; index < this.length; index++) {
      yield reader.varBytes(reader.remaining)
    }
  }
}
