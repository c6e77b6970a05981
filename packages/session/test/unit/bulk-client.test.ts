import assert from 'node:assert/strict'
import { OperationError } from '@peerwright/core'
import type { RequestAnswer } from '@peerwright/interface'
import { encodeEnd, messageType } from '@peerwright/protocol-messages'
import { VirtualClock } from '@peerwright/testing'
import { BulkClient } from '../../src/bulk-client.ts'
import { Credit } from '../../src/credit.ts'
import type { FrameStream } from '../../src/frame-stream.ts'

const GETDATA = messageType('getdata')
const OPTIONS = { expectedBytes: 1, maxBytes: 1, idleTimeoutMs: 60_000, onFrame: () => {} }

const isClosed = (error: unknown): boolean => error instanceof OperationError && error.code === 'closed'

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
})
