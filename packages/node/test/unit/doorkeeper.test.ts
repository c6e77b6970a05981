import assert from 'node:assert/strict'
import { VirtualClock } from '@peerwright/testing'
import { doorkeeper } from '../../src/doorkeeper.ts'

describe('the doorkeeper', () => {
  const asked: string[] = []
  let busy = 0
  const keeper = (admits: boolean, allow: boolean): ((ip: string) => boolean) => doorkeeper({
    gate: { admits: () => admits },
    admission: {
      knock: address => {
        asked.push(address.host)
        return allow ? { allow } : { allow, reason: 'banned' }
      }
    },
    clock: new VirtualClock(),
    onBusy: () => { busy++ }
  })
  beforeEach(() => {
    asked.length = 0
    busy = 0
  })

  it('QC-11 + lets in whom the gate would let in, and leaves the rest to admission', () => {
    assert.equal(keeper(true, false)('127.0.0.1'), true)
    assert.deepEqual([asked, busy], [[], 0])
  })

  it('QC-11 - counts whom it turns away once: as admission has it, or as busy', () => {
    assert.equal(keeper(false, true)('127.0.0.1'), false)
    assert.deepEqual([asked, busy], [['127.0.0.1'], 1])
    assert.equal(keeper(false, false)('127.0.0.2'), false)
    assert.deepEqual([asked, busy], [['127.0.0.1', '127.0.0.2'], 1])
    assert.equal(keeper(false, false)('none'), true)
  })
})
