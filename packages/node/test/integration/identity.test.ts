import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { noise as theirNoise } from '@libp2p/noise'
import { presets } from '@peerwright/chain-spec'
import { NetAddress, OperationError, PeerFault, toHex } from '@peerwright/core'
import { derivedSecret, type DsaSecret, Ledger, loadSuites, rotatedSecret, signRegistration } from '@peerwright/identity'
import type { PeerSession } from '@peerwright/interface'
import type { IdentityOptions, NodeOptions, PeerwrightNode } from '@peerwright/node'
import { chainOf, freePort, local, TestNodes, until } from '../support/network.ts'

const LOOPBACK = '127.0.0.1'
const NOW = Math.floor(Date.now() / 1_000)

describe('the identity of a node', function () {
  this.timeout(30_000)
  const nodes = new TestNodes()
  afterEach(async () => { await nodes.stop() })

  const start = async (identity: IdentityOptions, options: Partial<NodeOptions> = {}): Promise<PeerwrightNode & { port: number }> => {
    const port = await freePort()
    const node = await nodes.start({ spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port }], { seeds: [] }), chain: await chainOf(0), identity, ...options })
    return { ...node, port }
  }
  /** A node with an empty registry and one genesis peer in its profile, that peer with the key that `used` makes of its own, and how the dial ended. */
  const withGenesisPeer = async (used: (secret: DsaSecret) => DsaSecret): Promise<[PeerwrightNode, PeerwrightNode, string | undefined]> => {
    const privateKey = await generateKeyPair('Ed25519')
    const secret = derivedSecret(privateKey, 'ml-dsa-44')
    const suites = await loadSuites()
    const { networkId } = local(presets.quantumcoin, [])
    const [port, own] = [await freePort(), await freePort()]
    const key = suites.get('ml-dsa-44')?.fromSeed(secret.seed).publicKey ?? assert.fail()
    const genesis = await nodes.start({
      spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port }], { seeds: [] }), chain: await chainOf(0), privateKey, identity: { pqAuth: 'send', secret: used(secret) }
    })
    const genesisPeers = [{
      id: '001' as const, peerId: genesis.network.localPeer, suite: 'ml-dsa-44' as const, publicKey: toHex(key), addresses: [{ ip: LOOPBACK, port }]
    }]
    const strict = await nodes.start({
      spec: local(presets.quantumcoin, [{ ip: LOOPBACK, port: own }], { seeds: [], genesisPeers }),
      chain: await chainOf(0),
      identity: { pqAuth: 'require', registry: new Ledger({ networkId, suites, nowSeconds: () => NOW }) }
    })
    const code = await join(strict, { port }).then(() => undefined, (error: unknown) => error instanceof OperationError || error instanceof PeerFault ? error.code : 'unexpected')
    return [strict, genesis, code]
  }
  const join = async (from: PeerwrightNode, { port }: { port: number }): Promise<PeerSession> =>
    await from.network.connect({ address: NetAddress.from(LOOPBACK, port)! }, { class: 'full' })

  it('QN-04 QN-21 + two nodes prove themselves to each other over sockets, one of them with a rotated key of another suite', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const secret = rotatedSecret(derivedSecret(privateKey, 'ml-dsa-44'), 'ml-dsa-87', { bytes: length => new Uint8Array(length).fill(3), below: () => 0 })
    const [a, b] = [await start({ pqAuth: 'require' }), await start({ pqAuth: 'require', secret }, { privateKey })]
    const session = await join(a, b)
    assert.equal(session.channel.pqAuth, true, 'proved before the first message')
    await until(() => session.facts.peerCertified === true && b.network.sessions()[0]?.facts.peerCertified === true)
    const [known, knows] = [a.identity?.pins.get(b.network.localPeer), b.identity?.pins.get(a.network.localPeer)]
    // Whom we dial is remembered, not who dials us
    assert.deepEqual([known?.epoch, known?.source, knows], [1, 'first-contact', undefined])
  })

  it('QN-06 - a node that is not registered does not get in where a registry is asked, and one that is does', async () => {
    const suites = await loadSuites()
    const { networkId } = local(presets.quantumcoin, [])
    const ledger = new Ledger({ networkId, suites, nowSeconds: () => NOW })
    const codes: string[] = []
    const strict = await start({ pqAuth: 'require', registry: ledger, observer: { unproved: (_, { code }) => { codes.push(code) } } })
    const [member, stranger] = [await start({ pqAuth: 'send' }), await start({ pqAuth: 'send' })]
    await ledger.register(await signRegistration(member.identity!.signer, networkId, {
      activation: new Uint8Array(32), walletAddress: 'wallet', nodeType: 'full', activatedSeconds: NOW, lastSeenSeconds: NOW, migrationCount: 0
    }, NOW))
    const session = await join(strict, member)
    await until(() => session.facts.peerCertified === true)
    // Already its handshake ends, and before we have shown who we are
    await assert.rejects(join(strict, stranger), { name: 'PeerFault', code: 'not-registered' })
    await assert.rejects(join(stranger, strict))
    await until(() => strict.network.sessions().length === 1)
    assert.deepEqual([strict.network.sessions()[0]?.peerId, strict.refusedChannels()], [member.network.localPeer, { 'not-registered': 2 }])
    assert.deepEqual(codes, [])
  })

  it('QN-05 + a genesis peer of the profile gets in without a registry, and its key is pinned', async () => {
    const [strict, genesis, code] = await withGenesisPeer(secret => secret)
    assert.equal(code, undefined)
    await until(() => strict.network.sessions()[0]?.facts.peerCertified === true)
    assert.equal(strict.identity?.pins.get(genesis.network.localPeer)?.source, 'profile')
  })

  it('QN-05 - with another key than the one in the profile it is refused', async () => {
    const [strict, , code] = await withGenesisPeer(secret => rotatedSecret(secret, 'ml-dsa-44', { bytes: length => new Uint8Array(length).fill(7), below: () => 0 }))
    assert.equal(code, 'genesis-wrong-key')
    assert.deepEqual(strict.network.sessions(), [])
    assert.deepEqual(Object.keys(strict.refusedChannels()), ['genesis-wrong-key'])
  })

  it('QN-04 - with require a channel of plain Noise is refused, which has nothing that a proof could be bound to', async () => {
    const codes: string[] = []
    const [a, b] = [await start({ pqAuth: 'require', observer: { unproved: (_, { code }) => { codes.push(code) } } }, { encrypters: [theirNoise()] }), await start({ pqAuth: 'send' }, { encrypters: [theirNoise()] })]
    const session = await join(a, b)
    await until(() => !session.open && a.network.sessions().length === 0)
    assert.deepEqual(codes, ['unbound-channel'])
  })

  it('QN-19 - a node that could sign in plain JavaScript only does not start, and is told how, QN-19 + unless that is allowed', async () => {
    await assert.rejects(start({ pqAuth: 'send', backends: { signatures: ['portable'] } }), (error: unknown) => error instanceof OperationError && error.code === 'slow-signatures' && /allowSlowSignatures/.test(error.message))
    const slow = await start({ pqAuth: 'send', backends: { signatures: ['portable'], allowSlowSignatures: true } })
    assert.equal((await join(await start({ pqAuth: 'require' }), slow)).channel.pqAuth, true)
  })

  it('QN-21 - an identity without a seed is refused, unless it has an ML-DSA key of its own', async () => {
    const privateKey = await generateKeyPair('secp256k1')
    await assert.rejects(start({ pqAuth: 'send' }, { privateKey }), (error: unknown) => error instanceof OperationError && error.code === 'no-seed')
    const secret = derivedSecret(await generateKeyPair('Ed25519'), 'ml-dsa-65')
    const [a, b] = [await start({ pqAuth: 'require', secret }, { privateKey }), await start({ pqAuth: 'require' })]
    const session = await join(b, a)
    await until(() => session.facts.peerCertified === true)
  })
})
