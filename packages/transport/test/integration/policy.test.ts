import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { noise as libp2pNoise } from '@libp2p/noise'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { NetAddress } from '@peerwright/core'
import { proxyTo, strip, type TcpProxy, VirtualClock } from '@peerwright/testing'
import {
  AddressPins, ChannelGuard, type ChannelPolicy, DowngradeError, type EncrypterOptions, noise, NOISE_ID, PQ_NOISE_ID, pqNoise, spkiPin, STICKY_EXPIRY_MS, StickyMemory, TLS_ID, tlsFallback, WrongIdentityError
} from '../../src/index.ts'
import { components } from '../support/encrypters.ts'
import { type Encrypters, type Node, nodeWith } from '../support/nodes.ts'

/** A node with a policy, and what its encrypters refused. */
interface Guarded {
  readonly node: Node
  readonly refused: unknown[]
  readonly memory: StickyMemory
  readonly clock: VirtualClock
}

describe('what channels a node takes', () => {
  const running: Array<{ stop(): void | Promise<void> }> = []
  const open = async (encrypters: Encrypters, privateKey?: PrivateKey): Promise<Node> => {
    const node = await nodeWith(encrypters, privateKey === undefined ? {} : { privateKey })
    running.push(node)
    return node
  }
  const guarded = async (policy: ChannelPolicy, choose: (options: EncrypterOptions) => Encrypters): Promise<Guarded> => {
    const [memory, clock, refused]: [StickyMemory, VirtualClock, unknown[]] = [new StickyMemory(), new VirtualClock(), []]
    const options: EncrypterOptions = { guard: new ChannelGuard(policy, { memory, clock }), refused: error => { refused.push(error) } }
    return { node: await open(choose(options)), refused, memory, clock }
  }
  const through = async (node: Node, change: (data: Buffer) => Buffer | undefined): Promise<[TcpProxy, ReturnType<typeof multiaddr>]> => {
    const port = Number(node.getMultiaddrs()[0]?.getComponents().find(({ name }) => name === 'tcp')?.value)
    const proxy = await proxyTo(port, change)
    running.push({ stop: proxy.close })
    return [proxy, multiaddr(`/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${node.peerId.toString()}`)]
  }
  afterEach(async () => { await Promise.all(running.splice(0).map(async one => { await one.stop() })) })

  const both = (options: EncrypterOptions): Encrypters => [pqNoise(options), noise(options)]

  /** The one refusal there was. */
  const downgrade = ({ refused }: Guarded): Pick<DowngradeError, 'reason' | 'running' | 'expected'> => {
    const [error] = refused
    assert.ok(error instanceof DowngradeError && refused.length === 1, String(refused))
    assert.deepEqual([error.code, error.offence], ['downgrade', 'ambiguous'])
    return { reason: error.reason, running: error.running, expected: error.expected }
  }

  it('QC-09 + whatever the policy, two nodes that have the hybrid speak it', async () => {
    const listener = await open([pqNoise(), noise()])
    for (const policy of ['prefer', 'sticky', 'require'] as const) {
      const { node, refused, memory } = await guarded(policy, policy === 'require' ? options => [pqNoise(options)] : both)
      const connection = await node.dial(listener.getMultiaddrs())
      assert.equal(connection.encryption, PQ_NOISE_ID)
      assert.deepEqual([refused, memory.entries().map(([peer]) => peer)], [[], [listener.peerId.toString()]])
    }
  })

  it('QC-09 + who is configured is held to the hybrid that it came in with, QC-09 - and a stranger that came in is not remembered', async () => {
    const key = await generateKeyPair('Ed25519')
    for (const configured of [true, false]) {
      const memory = new StickyMemory()
      const guard = new ChannelGuard('sticky', { memory, clock: new VirtualClock(), configured: peer => configured && peer === key.publicKey.toString() })
      /** What becomes of the next connection. */
      let outcome = Promise.withResolvers<unknown>()
      const listener = await open(both({ guard, refused: error => { outcome.resolve(error) } }))
      listener.addEventListener('connection:open', () => { outcome.resolve('in') })
      const comes = async (encrypters: Encrypters): Promise<unknown> => {
        outcome = Promise.withResolvers()
        const dialler = await open(encrypters, key)
        await dialler.dial(listener.getMultiaddrs()).catch(() => {})
        const become = await outcome.promise
        await dialler.stop()
        return become
      }
      assert.equal(await comes(both({})), 'in')
      assert.deepEqual(memory.entries().map(([peer]) => peer), configured ? [key.publicKey.toString()] : [])
      const again = await comes([libp2pNoise()])
      assert.deepEqual(again instanceof DowngradeError ? again.reason : again, configured ? 'sticky' : 'in')
    }
  })

  it('QC-11 + over every encrypter a pinned address takes its identity, QC-11 - and no other, which does not learn who dials', async () => {
    for (const encrypter of [pqNoise, noise, tlsFallback]) {
      const own = await generateKeyPair('Ed25519')
      const seen = Promise.withResolvers<unknown>()
      const listener = await open([encrypter({ refused: error => { seen.resolve(error) } })], own)
      const address = NetAddress.fromComponents(listener.getMultiaddrs()[0]?.getComponents() ?? []) ?? assert.fail()
      for (const [pin, taken] of [[spkiPin(own.publicKey), true], [own.publicKey.toString(), true], [spkiPin((await generateKeyPair('Ed25519')).publicKey), false]] as const) {
        const refused: unknown[] = []
        const guard = new ChannelGuard('prefer', { pins: new AddressPins([{ address, pin }]), clock: new VirtualClock() })
        const dialler = await open([encrypter({ guard, refused: error => { refused.push(error) } })])
        const dialled = await dialler.dial(multiaddr(address.toMultiaddr())).then(() => true, () => false)
        assert.deepEqual([dialled, refused.map(error => error instanceof WrongIdentityError)], [taken, taken ? [] : [true]])
      }
      if (encrypter !== tlsFallback) {
        assert.equal((await seen.promise as { readonly code?: unknown }).code, 'truncated-handshake')
      }
    }
  })

  it('S26 - rewriting the hybrid id on the way is seen by the dialler, though both ends then speak a valid /noise', async () => {
    for (const policy of ['prefer', 'sticky'] as const) {
      const listener = await guarded('prefer', both)
      const dialler = await guarded(policy, both)
      const [, address] = await through(listener.node, strip(PQ_NOISE_ID))
      await assert.rejects(dialler.node.dial(address), /cut down to \/noise/)
      assert.deepEqual(downgrade(dialler), { reason: 'offer', running: NOISE_ID, expected: PQ_NOISE_ID })
      assert.deepEqual(dialler.node.getConnections(), [])
    }
  })

  it('S26 - and by the listener, when the dialler does not look', async () => {
    const [outbound, inbound] = multiaddrConnectionPair()
    const all = [PQ_NOISE_ID, NOISE_ID]
    // Tells of both, and compares as if it had one
    const lists = [[NOISE_ID], all]
    const careless = noise()(components(await generateKeyPair('Ed25519'), [], () => lists.shift() ?? all))
    const listener = noise()(components(await generateKeyPair('Ed25519'), [], () => all))
    const [dialled, listened] = await Promise.allSettled([careless.secureOutbound(outbound), listener.secureInbound(inbound)])
    assert.ok(dialled.status === 'fulfilled' && listened.status === 'rejected')
    assert.ok(listened.reason instanceof DowngradeError)
    assert.equal(listened.reason.expected, PQ_NOISE_ID)
  })

  it('S26 - breaking every hybrid handshake brings no classical one about', async () => {
    const listener = await guarded('prefer', both)
    const dialler = await guarded('prefer', both)
    const [proxy, address] = await through(listener.node, data => data.includes(PQ_NOISE_ID) ? undefined : data)
    for (let time = 0; time < 3; time++) {
      await assert.rejects(dialler.node.dial(address))
    }
    assert.ok(proxy.count() >= 3)
    assert.deepEqual([dialler.node.getConnections(), listener.node.getConnections()], [[], []])
  })

  it('QC-09 + a stock libp2p talks to `prefer` and to `sticky`, and QC-09 - is refused by `require`, both ways', async () => {
    const stock = await open([libp2pNoise()])
    for (const policy of ['prefer', 'sticky'] as const) {
      const { node } = await guarded(policy, both)
      assert.equal((await node.dial(stock.getMultiaddrs())).encryption, NOISE_ID)
      assert.equal((await stock.dial(node.getMultiaddrs(), { force: true })).encryption, NOISE_ID)
    }
    const strict = await guarded('require', options => [pqNoise(options)])
    await assert.rejects(strict.node.dial(stock.getMultiaddrs()))
    await assert.rejects(stock.dial(strict.node.getMultiaddrs(), { force: true }))
    // Even when a classical encrypter is there by mistake
    const mistaken = await guarded('require', both)
    await assert.rejects(mistaken.node.dial(stock.getMultiaddrs()))
    assert.deepEqual(downgrade(mistaken), { reason: 'required', running: NOISE_ID, expected: undefined })
  })

  it('QC-09 - `sticky` refuses a peer that had the hybrid and comes without, QC-09 + until it is forgotten or 30 days have passed', async () => {
    const key = await generateKeyPair('Ed25519')
    const before = await open([pqNoise(), noise()], key)
    const dialler = await guarded('sticky', both)
    await (await dialler.node.dial(before.getMultiaddrs())).close()
    await before.stop()
    const rolledBack = await open([libp2pNoise()], key)
    const dial = async (): Promise<string | undefined> => (await dialler.node.dial(rolledBack.getMultiaddrs())).encryption
    await dialler.clock.advance(STICKY_EXPIRY_MS)
    await assert.rejects(dial(), /had a hybrid channel 30 days ago; have it forgotten/)
    assert.deepEqual(downgrade(dialler), { reason: 'sticky', running: NOISE_ID, expected: undefined })
    // It may not come in either
    await rolledBack.dial(dialler.node.getMultiaddrs()).catch(() => undefined)
    while (dialler.refused.length < 2) {
      await new Promise(resolve => { setImmediate(resolve) })
    }
    assert.ok(dialler.memory.forget(rolledBack.peerId.toString()))
    assert.equal(await dial(), NOISE_ID)
    await Promise.all(dialler.node.getConnections().map(async connection => { await connection.close() }))
    dialler.memory.remember(rolledBack.peerId.toString(), dialler.clock.now())
    await dialler.clock.advance(STICKY_EXPIRY_MS + 1)
    assert.equal(await dial(), NOISE_ID)
  })

  it('S26 + stripped down to TLS, the channel says what it is: only `version`, inside it, can tell that there was better', async () => {
    const listener = await guarded('prefer', options => [...both(options), tlsFallback(options)])
    const dialler = await guarded('prefer', options => [...both(options), tlsFallback(options)])
    const [, address] = await through(listener.node, strip(PQ_NOISE_ID, NOISE_ID))
    assert.equal((await dialler.node.dial(address)).encryption, TLS_ID)
  })
})
