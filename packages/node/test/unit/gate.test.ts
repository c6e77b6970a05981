import assert from 'node:assert/strict'
import { extendProfile, presets } from '@peerwright/chain-spec'
import { OperationError } from '@peerwright/core'
import { VirtualClock } from '@peerwright/testing'
import { gateOf } from '../../src/channels.ts'

/** Handshakes that get in within ten seconds, where each of 20,000 networks asks once. */
async function entered (signs: boolean, perSecond?: number): Promise<number> {
  const clock = new VirtualClock()
  const profile = perSecond === undefined ? presets.qnet : extendProfile(presets.qnet, { policy: { channels: { handshakes: { perSecond } } } })
  const gate = gateOf(profile, clock, signs)
  let count = 0
  for (let at = 0; at < 20_000; at++) {
    try {
      gate.enter(`11.${at >> 8}.${at & 255}.1`)()
      count++
    } catch (error) {
      assert.ok(error instanceof OperationError && error.code === 'busy')
    }
    if (at % 2_000 === 1_999) {
      await clock.advance(1_000)
    }
  }
  return count
}

describe('the gate before handshakes', () => {
  it('bounds them in all by what the profile says where each costs an ML-DSA signature, whoever asks', async () => {
    // Two seconds' worth at once, then nine times a second's
    assert.equal(await entered(true), 100 + 9 * 50)
    assert.equal(await entered(true, 10), 20 + 9 * 10)
  })

  it('has room besides for networks that had none lately where none is signed', async () => {
    assert.ok(await entered(false) > 100 + 9 * 50)
  })
})
