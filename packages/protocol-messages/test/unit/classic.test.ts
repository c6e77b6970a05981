import assert from 'node:assert/strict'
import { blake3 } from '@noble/hashes/blake3.js'
import { PeerFault, toHex } from '@peerwright/core'
import { encodePing } from '@peerwright/protocol-messages'
import { bitcoinFraming, type ClassicFraming, classicPayloadLimit, ClassicReader, decodeClassicFrame, encodeClassicFrame, messageByCommand } from '@peerwright/protocol-messages/classic'

const fault = (code: string, offence = 'provable') => (error: unknown): boolean => error instanceof PeerFault && error.code === code && error.offence === offence

/** QuantumCoin's frame (QUANTUMCOIN 2.1). */
const QTCM: ClassicFraming = { magic: new TextEncoder().encode('QTCM'), checksum: blake3, maxBlockBytes: 4_000_000 }

const PING = { command: 'ping', payload: encodePing(5n) }
const FRAME = encodeClassicFrame(QTCM, PING)

function changed (at: number, ...values: readonly number[]): Uint8Array {
  const bytes = FRAME.slice()
  bytes.set(values, at)
  return bytes
}

describe('the classic frame', () => {
  it('QC-25 + is QuantumCoin\'s with its magic and BLAKE3, and Bitcoin\'s with its own', () => {
    // BLAKE3 of nothing begins with af1349b9 (the official test vectors)
    assert.equal(toHex(encodeClassicFrame(QTCM, { command: 'verack', payload: new Uint8Array(0) })), '5154434d76657261636b00000000000000000000af1349b9')
    assert.deepEqual(decodeClassicFrame(QTCM, FRAME), PING)
    const bitcoin = bitcoinFraming(Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9), 4_000_000)
    assert.deepEqual(decodeClassicFrame(bitcoin, encodeClassicFrame(bitcoin, PING)), PING)
  })

  it('QC-25 - refuses a wrong magic, checksum, length and command, each for its own reason', () => {
    assert.throws(() => decodeClassicFrame(QTCM, changed(3, 0x54)), fault('foreign-network', 'ambiguous'))
    assert.throws(() => decodeClassicFrame(QTCM, changed(20, (FRAME[20] ?? 0) ^ 1)), fault('bad-checksum', 'ambiguous'))
    assert.throws(() => decodeClassicFrame(QTCM, changed(31, 6)), fault('bad-checksum', 'ambiguous'))
    assert.throws(() => decodeClassicFrame(QTCM, changed(16, 9)), fault('oversized'))
    assert.throws(() => decodeClassicFrame(QTCM, changed(16, 7)), fault('trailing-bytes'))
    assert.throws(() => decodeClassicFrame(QTCM, changed(16, 0xff, 0xff, 0xff, 0xff)), fault('oversized'))
    assert.throws(() => decodeClassicFrame(QTCM, changed(4, 0)), fault('bad-command'))
    assert.throws(() => decodeClassicFrame(QTCM, changed(5, 0x20)), fault('bad-command'))
    assert.throws(() => decodeClassicFrame(QTCM, changed(12, 0x61)), fault('bad-command'))
  })

  it('QC-25 - takes 20 to 23 bytes for what they are: a header that is not whole', () => {
    for (let length = 0; length < 24; length++) {
      assert.throws(() => decodeClassicFrame(QTCM, FRAME.subarray(0, length)), fault('truncated'))
      const reader = new ClassicReader(QTCM)
      assert.deepEqual(reader.push(FRAME.subarray(0, length)), [])
      assert.equal(reader.heldBytes, length)
      if (length > 0) {
        assert.throws(() => { reader.end() }, fault('truncated', 'ambiguous'))
      }
    }
  })

  it('cuts a stream into its messages wherever the chunks end', () => {
    const inv = { command: 'inv', payload: Uint8Array.of(0) }
    const stream = Buffer.concat([FRAME, encodeClassicFrame(QTCM, inv), FRAME])
    for (let size = 1; size <= stream.length; size++) {
      const reader = new ClassicReader(QTCM)
      const frames = []
      for (let at = 0; at < stream.length; at += size) {
        frames.push(...reader.push(Uint8Array.from(stream.subarray(at, at + size))))
      }
      reader.end()
      assert.deepEqual(frames, [PING, inv, PING])
    }
  })

  it('refuses another network at its first byte, and goes on refusing', () => {
    const reader = new ClassicReader(QTCM)
    assert.throws(() => reader.push(Uint8Array.of(0xf9)), fault('foreign-network', 'ambiguous'))
    assert.throws(() => reader.push(FRAME), fault('foreign-network', 'ambiguous'))
    assert.equal(reader.heldBytes, 1)
  })

  it('QC-34 - a Bitcoin node that dials QuantumCoin is another network, not an offender; QuantumCoin\'s own version is read', () => {
    const bitcoin = bitcoinFraming(Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9), 4_000_000)
    const version = { command: 'version', payload: new Uint8Array(104) }
    assert.throws(() => new ClassicReader(QTCM).push(encodeClassicFrame(bitcoin, version)), fault('foreign-network', 'ambiguous'))
    assert.deepEqual(new ClassicReader(QTCM).push(encodeClassicFrame(QTCM, version)), [version])
  })

  it('holds at most twice what has arrived of a message, and nothing of one over its limit', () => {
    const framing = { ...QTCM, checksum: () => new Uint8Array(4) }
    const head = encodeClassicFrame(framing, { command: 'block', payload: new Uint8Array(0) })
    new DataView(head.buffer).setUint32(16, 4_000_000, true)
    const reader = new ClassicReader(framing)
    let arrived = head.length
    assert.deepEqual(reader.push(head), [])
    for (let chunk = 1; arrived < 100_000; chunk += 7) {
      reader.push(new Uint8Array(chunk))
      arrived += chunk
      assert.ok(reader.heldBytes <= 2 * arrived, `${reader.heldBytes} bytes held for ${arrived}`)
    }
    new DataView(head.buffer).setUint32(16, 4_000_001, true)
    const other = new ClassicReader(framing)
    assert.throws(() => other.push(head), fault('oversized'))
    assert.ok(other.heldBytes <= 24)
  })

  it('hands out commands that it does not know, while they are small', () => {
    const unknown = { command: 'sendfeelings', payload: new Uint8Array(4_096) }
    assert.deepEqual(new ClassicReader(QTCM).push(encodeClassicFrame(QTCM, unknown)), [unknown])
    assert.throws(() => new ClassicReader(QTCM).push(encodeClassicFrame(QTCM, { ...unknown, payload: new Uint8Array(4_097) })), fault('oversized'))
    assert.equal(messageByCommand('sendfeelings'), undefined)
    assert.equal(messageByCommand('goodbye'), undefined, 'sessions alone have it')
    assert.equal(messageByCommand('addr')?.stream, 'classic')
    assert.equal(classicPayloadLimit('block', 77), 77)
  })
})
