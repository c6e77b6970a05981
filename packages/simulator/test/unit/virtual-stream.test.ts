import assert from 'node:assert/strict'
import type { StreamCloseEvent } from '@libp2p/interface'
import { OperationError, seededRandom } from '@peerwright/core'
import { MUXER_STREAM_OPTIONS } from '@peerwright/transport'
import type { VirtualStream } from '../../src/virtual-stream.ts'
import { Pair } from '../support/streams.ts'

const WINDOW = MUXER_STREAM_OPTIONS.maxStreamWindowSize

function endsOf (stream: VirtualStream): string[] {
  const ends: string[] = []
  stream.addEventListener('close', (event: StreamCloseEvent) => { ends.push(event.error?.message ?? 'closed') })
  return ends
}

describe('the virtual stream', () => {
  it('brings the bytes that were sent, in order, over a bad line', async () => {
    const pair = new Pair({ jitterMs: 30, loss: 0.1, bytesPerSecond: 1_000_000 }, seededRandom(2))
    const random = seededRandom(8)
    const { all } = pair.reads()
    const sent: Uint8Array[] = []
    for (let piece = 0; piece < 40; piece++) {
      const bytes = random.bytes(1 + random.below(200_000))
      sent.push(bytes)
      pair.ours.send(bytes)
      await pair.run(random.below(300))
    }
    await pair.run(600_000)
    assert.ok(Buffer.concat(sent).equals(all()))
    assert.equal(pair.ours.writeBufferLength, 0)
  })

  it('keeps what came before anybody listened', async () => {
    const pair = new Pair()
    pair.ours.send(Uint8Array.of(1, 2, 3))
    await pair.run(100)
    assert.equal(pair.theirs.readBufferLength, 3)
    const { all } = pair.reads()
    await pair.run(1)
    assert.deepEqual([...all()], [1, 2, 3])
    assert.equal(pair.theirs.readBufferLength, 0)
  })

  it('holds a sender at one window while the reader is paused, and goes on when it reads', async () => {
    const pair = new Pair()
    const { bytes } = pair.reads()
    let drains = 0
    pair.ours.addEventListener('drain', () => { drains++ })
    pair.theirs.pause()
    assert.equal(pair.ours.send(new Uint8Array(3 * WINDOW)), false)
    await pair.run(600_000)
    assert.deepEqual([bytes(), pair.theirs.readBufferLength, pair.ours.writeBufferLength, drains], [0, WINDOW, 2 * WINDOW, 0])
    pair.theirs.resume()
    await pair.run(1_000)
    assert.deepEqual([bytes(), pair.ours.writeBufferLength, drains], [3 * WINDOW, 0, 1])
  })

  it('opens the window when half of it was read, not sooner', async () => {
    const pair = new Pair()
    const { bytes } = pair.reads()
    pair.ours.send(new Uint8Array(WINDOW / 2 - 1))
    await pair.run(100)
    const before = pair.wire.sentBytes
    assert.equal(before, WINDOW / 2 - 1 + 16 * 30, 'sixteen frames, and no window back')
    pair.ours.send(new Uint8Array(1))
    await pair.run(100)
    assert.equal(bytes(), WINDOW / 2)
    assert.equal(pair.wire.sentBytes - before, 1 + 30 + 30, 'a byte there, a window back, each with what is around it')
  })

  it('waits for room in the socket of a slow line', async () => {
    const pair = new Pair({ bytesPerSecond: 1_000_000 })
    const { bytes } = pair.reads()
    pair.ours.send(new Uint8Array(1_000_000))
    assert.ok(pair.ours.writeBufferLength >= 600_000, `${pair.ours.writeBufferLength} bytes wait in the stream`)
    await pair.run(500)
    assert.ok(bytes() > 400_000 && bytes() < 500_000, String(bytes()))
    await pair.run(600)
    assert.deepEqual([bytes(), pair.ours.writeBufferLength], [1_000_000, 0])
  })

  it('loses nothing when the internet is split and healed', async () => {
    const pair = new Pair()
    const { all } = pair.reads()
    pair.ours.send(Uint8Array.of(1))
    await pair.run(100)
    pair.whole = false
    pair.ours.send(Uint8Array.of(2))
    pair.ours.send(Uint8Array.of(3))
    await pair.run(60_000)
    assert.deepEqual([...all()], [1])
    pair.whole = true
    pair.wire.resume()
    await pair.run(100)
    assert.deepEqual([...all()], [1, 2, 3])
  })

  it('ends each way by itself, after what was sent', async () => {
    const pair = new Pair()
    const { all } = pair.reads()
    const ends = [endsOf(pair.ours), endsOf(pair.theirs)]
    const told: string[] = []
    pair.theirs.addEventListener('remoteCloseWrite', () => { told.push('remoteCloseWrite') })
    pair.theirs.addEventListener('end', () => { told.push('end') })
    pair.ours.send(Uint8Array.of(7))
    await pair.ours.close()
    assert.throws(() => { pair.ours.send(Uint8Array.of(8)) }, (error: unknown) => error instanceof OperationError && error.code === 'closed')
    await pair.run(100)
    assert.deepEqual([...all()], [7])
    assert.deepEqual(told, ['remoteCloseWrite', 'end'])
    assert.deepEqual([pair.theirs.writeStatus, pair.ours.readStatus, ends], ['writable', 'readable', [[], []]])
    await pair.theirs.close()
    await pair.run(100)
    assert.deepEqual(ends, [['closed'], ['closed']])
  })

  it('closes when a reader who was paused has read all', async () => {
    const pair = new Pair()
    const { all } = pair.reads()
    pair.theirs.pause()
    pair.ours.send(Uint8Array.of(7))
    await pair.ours.close()
    await pair.run(100)
    assert.equal(pair.theirs.readStatus, 'paused')
    pair.theirs.resume()
    await pair.run(1)
    assert.deepEqual([[...all()], pair.theirs.readStatus], [[7], 'closed'])
  })

  it('aborted, it resets the other end and drops what waited', async () => {
    const pair = new Pair()
    const ends = [endsOf(pair.ours), endsOf(pair.theirs)]
    pair.theirs.pause()
    pair.ours.send(new Uint8Array(2 * WINDOW))
    pair.ours.abort(new Error('enough'))
    await pair.run(100)
    assert.deepEqual([pair.ours.status, pair.theirs.status], ['aborted', 'reset'])
    assert.deepEqual([pair.ours.writeBufferLength, pair.theirs.readBufferLength], [0, 0])
    assert.deepEqual(ends, [['enough'], ['the other side reset the stream']])
  })

  it('ends with its connection, whoever waits to close it included', async () => {
    const pair = new Pair()
    const ends = endsOf(pair.ours)
    pair.theirs.pause()
    pair.ours.send(new Uint8Array(2 * WINDOW))
    const closing = pair.ours.close()
    await pair.run(100)
    pair.ours.onConnectionEnd(new Error('cut'))
    await closing
    assert.deepEqual([pair.ours.status, ends], ['reset', ['cut']])
  })
})
