import assert from 'node:assert/strict'
import { OperationError } from '@peerwright/core'
import type { Registry } from '@peerwright/interface'
import { encodeProof, messageType, type Proof, type ProofSuite } from '@peerwright/protocol-messages'
import { createProofs, createVerifier, type GenesisRecord, genesisTrust, Ledger, loadSuites, Pins, PROOFS_DEFAULTS, signMigration, signRevocation } from '../../src/index.ts'
import { at, genesisRecordOf } from '../support/genesis.ts'
import { ALL_SUITES, isOperation, NOW, peerOf } from '../support/peers.ts'
import { behind, ProofNetwork } from '../support/proof-network.ts'
import { NETWORK_ID, registrationOf } from '../support/registry-suite.ts'

const PROOF = messageType('proof')
const SUITES: readonly ProofSuite[] = ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87']
const NOISE = new Uint8Array(32).fill(5)

describe('proofs after verack', () => {
  it('QN-04 + two honest peers prove themselves to each other at once, and again on schedule', async () => {
    const net = new ProofNetwork()
    const [a, b] = [net.node(await peerOf(1)), net.node(await peerOf(2))]
    const session = await net.join(a.network, b.network)
    await net.clock.advance(100)
    assert.deepEqual([a.heard, b.heard], [['proved'], ['proved']])
    const [theirs] = b.network.sessions()
    for (const [one, other] of [[session, b], [theirs, a]] as const) {
      assert.deepEqual([one?.facts.pqAuth, one?.facts.peerCertified, one?.facts.certified?.peerId], [true, true, other.peer.peerId])
    }
    await net.clock.advance(PROOFS_DEFAULTS.intervalMs)
    assert.deepEqual([a.heard, b.heard], [['proved', 'proved'], ['proved', 'proved']])
    a.proofs.stop()
    b.proofs.stop()
    assert.equal(net.clock.pending, 0, 'no timer stays')
    assert.ok(session.open)
  })

  it('QN-21 + peers of all suites prove themselves to each other', async () => {
    const net = new ProofNetwork()
    const nodes = await Promise.all(SUITES.map(async (suite, index) => net.node(await peerOf(index + 1, suite))))
    for (const [index, from] of nodes.entries()) {
      for (const to of nodes.slice(index + 1)) {
        await net.join(from.network, to.network)
      }
    }
    await net.clock.advance(100)
    for (const { heard, proved, peer } of nodes) {
      assert.deepEqual(heard, ['proved', 'proved'])
      assert.deepEqual(new Set(proved.map(({ suite }) => suite)), new Set(SUITES.filter(suite => suite !== peer.signer.suite)))
    }
  })

  it('QN-21 - a peer of a suite that is not accepted does not get in with require, and is unproved with send', async () => {
    for (const [pqAuth, open] of [['require', 0], ['send', 1]] as const) {
      const net = new ProofNetwork()
      const strict = net.node(await peerOf(1), { pqAuth, suites: await loadSuites(['ml-dsa-65', 'ml-dsa-87']) })
      const weak = net.node(await peerOf(2, 'ml-dsa-44'), { pqAuth: 'send' })
      await net.join(strict.network, weak.network)
      await net.clock.advance(PROOFS_DEFAULTS.timeoutMs)
      assert.deepEqual([strict.heard, weak.heard], [['proof-timeout'], ['no-common-suite', 'proved']])
      assert.equal(strict.network.sessions().length, open)
      strict.proofs.stop()
    }
  })

  it('QN-04 - require refuses a channel without a binding; send neither asks nor answers on one', async () => {
    const net = new ProofNetwork(false)
    const [strict, lax, other] = [net.node(await peerOf(1)), net.node(await peerOf(2), { pqAuth: 'send' }), net.node(await peerOf(3), { pqAuth: 'send' })]
    await net.join(strict.network, lax.network)
    await net.clock.advance(100)
    assert.deepEqual([strict.heard, strict.network.sessions().length, strict.ends[0]?.code], [['unbound-channel'], 0, 'fault'])
    const session = await net.join(lax.network, other.network)
    session.send(PROOF, encodeProof({ step: 'challenge', challenge: NOISE, suites: SUITES }))
    await net.clock.advance(PROOFS_DEFAULTS.timeoutMs)
    assert.deepEqual([lax.heard, other.heard, session.open, session.facts.bytesIn], [[], [], true, 0])
    assert.equal(session.facts.pqAuth, false)
  })

  it('QN-04 - a peer that gives no proof is gone after the time for it with require, and stays unproved with send', async () => {
    for (const [pqAuth, open] of [['require', false], ['send', true]] as const) {
      const net = new ProofNetwork()
      const asker = net.node(await peerOf(1), { pqAuth })
      net.node(await peerOf(2), { pqAuth: 'off' })
      const session = await net.join(asker.network, net.hub.at(at('10.0.0.2:9876'))!)
      await net.clock.advance(PROOFS_DEFAULTS.timeoutMs - 20)
      assert.deepEqual([asker.heard, session.open], [[], true])
      await net.clock.advance(20)
      assert.deepEqual([asker.heard, session.open, session.facts.pqAuth], [['proof-timeout'], open, false])
      assert.deepEqual(asker.ends.map(({ code }) => code), open ? [] : ['timeout'])
      asker.proofs.stop()
    }
  })

  it('QN-04 - a proof that nobody asked for, a wrong one, and one too many questions end the session', async () => {
    const answer: Proof = { step: 'answer', suite: 'ml-dsa-44', challenge: NOISE, timeSeconds: NOW, certificate: NOISE, signature: new Uint8Array(2_420) }
    const question: Proof = { step: 'challenge', challenge: NOISE, suites: SUITES }
    const cases: ReadonlyArray<readonly [messages: readonly Uint8Array[], code: string]> = [
      [[encodeProof(answer)], 'unasked-proof'],
      [Array.from({ length: 4 }, () => encodeProof(question)), 'too-many-challenges'],
      [[Uint8Array.of(7)], 'bad-proof'],
      [[encodeProof(answer).with(1, 9)], 'unknown-suite']
    ]
    for (const [messages, code] of cases) {
      const net = new ProofNetwork()
      const node = net.node(await peerOf(1), { pqAuth: 'send' })
      const session = await net.join(net.bare('rude'), node.network)
      messages.forEach(message => session.send(PROOF, message))
      await net.clock.advance(100)
      assert.equal(session.open, false)
      const [end] = node.ends
      assert.ok(end?.fault !== undefined && 'code' in end.fault && end.fault.code === code, code)
      node.proofs.stop()
      assert.equal(net.clock.pending, 0)
    }
  })

  it('QN-04 - a node in the middle that passes question and answer on is refused', async () => {
    const net = new ProofNetwork()
    const [asker, honest] = [net.node(await peerOf(1)), net.node(await peerOf(2), { pqAuth: 'send' })]
    // Towards each side it has the identity of the other: both were stolen
    const [towardsAsker, towardsHonest] = [net.bare(honest.peer.peerId), net.bare(asker.peer.peerId)]
    const near = await net.join(towardsHonest, honest.network)
    towardsAsker.handle({ owner: 'identity', live: { [PROOF]: (_, payload) => { near.send(PROOF, payload.slice()) } } })
    towardsHonest.handle({ owner: 'identity', live: { [PROOF]: (_, payload) => { towardsAsker.sessions()[0]?.send(PROOF, payload.slice()) } } })
    await net.clock.advance(20)
    await net.join(asker.network, towardsAsker)
    await net.clock.advance(200)
    assert.deepEqual(asker.heard, ['bad-proof'])
    assert.deepEqual(asker.network.sessions(), [])
  })

  it('QN-04 - a peer whose clock is six minutes behind is not believed', async () => {
    for (const [pqAuth, open] of [['require', 0], ['send', 1]] as const) {
      const net = new ProofNetwork()
      const asker = net.node(await peerOf(1), { pqAuth })
      const late = net.node(await peerOf(2), { pqAuth: 'send', clock: behind(net.clock, 360) })
      await net.join(asker.network, late.network)
      await net.clock.advance(100)
      assert.deepEqual([asker.heard, asker.network.sessions().length], [['stale-proof'], open])
    }
  })

  it('QN-21 - the key of another is not believed, and a known peer with a new key neither', async () => {
    const net = new ProofNetwork()
    const pins = new Pins()
    const verifier = createVerifier({ suites: ALL_SUITES, pins })
    const asker = net.node(await peerOf(1), { pqAuth: 'send', verifier })
    const [real, changed] = [await peerOf(2), await peerOf(2, 'ml-dsa-87')]
    await verifier.certify(real.peerId, await real.signer.certificate(NOW), NOW)
    const impostor = net.node({ ...await peerOf(4), peerId: 'someone' }, { pqAuth: 'send' })
    const rekeyed = net.node(changed, { pqAuth: 'send' })
    for (const [node, code] of [[impostor, 'wrong-peer'], [rekeyed, 'pin-mismatch']] as const) {
      await net.join(asker.network, node.network)
      await net.clock.advance(100)
      assert.equal(asker.heard.at(-1), code)
    }
    assert.equal(asker.network.sessions().length, 0)
  })

  it('QN-04 + a peer that was proved in its handshake is asked when an interval is over', async () => {
    const net = new ProofNetwork()
    const peer = await peerOf(2)
    const asker = net.node(await peerOf(1), { pqAuth: 'send' })
    asker.proofs.stop()
    asker.network.observe({
      opened: session => { Object.defineProperty(session, 'channel', { value: { ...session.channel, pqAuth: true, peerCertified: true } }) }
    })
    asker.proofs.start()
    const session = await net.join(asker.network, net.node(peer, { pqAuth: 'send' }).network)
    await net.clock.advance(100)
    assert.deepEqual([asker.heard, session.facts.pqAuth, session.facts.peerCertified], [[], true, true])
    await net.clock.advance(PROOFS_DEFAULTS.intervalMs)
    assert.deepEqual(asker.heard, ['proved'])
  })

  it('QN-21 + remembers the keys of peers that it dialled, and not those of strangers', async () => {
    const net = new ProofNetwork()
    const pins = [new Pins(), new Pins()]
    const [a, b] = await Promise.all(pins.map(async (known, index) => net.node(await peerOf(index + 1), { verifier: createVerifier({ suites: ALL_SUITES, pins: known }) })))
    await net.join(a!.network, b!.network)
    await net.clock.advance(100)
    assert.deepEqual([a?.heard, b?.heard, pins.map(({ size }) => size)], [['proved'], ['proved'], [1, 0]])
  })

  it('refuses options out of range', async () => {
    const net = new ProofNetwork()
    const peer = await peerOf(1)
    for (const [wrong, says] of [[{ pqAuth: 'on' }, /pqAuth/], [{ networkId: 'AA' }, /networkId/], [{ intervalMs: 9_999 }, /intervalMs/], [{ timeoutMs: 60_001 }, /timeoutMs/]] as const) {
      const init = { network: net.bare('x'), networkId: NETWORK_ID, pqAuth: 'off', signer: peer.signer, verifier: createVerifier({ suites: ALL_SUITES, pins: new Pins() }) } as const
      assert.throws(() => createProofs({ ...init, ...wrong as object }), isOperation('invalid-option', says))
    }
  })
})

