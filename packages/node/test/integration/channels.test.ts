import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { noise as stockNoise } from '@libp2p/noise'
import { tls as stockTls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { type NetworkProfile, presets } from '@peerwright/chain-spec'
import { NetAddress } from '@peerwright/core'
import { type RefusedChannel, writeWithdrawal } from '@peerwright/node'
import { DowngradeError, NOISE_ID, peerTcp, PQ_NOISE_ID, spkiPin, StickyMemory, TLS_ID, WrongIdentityError } from '@peerwright/transport'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { chainOf, freePort, local, TestNodes, until } from '../support/network.ts'

const LOOPBACK = '127.0.0.1'

describe('the channels of a node', () => {
  const nodes = new TestNodes()
  const stocks: Libp2p[] = []
  afterEach(async () => {
    await Promise.all(stocks.splice(0).map(async node => { await node.stop() }))
    await nodes.stop()
  })

  const profileOf = async (preset: NetworkProfile, policy: Parameters<typeof local>[2] = {}): Promise<readonly [NetworkProfile, number]> => {
    const port = await freePort()
    return [local(preset, [{ ip: LOOPBACK, port }], { seeds: [], ...policy }), port]
  }
  /** A libp2p as others run it. */
  const stock = async (encrypters: NonNullable<Libp2pOptions['connectionEncrypters']>, more: Pick<Libp2pOptions, 'privateKey' | 'addresses'> = {}): Promise<Libp2p> => {
    const node = await createLibp2p({ transports: [peerTcp()], connectionEncrypters: encrypters, streamMuxers: [yamux()], ...more })
    stocks.push(node)
    return node
  }

  it('QC-09 + nodes of every preset speak the hybrid with each other', async () => {
    for (const preset of [presets.quantumpay, presets.quantumcoin, presets.qnet, presets.nano]) {
      const [[spec, port], [other]] = [await profileOf(preset), await profileOf(preset)]
      await nodes.start({ spec, chain: await chainOf(0) })
      const dialler = await nodes.start({ spec: other, chain: await chainOf(0) })
      const { channel } = await dialler.network.connect({ address: NetAddress.from(LOOPBACK, port) ?? assert.fail() }, { class: 'full' })
      assert.deepEqual([channel.protocol, channel.pq, channel.channelBinding?.length], [PQ_NOISE_ID, true, 32], preset.name)
      assert.deepEqual(dialler.refusedChannels(), {})
      const proved = String(preset === presets.qnet)
      assert.equal(dialler.metrics()[`channel_sessions{protocol="${PQ_NOISE_ID}",kex="${channel.kex}",pq="true",pq_auth="${proved}",certified="${proved}"}`], 1, preset.name)
      await nodes.stop()
    }
  })

  it('QC-09 - what each preset takes from a stock libp2p: qnet nothing, quantumcoin TLS besides Noise, the others Noise', async () => {
    const taken: Record<string, Array<string | undefined>> = {}
    for (const preset of [presets.quantumpay, presets.quantumcoin, presets.qnet, presets.nano]) {
      const [spec] = await profileOf(preset)
      const node = await nodes.start({ spec, chain: await chainOf(0) })
      const channels = []
      for (const encrypter of [stockNoise(), stockTls()]) {
        const dialler = await stock([encrypter])
        channels.push(await dialler.dial(node.libp2p.getMultiaddrs()).then(({ encryption }) => encryption, () => undefined))
      }
      taken[preset.name] = channels
    }
    assert.deepEqual(taken, {
      quantumpay: [NOISE_ID, undefined], quantumcoin: [NOISE_ID, TLS_ID], qnet: [undefined, undefined], nano: [NOISE_ID, undefined]
    })
  })

  it('QC-09 - a network that asks for the hybrid gets it, whatever the policy of the node', async () => {
    const [spec] = await profileOf({ ...presets.nano, network: { ...presets.nano.network, requiredSecurity: 'hybrid' } })
    const node = await nodes.start({ spec, chain: await chainOf(0) })
    await assert.rejects((await stock([stockNoise()])).dial(node.libp2p.getMultiaddrs()))
  })

  it('QC-09 - connect says why a channel is not taken: cut down, nothing in common, another peer, broken off; QC-09 + and a session where it is', async () => {
    const [listening, dialling] = [await generateKeyPair('Ed25519'), new StickyMemory()]
    const other = await stock([stockNoise()], { privateKey: listening, addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] } })
    const port = other.getMultiaddrs()[0]?.getComponents().find(({ name }) => name === 'tcp')?.value
    const address = NetAddress.from(LOOPBACK, Number(port)) ?? assert.fail()
    const [[nano, own], [qnet]] = [await profileOf(presets.nano, { channels: { hybrid: 'sticky' } }), await profileOf(presets.qnet)]
    const sticky = await nodes.start({ spec: nano, chain: await chainOf(0), stickyMemory: dialling })
    dialling.remember(other.peerId.toString(), Date.now())
    await assert.rejects(sticky.network.connect({ address }, { class: 'full' }), (error: unknown) => error instanceof DowngradeError && error.reason === 'sticky')
    assert.deepEqual(sticky.refusedChannels(), { downgrade: 1 })
    assert.equal(await sticky.acceptWithdrawal((await writeWithdrawal(listening, { nowMs: Date.now() + 1_000 })).statement), other.peerId.toString())
    assert.equal(dialling.size, 0)

    const strict = await nodes.start({ spec: qnet, chain: await chainOf(0) })
    await assert.rejects(strict.network.connect({ address }, { class: 'full' }), { name: 'OperationError', code: 'no-channel' })
    assert.deepEqual(strict.refusedChannels(), { 'no-channel': 1 })
    const wrong = (await generateKeyPair('Ed25519')).publicKey.toString()
    const friend = await nodes.start({ spec: (await profileOf(presets.nano))[0], chain: await chainOf(0) })
    const ours = NetAddress.from(LOOPBACK, own) ?? assert.fail()
    await assert.rejects(friend.network.connect({ address: ours, peerId: wrong }, { class: 'full' }), { name: 'OperationError', code: 'refused' })
    assert.equal((await friend.network.connect({ address: ours }, { class: 'full' })).channel.pq, true)

    // Who is configured with address and PeerId is held to it by whoever dials the address; so is who is pinned
    for (const pinned of [{ peers: [{ address: ours, peerId: wrong }] }, { pins: [{ address: ours, pin: spkiPin((await generateKeyPair('Ed25519')).publicKey) }] }]) {
      const told: Array<string | undefined> = []
      const careful = await nodes.start({ spec: (await profileOf(presets.nano))[0], chain: await chainOf(0), ...pinned, onRefusedChannel: ({ code, advice }) => { told.push(advice && code) } })
      await assert.rejects(careful.network.connect({ address: ours }, { class: 'full' }), WrongIdentityError)
      assert.ok(told.includes('wrong-identity'))
    }

    // Somebody who hears the first message and goes
    const rude = createServer(socket => {
      socket.on('error', () => {}).on('data', data => {
        if (data.length > 1_000) {
          socket.destroy()
        } else {
          socket.write(data)
        }
      })
    }).listen(0, LOOPBACK)
    try {
      await once(rude, 'listening')
      const gone = NetAddress.from(LOOPBACK, (rude.address() as AddressInfo).port) ?? assert.fail()
      await assert.rejects(friend.network.connect({ address: gone }, { class: 'full' }), { name: 'PeerFault', code: 'truncated-handshake' })
    } finally {
      rude.close()
    }
  })

  it('QC-09 - handshakes beyond what the policy allows are turned away as busy, and counted', async () => {
    const refused: RefusedChannel[] = []
    const [spec] = await profileOf(presets.nano, { limitLoopback: true, channels: { handshakes: { perGroupPerSecond: 1 } } })
    const node = await nodes.start({ spec, chain: await chainOf(0), onRefusedChannel: one => { refused.push(one) } })
    const dialler = await stock([stockNoise()])
    const secured = []
    for (let time = 0; time < 6; time++) {
      secured.push(await dialler.dial(node.libp2p.getMultiaddrs(), { force: true }).then(() => true, () => false))
    }
    // Two at once, and one more for each second that the rest takes
    assert.deepEqual(secured.slice(0, 2), [true, true])
    assert.ok(secured.includes(false))
    await until(() => (node.refusedChannels()['busy'] ?? 0) > 0)
    assert.ok((node.metrics()['channel_refused_total{code="busy"}'] ?? 0) > 0)
    assert.ok(refused.every(({ code, direction }) => code === 'busy' && direction === 'inbound'))
  })
})
