import assert from 'node:assert/strict'
import fc from 'fast-check'
import { classifyFirstBytes, FIRST_BYTES, type FirstBytes } from '../../src/index.ts'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

const OURS = ascii('\u0013/multistream/1.0.0\n')
/** The main network's magic and the head of its first message. */
const BITCOIN = Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9, ...ascii('version\0\0\0\0\0'), 100, 0, 0, 0)
/** A ClientHello's record head. */
const TLS = Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 1, 2, 3, 4, 5, 6)

describe('the first bytes of a connection', () => {
  it('QP-17 + tell who is there', () => {
    const samples: ReadonlyArray<readonly [Uint8Array, FirstBytes]> = [
      [OURS, 'ours'],
      [BITCOIN, 'bitcoin'],
      [Uint8Array.of(0x51, 0x54, 0x43, 0x4d, ...ascii('verack\0\0\0\0\0\0')), 'bitcoin'],
      [TLS, 'tls'],
      [ascii('GET / HTTP/1.1\r\n'), 'http'],
      [ascii('PRI * HTTP/2.0\r\n\r\nSM'), 'http'],
      [ascii('SSH-2.0-OpenSSH_9.6\r\n'), 'other'],
      [new Uint8Array(32), 'other'],
      [ascii('\u0013/multistream/2.0.0\n'), 'other']
    ]
    for (const [bytes, expected] of samples) {
      assert.equal(classifyFirstBytes(bytes), expected, expected)
    }
  })

  it('wait for more while it is not clear, and never change their mind', () => {
    for (const bytes of [OURS, BITCOIN, TLS, ascii('DELETE / HTTP/1.1')]) {
      const found = Array.from({ length: bytes.length + 1 }, (_, count) => classifyFirstBytes(bytes.subarray(0, count)))
      const first = found.findIndex(kind => kind !== undefined)
      assert.ok(first > 0 && first <= FIRST_BYTES)
      assert.equal(new Set(found.slice(first)).size, 1)
    }
    assert.equal(classifyFirstBytes(ascii('GET')), undefined)
    assert.equal(classifyFirstBytes(Uint8Array.of(0x16)), undefined)
  })

  it('are judged whatever they are (10,000 random inputs)', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      const found = classifyFirstBytes(bytes)
      assert.ok(found === undefined ? bytes.length < FIRST_BYTES : ['ours', 'bitcoin', 'tls', 'http', 'other'].includes(found))
      assert.equal(found === 'ours', OURS.subarray(0, FIRST_BYTES).every((byte, at) => byte === bytes[at]))
    }), { numRuns: 10_000 })
  })
})
