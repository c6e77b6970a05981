import assert from 'node:assert/strict'
import { presets } from '@peerwright/chain-spec'
import { announceInterval } from '../../src/announce-interval.ts'

describe('the announcements of a node', () => {
  it('5.3 keep within four fifths of a budget, of as many nodes as share an address', () => {
    for (const { policy: { admission } } of Object.values(presets)) {
      const { budgets: { live }, connections: { perHost } } = admission
      const aMinute = perHost * live.windowMs / announceInterval(admission)
      assert.ok(aMinute <= 0.8 * live.messages, `${aMinute}`)
    }
    assert.deepEqual([presets.quantumcoin, presets.nano].map(({ policy }) => announceInterval(policy.admission)), [2_250, 1_000])
  })
})
