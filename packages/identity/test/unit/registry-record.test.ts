import assert from 'node:assert/strict'
import { decodeRecord, encodeCertificate, encodeRecord, MAX_RECORD_BYTES } from '../../src/index.ts'
import { largestCertificate } from '../support/largest-certificate.ts'
import { isFault } from '../support/peers.ts'

describe('records of a registry', () => {
  it('the largest one fills its limit to the last byte', () => {
    const certificate = encodeCertificate(largestCertificate()).slice()
    const registration = {
      certificate, activation: new Uint8Array(32), walletAddress: 'w'.repeat(128), nodeType: 'super', activatedSeconds: 1, lastSeenSeconds: 1, migrationCount: 1, deviceSignature: new Uint8Array(4_627)
    } as const
    const record = { type: 'migrate', registration, migration: { from: 'p'.repeat(256), signature: new Uint8Array(4_627) } } as const
    const bytes = encodeRecord(record)
    assert.equal(bytes.length, MAX_RECORD_BYTES)
    assert.deepEqual(decodeRecord(bytes), record)
    assert.throws(() => decodeRecord(new Uint8Array(MAX_RECORD_BYTES + 1)), isFault('bad-record'))
  })
})
