import assert from 'node:assert/strict'
import { VirtualClock } from '@peerwright/testing'
import { doorkeeper } from '../../src/doorkeeper.ts'

describe('the doorkeeper', () => {
  const knocked: string[] = []
  let busy = 0
  const keeper = (admits: boolean, allow: boolean): ((ip: string) => boolean) => doorkeeper({
    gate: { admits: () => admits },
    admission: {
      knock: address => {
        knocked.push(address.host)
        return allow ? { allow } : { allow, reason: 'banned' }
      }
    },
    clock: new VirtualClock(),
    onBusy: () => { busy++ }
  })
  beforeEach(() => {
    knocked.length = 0
    busy = 0
  })

  it('QC-11 + lets in whom admission and the gate would both let in', () => {
    assert.equal(keeper(true, true)('127.0.0.1'), true)
    assert.deepEqual([knocked, busy], [['127.0.0.1'], 0])
  })

  it('QC-11 - counts whom it turns away once: as admission has it, or as busy', () => {
    assert.equal(keeper(true, false)('127.0.0.1'), false)
    assert.equal(keeper(false, false)('127.0.0.2'), false)
    assert.deepEqual([knocked, busy], [['127.0.0.1', '127.0.0.2'], 0])
    assert.equal(keeper(false, true)('127.0.0.3'), false)
    assert.deepEqual([knocked, busy], [['127.0.0.1', '127.0.0.2', '127.0.0.3'], 1])
  })

  it('QC-11 - leaves what is no address to admission, which sees it as it is', () => {
    assert.equal(keeper(false, false)('none'), true)
    assert.deepEqual([knocked, busy], [[], 0])
  })
})
