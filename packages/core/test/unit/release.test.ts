import assert from 'node:assert/strict'
import { release } from '@peerwright/core'

describe('memory that is given back', () => {
  it('is gone when the view is all of it', () => {
    const bytes = new Uint8Array(65_536)
    release(bytes)
    assert.equal(bytes.length, 0)
  })

  it('stays when somebody else may hold the rest of it, and when it is small', () => {
    const memory = new Uint8Array(65_536)
    release(memory.subarray(1))
    release(memory.subarray(0, 65_535))
    const small = new Uint8Array(1_023)
    release(small)
    assert.deepEqual([memory.length, small.length], [65_536, 1_023])
  })
})
