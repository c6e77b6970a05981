import assert from 'node:assert/strict'
import { ByteReader, ByteWriter, PeerFault } from '@peerwright/core'

const fault = (code: string) => (error: unknown): boolean => error instanceof PeerFault && error.code === code

describe('ByteReader', () => {
  it('reads every number where it lies', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
    const at = (position: number): ByteReader => {
      const reader = new ByteReader(bytes)
      reader.skip(position)
      return reader
    }
    assert.equal(at(0).u8(), 1)
    assert.equal(at(0).u16le(), 0x0201)
    assert.equal(at(0).u16be(), 0x0102)
    assert.equal(at(1).u32le(), 0x05040302)
    assert.equal(at(1).u32be(), 0x02030405)
    assert.equal(at(0).u64le(), 0x0807060504030201n)
    assert.equal(at(0).u64be(), 0x0102030405060708n)
    assert.equal(new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff)).i32le(), -1)
    assert.equal(new ByteReader(new Uint8Array(8).fill(0xff)).i64le(), -1n)
  })

  it('reads from a view that does not begin at its buffer', () => {
    const view = Uint8Array.of(9, 9, 0xfd, 0x00, 0x01).subarray(2)
    assert.equal(new ByteReader(view).compactSize(1_000), 256)
  })

  it('hands out views, not copies', () => {
    const bytes = Uint8Array.of(2, 7, 8)
    const view = new ByteReader(bytes).varBytes(10)
    assert.equal(view.buffer, bytes.buffer)
    assert.deepEqual([...view], [7, 8])
  })

  it('refuses to read past the end, and says by how much', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2))
    assert.throws(() => reader.u32le(), /2 bytes early/)
    assert.throws(() => reader.bytes(3), fault('truncated'))
    assert.equal(reader.position, 0)
  })

  it('refuses a length before it makes anything of it', () => {
    const reader = new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
    assert.throws(() => reader.varBytes(1_000), fault('too-many'))
  })

  it('refuses numbers that are written longer than needed', () => {
    for (const bytes of [[0xfd, 0xfc, 0], [0xfe, 0xff, 0xff, 0, 0], [0xff, 1, 0, 0, 0, 0, 0, 0, 0]]) {
      assert.throws(() => new ByteReader(Uint8Array.from(bytes)).compactSize(Number.MAX_SAFE_INTEGER), fault('not-canonical'))
    }
  })

  it('refuses bytes after the end of a message', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2))
    reader.u8()
    assert.throws(() => { reader.end() }, fault('trailing-bytes'))
    reader.rest()
    reader.end()
  })
})

describe('ByteWriter', () => {
  it('writes what a reader reads, growing as needed', () => {
    const writer = new ByteWriter(1)
    writer.u8(1).u16le(2).u16be(3).u32le(4).u32be(5).i32le(-6).u64le(7n).i64le(-8n).u64be(9n).bytes(Uint8Array.of(10, 11)).varBytes(new Uint8Array(300))
    const reader = new ByteReader(writer.finish())
    assert.deepEqual(
      [reader.u8(), reader.u16le(), reader.u16be(), reader.u32le(), reader.u32be(), reader.i32le(), reader.u64le(), reader.i64le(), reader.u64be()],
      [1, 2, 3, 4, 5, -6, 7n, -8n, 9n]
    )
    assert.deepEqual([...reader.bytes(2)], [10, 11])
    assert.equal(reader.varBytes(300).length, 300)
    reader.end()
  })

  it('writes a CompactSize in its shortest form', () => {
    for (const [value, bytes] of [[0, 1], [0xfc, 1], [0xfd, 3], [0xffff, 3], [0x1_0000, 5], [0xffff_ffff, 5], [0x1_0000_0000, 9]] as const) {
      const written = new ByteWriter().compactSize(value).finish()
      assert.equal(written.length, bytes)
      assert.equal(new ByteReader(written).compactSize(Number.MAX_SAFE_INTEGER), value)
    }
  })
})
