import assert from 'node:assert/strict'
import type { ComponentLogger, Logger } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { sturdyMuxer } from '@peerwright/transport'

/** Says nothing. */
const log: Logger = Object.assign(() => {}, { enabled: false, error: () => {}, trace: () => {}, newScope: () => log })
const logger: ComponentLogger = { forComponent: () => log }

describe('a sturdy muxer', () => {
  it('survives a connection that ends while a stream is opened: nothing is thrown where nobody can catch it', async () => {
    const [connection] = multiaddrConnectionPair()
    const muxer = sturdyMuxer(yamux())({ logger }).createStreamMuxer(connection)
    // The end is on its way and the muxer has not heard of it; it writes the opening of the stream in a microtask
    const closing = connection.close()
    const opening = muxer.createStream()
    await Promise.allSettled([closing, opening])
    await new Promise<void>(resolve => { setImmediate(resolve) })
    assert.notEqual(connection.status, 'open')
  })
})
