import assert from 'node:assert/strict'
import type { Stream } from '@libp2p/interface'
import { NetAddress, OperationError, PeerFault, seededRandom } from '@peerwright/core'
import { VirtualClock } from '@peerwright/testing'
import type { ConversationSetting } from '../../src/conversation-setting.ts'
import { Conversation } from '../../src/conversation.ts'
import type { Link } from '../../src/link.ts'

/** A stream that nothing comes from. */
class SilentStream extends EventTarget {
  readonly writeStatus = 'writable'
  readonly writeBufferLength = 0
  /** The code it was reset with */
  fault: string | undefined
  sentBytes = 0

  abort (error: Error): void {
    this.fault = error instanceof PeerFault || error instanceof OperationError ? error.code : error.name
  }

  send (bytes: Uint8Array): boolean {
    this.sentBytes += bytes.length
    return true
  }

  get stream (): Stream {
    return this as unknown as Stream
  }
}

const clock = new VirtualClock()

const setting: ConversationSetting = {
  clock,
  random: seededRandom(1),
  yieldTurn: async () => { await Promise.resolve() },
  rules: { networkId: '11'.repeat(32), minProtocolVersion: 1 },
  ping: { intervalMs: 60_000, timeoutMs: 60_000 },
  handshakeTimeoutMs: 5_000,
  idleTimeoutMs: 60_000,
  maxBlockBytes: 4_000_000,
  protocols: { live: '/test/live/1', bulk: '/test/bulk/1' },
  payloadLimit: () => 1_000,
  version: () => assert.fail('nothing is said any more'),
  encrypters: () => [],
  handlers: { live: () => undefined, request: () => undefined }
}

/** A conversation over a connection that takes its time to close. @param opening - the live stream it opens */
function conversation (direction: 'inbound' | 'outbound', opening: Promise<Stream> = Promise.reject(new Error('not asked for'))): Conversation {
  opening.catch(() => {})
  const link: Link = {
    remotePeer: 'peer',
    direction,
    address: NetAddress.from('127.0.0.1', 1) ?? assert.fail(),
    channel: { protocol: '/noise', kex: 'X25519', pq: false, pqAuth: false, peerCertified: false },
    handshakeByMs: clock.monotonic() + 5_000,
    newStream: async () => await opening,
    close: async () => { await new Promise(() => {}) },
    abort: () => {}
  }
  return new Conversation(link, 'full', setting, { onOpen: () => {}, onEnd: () => {} })
}

describe('the streams of a conversation', () => {
  it('resets a live stream that comes when it has begun to end, and says nothing on it', async () => {
    const { promise, resolve } = Promise.withResolvers<Stream>()
    const live = new SilentStream()
    const dialler = conversation('outbound', promise)
    const begun = dialler.begin()
    void dialler.close({ code: 'done' })
    resolve(live.stream)
    await begun
    assert.deepEqual([live.fault, live.sentBytes], ['second-stream', 0])
  })

  it('takes the bulk stream of a peer that has said verack and was not heard yet; not a second one, nor one before the live stream', () => {
    const listener = conversation('inbound')
    const [early, live, bulk, second] = [new SilentStream(), new SilentStream(), new SilentStream(), new SilentStream()]
    listener.adoptBulk(early.stream)
    listener.adoptLive(live.stream)
    listener.adoptBulk(bulk.stream)
    listener.adoptBulk(second.stream)
    assert.deepEqual([early, live, bulk, second].map(({ fault }) => fault), ['second-stream', undefined, undefined, 'second-stream'])
  })

  it('resets a second live stream while it shakes hands, and a bulk stream when it has begun to end', () => {
    const listener = conversation('inbound')
    const [live, second, late] = [new SilentStream(), new SilentStream(), new SilentStream()]
    listener.adoptLive(live.stream)
    listener.adoptLive(second.stream)
    void listener.close({ code: 'done' })
    listener.adoptBulk(late.stream)
    assert.deepEqual([live, second, late].map(({ fault }) => fault), [undefined, 'second-stream', 'closed'])
  })
})
