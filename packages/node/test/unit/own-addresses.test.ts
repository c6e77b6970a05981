import assert from 'node:assert/strict'
import { ownAddresses } from '../../src/own-addresses.ts'

describe('our own addresses', () => {
  it('are where we listen, and for a wildcard every address of the machine', () => {
    assert.deepEqual(ownAddresses([{ ip: '127.0.0.7', port: 8333 }, { ip: '::1', port: 8334 }]).map(String), ['127.0.0.7:8333', '[::1]:8334'])
    const wild = ownAddresses([{ ip: '0.0.0.0', port: 8333 }]).map(String)
    assert.ok(wild.includes('127.0.0.1:8333'), wild.join(' '))
    assert.ok(!wild.includes('0.0.0.0:8333'))
    assert.deepEqual(ownAddresses([]), [])
  })
})
