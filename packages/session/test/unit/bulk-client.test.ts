import assert from 'node:assert/strict'
import { OperationError } from '@peerwright/core'
import type { RequestAnswer } from '@peerwright/interface'
import { encodeEnd, messageType } from '@peerwright/protocol-messages'
import { VirtualClock } from '@peerwright/testing'
import { BulkClient } from '../../src/bulk-client.ts'
import { Credit } from '../../src/credit.ts'
import type { Frame } from '../../src/frame-reader.ts'
import type { FrameStream } from '../../src/frame-stream.ts'

const GETDATA = messageType('getdata')
const OPTIONS = { expectedBytes: 1, maxBytes: 1, idleTimeoutMs: 60_000, onFrame: () => {} }

const isClosed = (error: unknown): boolean => error instanceof OperationError && error.code === 'closed'

/** A client whose requests go nowhere. */
function asking (): { readonly client: BulkClient, readonly clock: VirtualClock } {
  const clock = new VirtualClock()
  const stream: Pick<FrameStream, 'sendPaced'> = { sendPaced: async () => { await Promise.resolve() } }
  const client = new BulkClient({
    clock,
    credit: new Credit(4_000_000),
    facts: { openedMs: 0, bytesIn: 0, bytesOut: 0 },
    open: async () => await Promise.resolve(stream as FrameStream)
  })
  return { client, clock }
}

describe('asking over the bulk stream', () => {
  it('goes on after a stream that could not be opened', async () => {
    const sent: number[] = []
    const stream: Pick<FrameStream, 'sendPaced'> = {
      sendPaced: async (_type, _payload, id) => {
        sent.push(id)
        await Promise.resolve()
      }
    }
    let failures = 3
    const client = new BulkClient({
      clock: new VirtualClock(),
      credit: new Credit(4_000_000),
      facts: { openedMs: 0, bytesIn: 0, bytesOut: 0 },
      open: async () => {
        await Promise.resolve()
        if (failures-- > 0) {
          throw new Error('planted')
        }
        return stream as FrameStream
      }
    })
    const ask = async (): Promise<RequestAnswer> => await client.request(GETDATA, new Uint8Array(1), OPTIONS)
    for (let time = 0; time < 3; time++) {
      await assert.rejects(ask(), isClosed, `time ${time}`)
    }
    const answer = ask()
    while (sent.length === 0) {
      await Promise.resolve()
    }
    await client.onFrame({ type: messageType('end'), requestId: sent[0] ?? 0, payload: encodeEnd({ end: 'complete', retryAfterSeconds: 0 }) })
    assert.deepEqual(await answer, { end: 'complete' })
  })

  it('takes an answer of as many bytes as it may have, and not one more', async () => {
    const { client } = asking()
    void client.request(GETDATA, new Uint8Array(1), { ...OPTIONS, maxBytes: 10 }).catch(() => {})
    const frame = (sizeBytes: number): Frame => ({ type: messageType('block'), requestId: 1, payload: new Uint8Array(sizeBytes) })
    await client.onFrame(frame(4))
    await client.onFrame(frame(6))
    assert.throws(() => { void client.onFrame(frame(1)) }, { name: 'PeerFault', code: 'over-credit' })
  })

  it('gives up at the millisecond, all that are due at once', async () => {
    const { client, clock } = asking()
    const codes: string[] = []
    const ask = (): void => {
      client.request(GETDATA, new Uint8Array(1), OPTIONS).catch((error: unknown) => { codes.push(error instanceof OperationError ? error.code : 'other') })
    }
    ask()
    ask()
    await clock.advance(OPTIONS.idleTimeoutMs - 1)
    assert.deepEqual([codes, clock.pending], [[], 1])
    // The timer of the first finds the second late as well: no timer of no milliseconds is set for it
    let timers = 0
    const schedule = clock.schedule.bind(clock)
    clock.schedule = (...args) => {
      timers++
      return schedule(...args)
    }
    await clock.advance(1)
    assert.deepEqual([codes, timers, clock.pending], [['timeout', 'timeout'], 0, 0])
  })
})
