import assert from 'node:assert/strict'
import { noteChannelFacts } from '../../src/channel-facts.ts'
import { channelFacts, factsOfProtocol, NOISE_ID, PQ_NOISE_ID } from '../../src/index.ts'

const NOTHING_PROVED = { pqAuth: false, peerCertified: false }

describe('the facts of a channel', () => {
  it('are post-quantum for the hybrid alone, and nothing is claimed of what is not known', () => {
    assert.deepEqual(factsOfProtocol(PQ_NOISE_ID), { protocol: PQ_NOISE_ID, kex: 'X25519+MLKEM768', pq: true, ...NOTHING_PROVED })
    assert.deepEqual(factsOfProtocol(NOISE_ID), { protocol: NOISE_ID, kex: 'X25519', pq: false, ...NOTHING_PROVED })
    for (const other of ['/tls/1.0.0', '/noise-mlkem768-hfs/0.3.0', '__proto__', undefined]) {
      assert.equal(factsOfProtocol(other).pq, false)
    }
  })

  it('come from the encrypter that made the channel, and of another connection from its id', () => {
    const timeline = {}
    const facts = { ...factsOfProtocol(PQ_NOISE_ID), pqAuth: true, channelBinding: new Uint8Array(32) }
    noteChannelFacts({ timeline }, facts)
    assert.equal(channelFacts({ encryption: PQ_NOISE_ID, timeline }), facts)
    assert.deepEqual(channelFacts({ encryption: NOISE_ID, timeline: {} }), factsOfProtocol(NOISE_ID))
  })
})
