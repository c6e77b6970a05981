import assert from 'node:assert/strict'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { firstBytesGuard, type ForeignReason } from '../../src/index.ts'

describe('the first-bytes guard', () => {
  const turnedAway: ForeignReason[] = []
  const protector = firstBytesGuard({ onForeign: reason => turnedAway.push(reason) })()
  beforeEach(() => { turnedAway.length = 0 })

  it('QP-17 - waits for nobody whose time was over, or who had gone, before it began', async () => {
    const [, late] = multiaddrConnectionPair()
    await assert.rejects(protector.protect(late, { signal: AbortSignal.abort() }), { code: 'foreign-silent' })
    const [, gone] = multiaddrConnectionPair()
    gone.abort(new Error('gone'))
    await assert.rejects(protector.protect(gone, {}), { code: 'foreign-silent' })
    assert.deepEqual(turnedAway, ['silent', 'silent'])
  })
})