describe('proofs and the registry', () => {
  const setting = async (pqAuth: 'send' | 'require', records: readonly GenesisRecord[] = []): Promise<{ net: ProofNetwork, ledger: Ledger, asker: ReturnType<ProofNetwork['node']> }> => {
    const net = new ProofNetwork()
    const ledger = new Ledger({ networkId: NETWORK_ID, suites: ALL_SUITES, nowSeconds: () => NOW })
    const genesis = genesisTrust({ networkId: NETWORK_ID, records, suites: ALL_SUITES, nowSeconds: NOW })
    return { net, ledger, asker: net.node(await peerOf(1), { pqAuth, registry: ledger, genesis }) }
  }

  it('QN-04 QN-06 + a registered peer is certified; one that is not stays unlisted with send', async () => {
    const { net, ledger, asker } = await setting('send')
    const [listed, unlisted] = [net.node(await peerOf(2), { pqAuth: 'send' }), net.node(await peerOf(3), { pqAuth: 'send' })]
    await ledger.register(await registrationOf(listed.peer, 2))
    const first = await net.join(asker.network, listed.network)
    const second = await net.join(asker.network, unlisted.network)
    await net.clock.advance(100)
    assert.deepEqual(asker.heard, ['proved', 'unlisted'])
    assert.deepEqual([first, second].map(({ facts }) => [facts.pqAuth, facts.peerCertified]), [[true, true], [true, false]])
  })

  it('QN-04 QN-06 - with require an unregistered peer, and one that is registered with another key, do not get in', async () => {
    const { net, ledger, asker } = await setting('require')
    await ledger.register(await registrationOf(await peerOf(3, 'ml-dsa-87'), 3))
    const nodes = [net.node(await peerOf(2), { pqAuth: 'send' }), net.node(await peerOf(3), { pqAuth: 'send' })]
    for (const node of nodes) {
      await net.join(asker.network, node.network)
      await net.clock.advance(100)
    }
    assert.deepEqual(asker.heard, ['not-registered', 'key-not-listed'])
    assert.equal(asker.network.sessions().length, 0)
  })

  it('QN-06 - a peer that is revoked is disconnected at once', async () => {
    const { net, ledger, asker } = await setting('send')
    const node = net.node(await peerOf(2), { pqAuth: 'send' })
    await ledger.register(await registrationOf(node.peer, 2))
    const session = await net.join(asker.network, node.network)
    await net.clock.advance(100)
    assert.ok(session.open && session.facts.peerCertified === true)
    await ledger.revoke(await signRevocation(node.peer.signer, NETWORK_ID, { peerId: node.peer.peerId, timeSeconds: NOW, reason: 'key-stolen' }))
    assert.deepEqual([session.open, session.facts.peerCertified, asker.heard.at(-1)], [false, false, 'revoked'])
    await net.clock.advance(20)
    await net.join(asker.network, node.network)
    await net.clock.advance(100)
    assert.deepEqual([asker.network.sessions().length, asker.heard.at(-1)], [0, 'revoked'])
  })

  it('QN-06 - a peer whose activation moved away is unlisted with send, and gone with require', async () => {
    for (const [pqAuth, open] of [['send', true], ['require', false]] as const) {
      const { net, ledger, asker } = await setting(pqAuth)
      const node = net.node(await peerOf(2), { pqAuth: 'send' })
      await ledger.register(await registrationOf(node.peer, 2))
      const session = await net.join(asker.network, node.network)
      await net.clock.advance(100)
      assert.equal(session.facts.peerCertified, true)
      const moved = await registrationOf(await peerOf(3), 2, { migrationCount: 1 })
      await ledger.register(moved, signMigration(node.peer.signer, NETWORK_ID, node.peer.peerId, moved))
      assert.deepEqual([asker.heard, session.open, session.facts.peerCertified], [['proved', 'not-registered'], open, false])
      asker.proofs.stop()
    }
  })

  it('QN-06 - while the registry cannot be asked, a peer is unlisted with send, and not let in with require', async () => {
    const broken: Registry = {
      register: () => Promise.resolve(), revoke: () => Promise.resolve(), watch: () => () => {}, lookup: () => Promise.reject(new OperationError('registry-unavailable', 'no'))
    }
    for (const [pqAuth, heard] of [['send', 'unlisted'], ['require', 'registry-unavailable']] as const) {
      const net = new ProofNetwork()
      const asker = net.node(await peerOf(1), { pqAuth, registry: broken })
      const session = await net.join(asker.network, net.node(await peerOf(2), { pqAuth: 'send' }).network)
      await net.clock.advance(100)
      assert.deepEqual([asker.heard, session.open], [[heard], pqAuth === 'send'])
    }
  })

  it('QN-04 - a look-up that never ends holds nobody up: the time for the proof runs out', async () => {
    const endless: Registry = { register: () => Promise.resolve(), revoke: () => Promise.resolve(), watch: () => () => {}, lookup: async () => await new Promise(() => {}) }
    const net = new ProofNetwork()
    const asker = net.node(await peerOf(1), { registry: endless })
    await net.join(asker.network, net.node(await peerOf(2), { pqAuth: 'send' }).network)
    await net.clock.advance(PROOFS_DEFAULTS.timeoutMs + 100)
    assert.deepEqual([asker.heard, asker.network.sessions().length], [['proof-timeout'], 0])
  })

  it('QN-06 - a peer that is revoked while it is looked up is gone, whatever the look-up says', async () => {
    const net = new ProofNetwork()
    const node = net.node(await peerOf(2), { pqAuth: 'send' })
    const ledger = new Ledger({ networkId: NETWORK_ID, suites: ALL_SUITES, nowSeconds: () => NOW })
    await ledger.register(await registrationOf(node.peer, 2))
    const answer = Promise.withResolvers<undefined>()
    const slow: Registry = {
      register: () => Promise.resolve(), revoke: () => Promise.resolve(), watch: observer => ledger.watch(observer),
      lookup: async peerId => {
        const entry = await ledger.lookup(peerId)
        await answer.promise
        return entry
      }
    }
    const asker = net.node(await peerOf(1), { pqAuth: 'send', registry: slow })
    const session = await net.join(asker.network, node.network)
    await net.clock.advance(100)
    await ledger.revoke(await signRevocation(node.peer.signer, NETWORK_ID, { peerId: node.peer.peerId, timeSeconds: NOW, reason: 'key-stolen' }))
    answer.resolve(undefined)
    await net.clock.advance(100)
    assert.deepEqual([asker.heard, session.open, session.facts.pqAuth], [['revoked'], false, false])
  })

  it('QN-05 + a genesis peer with the right key skips the registry, not the proof', async () => {
    const peer = await peerOf(2)
    const { net, asker } = await setting('require', [await genesisRecordOf(peer, { addresses: [at('10.0.0.2:9876')] })])
    const node = net.node(peer, { pqAuth: 'send' })
    const session = await net.join(asker.network, node.network)
    await net.clock.advance(100)
    assert.deepEqual([asker.heard, session.facts.peerCertified], [['proved'], true])
  })

  it('QN-05 - a genesis peer with another key, with none, and a stranger at its address are refused', async () => {
    const record = { ...await genesisRecordOf(await peerOf(2)), addresses: [at('10.0.0.2:9876')] }
    const { net, asker } = await setting('require', [record])
    const rekeyed = net.node(await peerOf(2, 'ml-dsa-87'), { pqAuth: 'send' })
    await net.join(asker.network, rekeyed.network)
    await net.clock.advance(100)
    assert.equal(asker.heard.at(-1), 'genesis-wrong-key')
    net.hub.cut(rekeyed.network)
    const other = await setting('require', [record])
    await other.net.join(other.asker.network, other.net.bare('stranger'))
    assert.deepEqual([other.asker.heard, other.asker.network.sessions().length], [['genesis-wrong-peer'], 0])
    const silent = await setting('require', [record])
    await silent.net.join(silent.asker.network, silent.net.bare(record.peerId))
    await silent.net.clock.advance(PROOFS_DEFAULTS.timeoutMs)
    assert.deepEqual([silent.asker.heard, silent.asker.network.sessions().length], [['proof-timeout'], 0])
  })
})
