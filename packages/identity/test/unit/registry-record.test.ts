import assert from 'node:assert/strict'
import { MAX_CERTIFICATE_BYTES } from '@peerwright/protocol-messages'
import { decodeRecord, encodeCertificate, encodeRecord, MAX_RECORD_BYTES } from '../../src/index.ts'
import { isFault } from '../support/peers.ts'

describe('records of a registry', () => {
  it('the largest one fills its limit to the last byte', () => {
    const key = { suite: 'ml-dsa-87', publicKey: new Uint8Array(2_592) } as const
    const certificate = encodeCertificate({
      ...key,
      epoch: 1,
      notBeforeSeconds: 1,
      notAfterSeconds: 2,
      identityKey: new Uint8Array(600),
      previous: { ...key, publicKey: new Uint8Array(2_592).fill(1) },
      identitySignature: new Uint8Array(512),
      keySignature: new Uint8Array(4_627),
      previousSignature: new Uint8Array(4_627)
    }).slice()
    assert.equal(certificate.length, MAX_CERTIFICATE_BYTES)
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
