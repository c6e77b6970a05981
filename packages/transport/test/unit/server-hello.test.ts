import assert from 'node:assert/strict'
import { seededRandom } from '@peerwright/core'
import { ServerHelloReader, UNKNOWN_GROUP } from '../../src/server-hello.ts'

const u16 = (value: number): number[] => [value >> 8, value & 0xff]
const RETRY = [...Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')]

const record = (type: number, body: readonly number[]): Buffer => Buffer.from([type, 3, 3, ...u16(body.length), ...body])

/** A ServerHello (RFC 8446, 4.1.3) with two extensions: the version, and the key share. */
function serverHello (group: number, random: readonly number[] = Array<number>(32).fill(1), share = 40): Buffer {
  const extensions = [...u16(43), ...u16(2), 3, 4, ...u16(51), ...u16(4 + share), ...u16(group), ...u16(share), ...Array<number>(share).fill(7)]
  const body = [3, 3, ...random, 32, ...Array<number>(32).fill(9), 0x13, 1, 0, ...u16(extensions.length), ...extensions]
  return record(22, [2, 0, ...u16(body.length), ...body])
}

function read (bytes: Buffer, step = bytes.length): ReturnType<() => ServerHelloReader['group']> {
  const reader = new ServerHelloReader()
  for (let at = 0; at < bytes.length; at += step) {
    reader.push(bytes.subarray(at, at + step))
  }
  return reader.group
}

describe('what a TLS server says in clear', () => {
  it('QC-10 + the group, however the bytes are cut', () => {
    for (const [number, name, pq] of [[29, 'X25519', false], [4_588, 'X25519MLKEM768', true], [23, 'secp256r1', false]] as const) {
      for (const step of [1, 2, 7, 10_000]) {
        assert.deepEqual(read(serverHello(number), step), { name, pq })
      }
    }
  })

  it('QC-10 + the one of the second ServerHello, when the first asks for another key share', () => {
    const retried = Buffer.concat([serverHello(29, RETRY, 0), record(20, [1]), serverHello(4_588, undefined, 1_120)])
    assert.deepEqual(read(retried, 11), { name: 'X25519MLKEM768', pq: true })
    assert.equal(read(serverHello(4_588, RETRY, 0)), undefined, 'a retry alone decides nothing')
  })

  it('QC-10 - nothing is claimed of an alert, of a group that is not known, of what is cut short, or of noise', () => {
    assert.equal(read(record(21, [2, 70])), UNKNOWN_GROUP)
    assert.equal(read(serverHello(9_999)), UNKNOWN_GROUP)
    const cut = serverHello(4_588).subarray(0, 60)
    cut.writeUInt16BE(55, 3)
    assert.equal(read(cut), UNKNOWN_GROUP)
    const random = seededRandom(7)
    for (let input = 0; input < 10_000; input++) {
      const bytes = Buffer.from(random.bytes(random.below(120)))
      bytes.set([22, 3, 3, 0, random.below(110), 2].slice(0, bytes.length))
      assert.notEqual(read(bytes)?.pq, true)
    }
    const endless = new ServerHelloReader()
    endless.push(Buffer.from([22, 3, 3, 0xff, 0xff]))
    endless.push(Buffer.alloc(5_000))
    assert.equal(endless.group, UNKNOWN_GROUP)
  })
})
