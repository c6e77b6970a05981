import assert from 'node:assert/strict'
import { PeerFault, seededRandom } from '@peerwright/core'
import { encodeVarint, MESSAGES, payloadLimit, readVarint } from '@peerwright/protocol-messages'
import fc from 'fast-check'
import { type Frame, FrameReader } from '../../src/frame-reader.ts'
import { wholeFrame } from '../../src/frame-writer.ts'

const RUNS = Number(process.env['PEERWRIGHT_FUZZ_RUNS'] ?? 10_000)

const reader = (requestIds: boolean): FrameReader => new FrameReader({ requestIds, limit: type => type < 0x80 ? 1_000 : undefined, unknownLimit: 100 })

const drain = (from: FrameReader): Frame[] => {
  const frames: Frame[] = []
  for (let frame = from.next(); frame !== undefined; frame = from.next()) {
    frames.push(frame)
  }
  return frames
}

const fault = (code: string) => (error: unknown): boolean => error instanceof PeerFault && error.code === code

describe('FrameReader', () => {
  it('finds the frames again, however the bytes are cut', () => {
    const frame = fc.record({ type: fc.integer({ min: 0, max: 127 }), requestId: fc.integer({ min: 0, max: 2 ** 34 }), payload: fc.uint8Array({ maxLength: 400 }) })
    fc.assert(fc.property(fc.array(frame, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), fc.boolean(), (frames, cuts, requestIds) => {
      const from = reader(requestIds)
      const bytes = Buffer.concat(frames.map(({ type, requestId, payload }) => wholeFrame(type, payload, requestIds ? requestId : undefined)))
      const found: Frame[] = []
      for (let at = 0, cut = 0; at < bytes.length; cut++) {
        const size = cuts[cut % cuts.length] ?? 1
        from.push(bytes.subarray(at, at + size))
        found.push(...drain(from))
        at += size
      }
      assert.equal(from.bufferedBytes, 0)
      assert.deepEqual(
        found.map(({ type, requestId, payload }) => [type, requestId, [...payload]]),
        frames.map(({ type, requestId, payload }) => [type, requestIds ? requestId : 0, [...payload]])
      )
    }))
  })

  it('hands out a payload that came in one piece without copying it', () => {
    const from = reader(false)
    const bytes = wholeFrame(3, Uint8Array.of(1, 2, 3))
    from.push(bytes)
    assert.equal(from.next()?.payload.buffer, bytes.buffer)
  })

  it('keeps few pieces of memory for a frame that comes byte by byte', () => {
    const from = new FrameReader({ requestIds: false, limit: () => 4_000_000, unknownLimit: 0 })
    const bytes = wholeFrame(3, Uint8Array.from({ length: 200_000 }, (_, at) => at % 251))
    for (let at = 0; at < bytes.length - 1; at++) {
      from.push(bytes.subarray(at, at + 1))
    }
    assert.equal(from.next(), undefined)
    assert.ok(from.bufferedChunks < 20, `${from.bufferedChunks} pieces`)
    from.push(bytes.subarray(-1))
    assert.deepEqual(from.next()?.payload, bytes.subarray(4))
  })

  it('refuses a frame over its limit by its head alone, and one of 4 GB as well', () => {
    for (const length of [1_002, 4_294_967_296]) {
      const from = reader(false)
      from.push(Uint8Array.of(...encodeVarint(length), 3))
      assert.throws(() => from.next(), fault('oversized'))
    }
    const bulk = reader(true)
    bulk.push(Uint8Array.of(...encodeVarint(1_003), 3, 1))
    assert.throws(() => bulk.next(), fault('oversized'))
  })

  it('S27 one byte over the limit of each message costs what the message table says', () => {
    for (const row of MESSAGES) {
      if (row.stream !== 'classic') {
        const from = new FrameReader({ requestIds: row.stream !== 'live', limit: type => payloadLimit(type, 4_000_000), unknownLimit: 0 })
        const sizeBytes = (payloadLimit(row.type, 4_000_000) ?? 0) + 1
        from.push(wholeFrame(row.type, new Uint8Array(sizeBytes), row.stream === 'live' ? undefined : 1))
        assert.throws(() => from.next(), { name: 'PeerFault', code: 'oversized', offence: row.breach === 'discourage' ? 'provable' : 'resource' }, row.name)
      }
    }
  })

  it('takes a frame of exactly its limit', () => {
    for (const requestIds of [false, true]) {
      const from = reader(requestIds)
      from.push(wholeFrame(3, new Uint8Array(1_000), requestIds ? 5 : undefined))
      assert.equal(from.next()?.payload.length, 1_000)
    }
  })

  it('bounds frames of types it does not know', () => {
    const from = reader(false)
    from.push(wholeFrame(0x99, new Uint8Array(101)))
    assert.throws(() => from.next(), fault('oversized'))
  })

  it('refuses frames without a type and ids that run over the frame', () => {
    const empty = reader(false)
    empty.push(Uint8Array.of(0))
    assert.throws(() => empty.next(), fault('empty-frame'))
    const short = reader(true)
    short.push(Uint8Array.of(2, 3, 0x80, 0x80, 0x01))
    assert.throws(() => short.next(), fault('empty-frame'))
  })

  it(`throws nothing but faults for garbage, and holds no more than it was given (${RUNS} inputs, seed 7)`, () => {
    const random = seededRandom(7)
    for (let run = 0; run < RUNS; run++) {
      const from = reader(random.below(2) === 0)
      let given = 0
      try {
        for (let chunk = 0; chunk < 4; chunk++) {
          const bytes = random.bytes(random.below(40))
          given += bytes.length
          from.push(bytes)
          drain(from)
          assert.ok(from.bufferedBytes <= given)
        }
      } catch (error) {
        assert.ok(error instanceof PeerFault, String(error))
      }
    }
  })
})

describe('varints', () => {
  it('survive being written and read, and are refused when they are longer than needed', () => {
    for (const value of [0, 1, 127, 128, 16_383, 16_384, 2 ** 28, 2 ** 35 - 1]) {
      const bytes = encodeVarint(value)
      assert.deepEqual(readVarint(bytes, 0), { value, end: bytes.length })
      assert.equal(readVarint(bytes.subarray(0, -1), 0), 'incomplete')
    }
    assert.throws(() => readVarint(Uint8Array.of(0x80, 0x00), 0), fault('bad-varint'))
    assert.throws(() => readVarint(new Uint8Array(6).fill(0x80), 0), fault('bad-varint'))
  })
})
