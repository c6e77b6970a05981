import assert from 'node:assert/strict'
import { type NetAddress, OperationError, PeerFault } from '@peerwright/core'
import type { BulkEnd, Network, PeerSession, SessionEnd } from '@peerwright/interface'
import { messageType } from '@peerwright/protocol-messages'

/** A node under test and where it can be dialled. */
export interface NetworkTestNode {
  readonly network: Network
  readonly address: NetAddress
}

/** How the suite gets its nodes. */
export interface NetworkSetup {
  /** A running node; `networkId` when it is to be of another network than the others */
  createNode(options?: { otherNetwork?: boolean }): Promise<NetworkTestNode>
  /** Lets time pass until a condition holds; fails the test after a while */
  until(condition: () => boolean): Promise<void>
  /** Stops what `createNode` made */
  teardown(): Promise<void>
}

const GET_TIP = messageType('get-tip')
const TIP = messageType('tip')
const GETDATA = messageType('getdata')
const BLOCK = messageType('block')

const ANSWER = { maxBytes: 8_000_000, expectedBytes: 1_000, idleTimeoutMs: 10_000 }

/**
 * What every `Network` must do. Run inside a `describe`.
 *
 * @param setup - makes nodes of the implementation under test
 */
export function networkSuite (setup: NetworkSetup): void {
  afterEach(async () => { await setup.teardown() })

  const pair = async (): Promise<{ a: NetworkTestNode, b: NetworkTestNode, session: PeerSession }> => {
    const [a, b] = [await setup.createNode(), await setup.createNode()]
    const session = await a.network.connect({ address: b.address }, { class: 'full' })
    await setup.until(() => b.network.sessions().length === 1)
    return { a, b, session }
  }

  it('opens one session on both sides', async () => {
    const { a, b, session } = await pair()
    assert.equal(session.peerId, b.network.localPeer)
    assert.equal(session.direction, 'outbound')
    assert.equal(session.class, 'full')
    assert.ok(session.open)
    assert.equal(b.network.sessions()[0]?.peerId, a.network.localPeer)
    assert.equal(b.network.sessions()[0]?.direction, 'inbound')
    const { local, remote } = session.nonces
    assert.deepEqual(b.network.sessions()[0]?.nonces, { local: remote, remote: local })
    assert.notEqual(local, remote)
  })

  it('tells the listener the class of the connection', async () => {
    const [a, b] = [await setup.createNode(), await setup.createNode()]
    await a.network.connect({ address: b.address }, { class: 'block-only' })
    await setup.until(() => b.network.sessions()[0]?.class === 'block-only')
  })

  it('gives the session there is when a peer is dialled again', async () => {
    const { a, b, session } = await pair()
    const again = await a.network.connect({ address: b.address, peerId: b.network.localPeer }, { class: 'full' })
    assert.equal(again, session)
  })

  it('tells observers of sessions that open and close', async () => {
    const [a, b] = [await setup.createNode(), await setup.createNode()]
    const heard: string[] = []
    const ends: SessionEnd[] = []
    const unsubscribe = b.network.observe({
      opened: peer => heard.push(`opened ${peer.peerId}`),
      closed: (peer, end) => {
        heard.push(`closed ${peer.peerId}`)
        ends.push(end)
      }
    })
    const session = await a.network.connect({ address: b.address }, { class: 'full' })
    await setup.until(() => heard.length === 1)
    await session.close({ code: 'done', retryAfterSeconds: 7 })
    await setup.until(() => heard.length === 2)
    assert.deepEqual(heard, [`opened ${a.network.localPeer}`, `closed ${a.network.localPeer}`])
    assert.deepEqual(ends, [{ code: 'done', remote: true, retryAfterSeconds: 7 }])
    assert.equal(a.network.sessions().length, 0)
    assert.equal(session.open, false)
    unsubscribe()
  })

  it('refuses a peer of another network', async () => {
    const [a, b] = [await setup.createNode(), await setup.createNode({ otherNetwork: true })]
    await assert.rejects(a.network.connect({ address: b.address }, { class: 'full' }), isOperation('wrong-network'))
    assert.equal(a.network.sessions().length, 0)
    await setup.until(() => b.network.sessions().length === 0)
  })

  it('refuses another identity than the expected one', async () => {
    const [a, b] = [await setup.createNode(), await setup.createNode()]
    await assert.rejects(a.network.connect({ address: b.address, peerId: a.network.localPeer }, { class: 'full' }), OperationError)
    assert.equal(a.network.sessions().length, 0)
  })

  it('does not connect to itself', async () => {
    const a = await setup.createNode()
    await assert.rejects(a.network.connect({ address: a.address }, { class: 'full' }), isOperation('self'))
  })

  it('says what is unreachable', async () => {
    const { a, b } = await pair()
    await setup.teardown()
    const c = await setup.createNode()
    await assert.rejects(c.network.connect({ address: b.address }, { class: 'full' }), isOperation('unreachable'))
    assert.equal(a.network.sessions().length, 0)
  })

  it('carries live messages both ways, in order', async () => {
    const [a, b] = [await setup.createNode(), await setup.createNode()]
    const got: string[] = []
    a.network.handle({ owner: 'sync', live: { [TIP]: (_, payload) => { got.push(`a${payload[0] ?? '?'}`) } } })
    b.network.handle({ owner: 'sync', live: { [TIP]: (peer, payload) => { peer.send(TIP, payload) } } })
    const session = await a.network.connect({ address: b.address }, { class: 'full' })
    for (let value = 0; value < 20; value++) {
      assert.ok(session.send(TIP, Uint8Array.of(value)))
    }
    await setup.until(() => got.length === 20)
    assert.deepEqual(got, Array.from({ length: 20 }, (_, value) => `a${value}`))
  })

  it('answers a bulk request with frames and an end', async () => {
    const { b, session } = await pair()
    b.network.handle({
      owner: 'sync',
      requests: {
        [GETDATA]: async (_, payload, reply) => {
          for (let value = 0; value < (payload[0] ?? 0); value++) {
            await reply.send(BLOCK, new Uint8Array(200_000).fill(value))
          }
          await reply.end('complete')
        }
      }
    })
    const got: number[] = []
    const { end } = await session.request(GETDATA, Uint8Array.of(5), {
      ...ANSWER,
      onFrame: (type, payload) => {
        assert.equal(type, BLOCK)
        assert.ok(payload.every(byte => byte === payload[0]))
        assert.equal(payload.length, 200_000)
        got.push(payload[0] ?? -1)
      }
    })
    assert.equal(end, 'complete')
    assert.deepEqual(got, [0, 1, 2, 3, 4])
  })

  it('ends a request that nobody answers with not-found', async () => {
    const { b, session } = await pair()
    b.network.handle({ owner: 'sync', requests: { [GETDATA]: () => {} } })
    assert.deepEqual(await session.request(GETDATA, new Uint8Array(1), { ...ANSWER, onFrame: () => {} }), { end: 'not-found' })
  })

  it('keeps more than two requests waiting, and answers all', async () => {
    const { b, session } = await pair()
    let most = 0
    let now = 0
    b.network.handle({
      owner: 'sync',
      requests: {
        [GETDATA]: async (_, payload, reply) => {
          most = Math.max(most, ++now)
          await reply.send(BLOCK, payload)
          now--
          await reply.end('complete')
        }
      }
    })
    const answers: number[] = []
    const ended = await Promise.all(Array.from({ length: 7 }, async (_, value) => await session.request(GETDATA, Uint8Array.of(value), {
      ...ANSWER, onFrame: (_type, payload) => { answers.push(payload[0] ?? -1) }
    })))
    assert.ok(ended.every(({ end }) => end === 'complete'))
    assert.deepEqual(answers, [0, 1, 2, 3, 4, 5, 6])
    assert.ok(most <= 2)
  })

  it('lets both sides ask each other at once', async () => {
    const { a, b, session } = await pair()
    const serve = async (_: PeerSession, payload: Uint8Array, reply: { send: (type: number, payload: Uint8Array) => Promise<void>, end: (end: BulkEnd) => Promise<void> }): Promise<void> => {
      for (let count = 0; count < 4; count++) {
        await reply.send(BLOCK, new Uint8Array(500_000).fill(payload[0] ?? 0))
      }
      await reply.end('complete')
    }
    a.network.handle({ owner: 'sync', requests: { [GETDATA]: serve } })
    b.network.handle({ owner: 'sync', requests: { [GETDATA]: serve } })
    const back = b.network.sessions()[0]
    assert.ok(back !== undefined)
    let bytes = 0
    const ask = async (peer: PeerSession): Promise<BulkEnd> => (await peer.request(GETDATA, Uint8Array.of(1), {
      ...ANSWER, onFrame: (_, payload) => { bytes += payload.length }
    })).end
    assert.deepEqual(await Promise.all([ask(session), ask(back), ask(session), ask(back)]), ['complete', 'complete', 'complete', 'complete'])
    assert.equal(bytes, 8_000_000)
  })

  it('ends the session of a peer that answers with more than was asked for', async () => {
    const { b, session } = await pair()
    b.network.handle({
      owner: 'sync',
      requests: { [GETDATA]: async (_, payload, reply) => { await reply.send(BLOCK, new Uint8Array(2_000)) } }
    })
    const ends: SessionEnd[] = []
    b.network.observe({ closed: (_, end) => ends.push(end) })
    await assert.rejects(session.request(GETDATA, new Uint8Array(1), { ...ANSWER, maxBytes: 1_000, onFrame: () => {} }), isOperation('closed'))
    await setup.until(() => ends.length === 1)
    assert.equal(ends[0]?.code, 'fault')
  })

  it('ends the session of a peer whose message a handler finds at fault', async () => {
    const { a, b, session } = await pair()
    const ends: SessionEnd[] = []
    b.network.observe({ closed: (_, end) => ends.push(end) })
    b.network.handle({ owner: 'sync', live: { [GET_TIP]: () => { throw new PeerFault('bad-tip', 'planted') } } })
    session.send(GET_TIP, new Uint8Array(0))
    await setup.until(() => ends.length === 1 && a.network.sessions().length === 0)
    assert.equal(ends[0]?.code, 'fault')
    assert.equal(ends[0]?.fault instanceof PeerFault && ends[0].fault.code, 'bad-tip')
  })

  it('rejects what is asked of a closed session', async () => {
    const { session } = await pair()
    await session.close({ code: 'done' })
    assert.equal(session.send(GET_TIP, new Uint8Array(0)), false)
    await assert.rejects(session.request(GETDATA, new Uint8Array(1), { ...ANSWER, onFrame: () => {} }), isOperation('closed'))
  })

  it('withdraws a request on its signal', async () => {
    const { b, session } = await pair()
    b.network.handle({ owner: 'sync', requests: { [GETDATA]: async () => { await new Promise(() => {}) } } })
    const controller = new AbortController()
    const asked = session.request(GETDATA, new Uint8Array(1), { ...ANSWER, signal: controller.signal, onFrame: () => {} })
    controller.abort()
    await assert.rejects(asked, isOperation('aborted'))
    assert.ok(session.open)
  })

  it('hands over when a busy peer is to be asked again', async () => {
    const { b, session } = await pair()
    b.network.handle({ owner: 'sync', requests: { [GETDATA]: async (_, payload, reply) => { await reply.end('busy', 90) } } })
    assert.deepEqual(await session.request(GETDATA, new Uint8Array(1), { ...ANSWER, onFrame: () => {} }), { end: 'busy', retryAfterSeconds: 90 })
  })

  it('tells observers on this side, and only them, of the fault that a session is closed for', async () => {
    const { a, b, session } = await pair()
    const ends: Array<[string, SessionEnd]> = []
    a.network.observe({ closed: (_, end) => ends.push(['a', end]) })
    b.network.observe({ closed: (_, end) => ends.push(['b', end]) })
    const fault = new PeerFault('bad-block', 'planted')
    await session.close({ code: 'fault' }, fault)
    await setup.until(() => ends.length === 2)
    const of = (name: string): SessionEnd | undefined => ends.find(([who]) => who === name)?.[1]
    assert.deepEqual(of('a'), { code: 'fault', remote: false, fault })
    assert.deepEqual(of('b'), { code: 'fault', remote: true })
  })

  it('gives up a request that waits behind withdrawn ones of a silent peer', async () => {
    const { b, session } = await pair()
    b.network.handle({ owner: 'sync', requests: { [GETDATA]: async () => { await new Promise(() => {}) } } })
    const controller = new AbortController()
    const ask = async (more: { signal?: AbortSignal, idleTimeoutMs?: number }): Promise<unknown> =>
      await session.request(GETDATA, new Uint8Array(1), { ...ANSWER, ...more, onFrame: () => {} }).catch((error: unknown) => error)
    const withdrawn = [ask({ signal: controller.signal }), ask({ signal: controller.signal })]
    let outcome: unknown
    void ask({ idleTimeoutMs: 50 }).then(error => { outcome = error })
    controller.abort()
    await Promise.all(withdrawn)
    await setup.until(() => outcome !== undefined)
    assert.ok(isOperation('timeout')(outcome), String(outcome))
  })

  it('gives up a request that only live messages come after', async () => {
    const { b, session } = await pair()
    b.network.handle({ owner: 'sync', requests: { [GETDATA]: async () => { await new Promise(() => {}) } } })
    const back = b.network.sessions()[0]
    let outcome: unknown
    void session.request(GETDATA, new Uint8Array(1), { ...ANSWER, idleTimeoutMs: 100, onFrame: () => {} }).catch((error: unknown) => { outcome = error })
    await setup.until(() => {
      back?.send(TIP, new Uint8Array(68))
      return outcome !== undefined
    })
    assert.ok(isOperation('timeout')(outcome), String(outcome))
    assert.ok(session.open)
  })

  it('counts the bytes of a message that is still on its way', async () => {
    const { b, session } = await pair()
    let go = (): void => {}
    const gone = new Promise<void>(resolve => { go = resolve })
    b.network.handle({
      owner: 'sync',
      requests: {
        [GETDATA]: async (_, payload, reply) => {
          await reply.send(BLOCK, new Uint8Array(100_000))
          await gone
          await reply.end('complete')
        }
      }
    })
    const before = session.facts.bytesIn
    const asked = session.request(GETDATA, new Uint8Array(1), { ...ANSWER, onFrame: () => {} })
    await setup.until(() => session.facts.bytesIn - before >= 100_000)
    go()
    await asked
  })

  it('bounds the credit by what is outstanding', async () => {
    const { b, session } = await pair()
    b.network.handle({ owner: 'sync', requests: { [GETDATA]: async () => { await new Promise(() => {}) } } })
    const before = session.bulkCredit()
    assert.ok(before > 0)
    const controller = new AbortController()
    const asked = session.request(GETDATA, new Uint8Array(1), { ...ANSWER, expectedBytes: before, signal: controller.signal, onFrame: () => {} })
    assert.equal(session.bulkCredit(), 0)
    controller.abort()
    await assert.rejects(asked)
  })

  it('refuses handlers for what another part of the node owns', async () => {
    const a = await setup.createNode()
    a.network.handle({ owner: 'sync', live: { [TIP]: () => {} } })
    assert.throws(() => { a.network.handle({ owner: 'sync', live: { [TIP]: () => {} } }) })
    assert.throws(() => { a.network.handle({ owner: 'relay', live: { [GET_TIP]: () => {} } }) })
    assert.throws(() => { a.network.handle({ owner: 'sync', live: { [GETDATA]: () => {} } }) })
  })
}

function isOperation (code: string): (error: unknown) => boolean {
  return error => error instanceof OperationError && error.code === code
}
