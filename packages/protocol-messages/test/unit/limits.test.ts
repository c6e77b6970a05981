import assert from 'node:assert/strict'
import { InvariantError, IpAddress, PeerFault } from '@peerwright/core'
import * as wire from '@peerwright/protocol-messages'
import { classicPayloadLimit } from '@peerwright/protocol-messages/classic'
import { rejectBytes } from '../support/reject.ts'

const fault = (code: string) => (error: unknown): boolean => error instanceof PeerFault && error.code === code

const id = new Uint8Array(32)
const entries = (count: number): wire.InventoryEntry[] => Array.from({ length: count }, () => ({ type: 1, id }))
const address = (bytes: number): wire.AddressV2Entry => ({ timeSeconds: 1, services: 2n ** 64n - 1n, network: 9, address: new Uint8Array(bytes), port: 1 })

/** The largest message of each kind, and where the limit is that it must fill to the last byte. */
const LARGEST: ReadonlyArray<readonly [name: string, bytes: Uint8Array, limit: number | undefined]> = [
  ['getdata', wire.encodeInventory(entries(wire.MAX_GETDATA)), wire.payloadLimit(11, 0)],
  ['inv of a session', wire.encodeInventory(entries(14_000)), wire.payloadLimit(14, 0)],
  ['inv', wire.encodeInventory(entries(wire.MAX_INVENTORY)), classicPayloadLimit('inv', 0)],
  ['notfound', wire.encodeInventory(entries(wire.MAX_INVENTORY)), classicPayloadLimit('notfound', 0)],
  ['getheaders', wire.encodeGetHeaders({ protocolVersion: 1, locator: Array.from({ length: wire.MAX_LOCATOR }, () => id) }), wire.payloadLimit(12, 0)],
  ['headers', wire.encodeHeaders(Array.from({ length: wire.MAX_HEADERS }, () => new Uint8Array(80))), wire.payloadLimit(13, 0)],
  ['addr', wire.encodeAddresses(Array.from({ length: 1_000 }, () => ({ timeSeconds: 1, services: 1n, ip: IpAddress.fromWords(0, 0, 0, 0), port: 1 }))), classicPayloadLimit('addr', 0)],
  ['addrv2', wire.encodeAddressesV2(Array.from({ length: 1_000 }, () => address(512))), classicPayloadLimit('addrv2', 0)],
  ['reject', rejectBytes({ command: 'a'.repeat(12), code: 1, reason: 'a'.repeat(111), id }), classicPayloadLimit('reject', 0)],
  ['sendcmpct', wire.encodeSendCompact({ highBandwidth: true, version: 2n }), wire.payloadLimit(20, 0)],
  ['feefilter', wire.encodeFeeFilter(1n), wire.payloadLimit(5, 0)],
  ['tip', wire.encodeTip({ id, height: 1, work: 1n }), wire.payloadLimit(0x87, 0)],
  ['end', wire.encodeEnd({ end: 'busy', retryAfterSeconds: 1 }), wire.payloadLimit(0x81, 0)],
  ['goodbye', wire.encodeGoodbye({ code: 'busy', text: 'a'.repeat(200) }), wire.payloadLimit(0x80, 0)],
  ['proof', wire.encodeProof({ step: 'answer', suite: 'ml-dsa-87', challenge: id, timeSeconds: 1, certificate: new Uint8Array(wire.MAX_CERTIFICATE_BYTES), signature: new Uint8Array(4_627) }), wire.payloadLimit(0x83, 0)],
  ['qproof', wire.encodeQuantumProof({ suite: 'ml-dsa-87', id, publicKey: new Uint8Array(2_592), signature: new Uint8Array(4_627) }), wire.payloadLimit(0x89, 0)]
]

describe('limits', () => {
  for (const [name, bytes, limit] of LARGEST) {
    it(`the largest ${name} fills its limit to the last byte`, () => {
      assert.equal(bytes.length, limit)
    })
  }

  it('one entry more is refused, before the bytes are looked at', () => {
    assert.throws(() => wire.decodeInventory(wire.encodeInventory(entries(1_001)), wire.MAX_GETDATA), fault('too-many'))
    assert.throws(() => wire.decodeHeaderList(Uint8Array.of(0xfd, 0xd1, 0x07)), fault('too-many'))
    assert.throws(() => wire.decodeAddresses(Uint8Array.of(0xfd, 0xe9, 0x03)), fault('too-many'))
    assert.throws(() => wire.decodeAddressesV2(Uint8Array.of(0xfd, 0xe9, 0x03)), fault('too-many'))
    assert.throws(() => wire.decodePeerRecords(Uint8Array.of(0, 0xfd, 0xe9, 0x03)), fault('too-many'))
    assert.throws(() => wire.decodeAddressesV2(wire.encodeAddressesV2([address(512)]).with(16, 0x01)), fault('too-many'))
    assert.throws(() => wire.encodeAddressesV2([address(513)]), InvariantError)
    assert.throws(() => wire.encodePeerRecords({ hops: 0, entries: Array.from({ length: 100 }, () => ({ seenSeconds: 1, envelope: new Uint8Array(4_000) })) }), InvariantError)
  })

  it('QN-20 + QNet\'s commit, reveal and emergency are carried up to their limits, as they are', () => {
    for (const name of ['commit', 'reveal', 'emergency'] as const) {
      const limit = wire.payloadLimit(wire.messageType(name), 0) ?? 0
      const payload = Uint8Array.from({ length: limit }, (_, at) => at)
      assert.deepEqual(wire.decodeOpaque(name, wire.encodeOpaque(name, payload)), payload)
    }
  })

  it('QN-20 - an empty commit, reveal or emergency, and one over its limit, are refused', () => {
    for (const name of ['commit', 'reveal', 'emergency'] as const) {
      const limit = wire.payloadLimit(wire.messageType(name), 0) ?? 0
      assert.throws(() => wire.decodeOpaque(name, new Uint8Array(0)), fault('truncated'))
      assert.throws(() => wire.decodeOpaque(name, new Uint8Array(limit + 1)), fault('too-many'))
      assert.throws(() => wire.encodeOpaque(name, new Uint8Array(limit + 1)), InvariantError)
    }
  })
})
