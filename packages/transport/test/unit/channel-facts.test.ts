import assert from 'node:assert/strict'
import { channelFacts, NOISE_ID, PQ_NOISE_ID } from '../../src/index.ts'

describe('the facts of a channel', () => {
  it('are post-quantum for the hybrid alone, and nothing is claimed of what is not known', () => {
    assert.deepEqual(channelFacts(PQ_NOISE_ID), { protocol: PQ_NOISE_ID, kex: 'X25519+MLKEM768', pq: true })
    assert.deepEqual(channelFacts(NOISE_ID), { protocol: NOISE_ID, kex: 'X25519', pq: false })
    for (const other of ['/tls/1.0.0', '/noise-mlkem768-hfs/0.3.0', '__proto__', undefined]) {
      assert.equal(channelFacts(other).pq, false)
    }
  })
})
