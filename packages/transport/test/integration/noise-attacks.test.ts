import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { MessageStream, PrivateKey } from '@libp2p/interface'
import { noise as libp2pNoise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { VirtualClock } from '@peerwright/testing'
import { GATE_LIMITS, HandshakeGate, noise, type NoiseOptions, type PayloadExtensions, type PayloadFacts, pqNoise } from '../../src/index.ts'
import { components, type Make, OURS } from '../support/encrypters.ts'

const dialerKey = await generateKeyPair('Ed25519')
const listenerKey = await generateKeyPair('Ed25519')
const otherKey = await generateKeyPair('Ed25519')

interface Outcome {
  readonly dialer: string
  readonly listener: string
}

/** `secured`, or the code of the error; nothing secret stands in a message. */
async function outcome (connection: MessageStream, secured: Promise<unknown>): Promise<string> {
  try {
    await secured
    return 'secured'
  } catch (error) {
    assert.ok(error instanceof Error)
    assert.match(error.message, /^[\x20-\x7e]{1,250}$/)
    assert.doesNotMatch(error.message, /[0-9a-f]{16}/i)
    connection.abort(error)
    return (error as { code?: string }).code ?? error.name
  }
}

/** A handshake between two nodes, and what became of it on either side. */
async function handshake (dial: Make, listen: Make, keys: readonly [PrivateKey, PrivateKey] = [dialerKey, listenerKey]): Promise<Outcome> {
  const [outbound, inbound] = multiaddrConnectionPair()
  const [dialer, listener] = await Promise.all([
    outcome(outbound, dial(keys[0]).secureOutbound(outbound, { remotePeer: peerIdFromPrivateKey(listenerKey) })),
    outcome(inbound, listen(keys[1]).secureInbound(inbound))
  ])
  return { dialer, listener }
}

/** A key that says it is another one, or signs what it is told to. */
const forged = (publicKey: PrivateKey['publicKey'], sign: PrivateKey['sign']): PrivateKey => ({ type: 'Ed25519', publicKey, sign }) as PrivateKey

for (const [name, make] of OURS) {
  const create = (options: NoiseOptions): Make => key => (name === 'noise' ? noise(options) : pqNoise(options))(components(key))

  describe(`attacks on ${name}`, () => {
    it('QC-09 - another node\'s identity key, signed with one\'s own, is refused, whoever shows it', async () => {
      const liar = forged(listenerKey.publicKey, otherKey.sign.bind(otherKey))
      assert.equal((await handshake(make, make, [dialerKey, liar])).dialer, 'bad-identity')
      assert.equal((await handshake(make, make, [forged(dialerKey.publicKey, otherKey.sign.bind(otherKey)), listenerKey])).listener, 'bad-identity')
    })

    it('QC-09 - an identity signature over another static key is refused: a recorded one is worth nothing', async () => {
      const recorded: Uint8Array[] = []
      const recording = forged(listenerKey.publicKey, async data => {
        const signature = await listenerKey.sign(data)
        recorded.push(signature)
        return signature
      })
      assert.deepEqual(await handshake(make, make, [dialerKey, recording]), { dialer: 'secured', listener: 'secured' })
      assert.equal(recorded.length, 1)
      const replaying = forged(listenerKey.publicKey, () => recorded[0] as Uint8Array)
      assert.equal((await handshake(make, make, [dialerKey, replaying])).dialer, 'bad-identity')
    })

    it('QC-09 - an identity key that is longer or shorter than its kind, or of no kind, is refused', async () => {
      for (const raw of [new Uint8Array(31), new Uint8Array(33), new Uint8Array(10_000)]) {
        const odd = forged({ ...listenerKey.publicKey, type: 'Ed25519', raw }, listenerKey.sign.bind(listenerKey))
        assert.equal((await handshake(make, make, [dialerKey, odd])).dialer, 'bad-identity')
      }
      const nothing = forged({ ...listenerKey.publicKey, type: 'Unheard' as 'Ed25519', raw: new Uint8Array(32) }, listenerKey.sign.bind(listenerKey))
      assert.notEqual((await handshake(make, make, [dialerKey, nothing])).dialer, 'secured')
    })

    it('QC-11 - who answers in the place of who was dialled is refused before the dialler shows who it is', async () => {
      const [outbound, inbound] = multiaddrConnectionPair()
      let messages = 0
      const send = outbound.send.bind(outbound)
      outbound.send = data => {
        messages++
        return send(data)
      }
      const [dialer] = await Promise.all([
        outcome(outbound, make(dialerKey).secureOutbound(outbound, { remotePeer: peerIdFromPrivateKey(otherKey) })),
        outcome(inbound, make(listenerKey).secureInbound(inbound))
      ])
      assert.equal(dialer, 'UnexpectedPeerError')
      assert.equal(messages, 1)
    })

    it('QC-09 - a message that says it has 60 KB is refused before a byte of it is here', async () => {
      for (const inboundFirst of [true, false]) {
        const [outbound, inbound] = multiaddrConnectionPair()
        const secured = inboundFirst ? make(listenerKey).secureInbound(inbound) : make(dialerKey).secureOutbound(outbound)
        const [own, other] = inboundFirst ? [inbound, outbound] : [outbound, inbound]
        other.send(Uint8Array.of(60_000 >> 8, 60_000 & 0xff))
        assert.equal(await outcome(own, secured), 'handshake-length')
      }
    })

    it('QC-08 - a connection that ends inside a handshake is a fault of nobody in particular', async () => {
      for (const bytes of [0, 1, 2, 30]) {
        const [outbound, inbound] = multiaddrConnectionPair()
        const secured = outcome(inbound, make(listenerKey).secureInbound(inbound))
        if (bytes > 0) {
          outbound.send(Uint8Array.of(name === 'noise' ? 0 : 1_216 >> 8, name === 'noise' ? 32 : 1_216 & 0xff, ...new Uint8Array(28)).subarray(0, bytes))
        }
        await outbound.close()
        assert.equal(await secured, 'truncated-handshake')
      }
    })

    it('QC-09 + extensions travel in the payload, over a transcript that both sides share, and QC-09 - end the handshake when they do not hold', async () => {
      const sent: PayloadFacts[] = []
      const checked: PayloadFacts[] = []
      const extensions = (proof: Uint8Array): PayloadExtensions => ({
        outgoing: facts => {
          sent.push(facts)
          return new Map([[1_802, proof], [1_831, facts.transcript]])
        },
        check: (fields, facts) => {
          checked.push(facts)
          assert.deepEqual(Buffer.from(fields.get(1_831) ?? ''), Buffer.from(facts.transcript))
          if (fields.get(1_802)?.length !== 9_254) {
            throw Object.assign(new Error('no proof'), { code: 'no-proof' })
          }
          return { pqAuth: true, peerCertified: false }
        }
      })
      const [good, bad] = [create({ extensions: extensions(new Uint8Array(9_254)) }), create({ extensions: extensions(new Uint8Array(3)) })]
      assert.deepEqual(await handshake(good, good), { dialer: 'secured', listener: 'secured' })
      const plain = (facts: readonly PayloadFacts[]): unknown => facts.map(fact => ({ ...fact, transcript: [...fact.transcript], identityKey: [...fact.identityKey] }))
      assert.deepEqual(plain(sent), plain(checked))
      assert.deepEqual(sent.map(({ initiator }) => initiator), [false, true])
      assert.notDeepEqual(sent[0]?.transcript, sent[1]?.transcript)
      assert.equal((await handshake(good, bad)).dialer, 'no-proof')
      assert.equal((await handshake(bad, good)).listener, 'no-proof')
    })

    it('QC-09 - beyond what a network may ask for, a first message is answered by nothing but the end', async () => {
      const gate = new HandshakeGate(new VirtualClock(), { ...GATE_LIMITS, perGroup: { capacity: 2, perSecond: 1 } })
      const guarded = create({ gate })
      const outcomes = []
      for (let time = 0; time < 3; time++) {
        outcomes.push((await handshake(make, guarded)).listener)
      }
      assert.deepEqual(outcomes, ['secured', 'secured', 'busy'])
      assert.equal(gate.running, 0)
    })

    it('QC-08 + muxers in different orders: both sides come to the same one', async () => {
      const orders = [['/a', '/b'], ['/b', '/a'], ['/b', '/c', '/a']]
      for (const dialed of orders) {
        for (const listening of orders) {
          const [outbound, inbound] = multiaddrConnectionPair()
          const [out, into] = await Promise.all([make(dialerKey, dialed).secureOutbound(outbound), make(listenerKey, listening).secureInbound(inbound)])
          assert.equal(out.streamMuxer?.protocol, dialed.find(muxer => listening.includes(muxer)))
          assert.equal(into.streamMuxer?.protocol, out.streamMuxer?.protocol)
        }
      }
    })
  })
}

it('QC-08 + muxers in different orders: @libp2p/noise, which takes the first of the list that it is sent, comes to the same one as ours that dials it', async () => {
  const [outbound, inbound] = multiaddrConnectionPair()
  const [out, into] = await Promise.all([
    noise()(components(dialerKey, ['/a', '/b'])).secureOutbound(outbound),
    libp2pNoise()(components(listenerKey, ['/b', '/a'])).secureInbound(inbound)
  ])
  assert.equal(out.streamMuxer?.protocol, '/a')
  assert.equal(into.streamMuxer?.protocol, '/a')
})
