import assert from 'node:assert/strict'
import { fromHex, IpAddress, toHex } from '@peerwright/core'
import { bitcoinFraming, decodeClassicFrame, encodeClassicFrame } from '../../src/classic.ts'
import {
  AddressList, decodeAddresses, decodeAddressesV2, decodeVersion, dialableAddress, encodeAddresses, encodeAddressesV2, encodeVersion
} from '../../src/index.ts'

const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) ?? assert.fail('not hexadecimal')

/** Bitcoin's protocol documentation, "Message structures" and its examples. */
const MAINNET = bitcoinFraming(bytes('f9beb4d9'), 4_000_000)
const VERACK = 'f9beb4d9 76657261636b000000000000 00000000 5df6e0e2'
const VERSION = 'f9beb4d9 76657273696f6e0000000000 64000000 358d4932 62ea0000 0100000000000000 11b2d05000000000' +
  '0100000000000000 00000000000000000000ffff000000000000 0000000000000000 00000000000000000000ffff000000000000 3b2eb35d8ce61765' +
  '0f2f5361746f7368693a302e372e322f c03e0300'
const ADDR = 'f9beb4d9 616464720000000000000000 1f000000 ed52399b 01 e215104d 0100000000000000 00000000000000000000ffff0a000001 208d'

/** Bitcoin Core, src/test/net_tests.cpp, fixture_addresses and its two serialisations. */
const LOOPBACK = '00000000000000000000000000000001'
const ADDRV1 = `03 61bc6649 0000000000000000 ${LOOPBACK} 0000 79627683 0100000000000000 ${LOOPBACK} 00f1 ffffffff 4804000000000000 ${LOOPBACK} f1f2`
const ADDRV2 = `03 61bc6649 00 02 10 ${LOOPBACK} 0000 79627683 01 02 10 ${LOOPBACK} 00f1 ffffffff fd4804 02 10 ${LOOPBACK} f1f2`
const FIXTURE = [
  { timeSeconds: 0x4966_bc61, services: 0n, port: 0 },
  { timeSeconds: 0x8376_6279, services: 1n, port: 0x00f1 },
  { timeSeconds: 0xffff_ffff, services: 0x448n, port: 0xf1f2 }
]

describe('published vectors', () => {
  it('QC-25 + verack in its classic frame is that of Bitcoin\'s documentation', () => {
    assert.deepEqual(decodeClassicFrame(MAINNET, bytes(VERACK)), { command: 'verack', payload: new Uint8Array(0) })
    assert.equal(toHex(encodeClassicFrame(MAINNET, { command: 'verack', payload: new Uint8Array(0) })), VERACK.replaceAll(' ', ''))
  })

  it('QC-25 + a version of Satoshi 0.7.2, from before the relay flag, reads as documented', () => {
    const { command, payload } = decodeClassicFrame(MAINNET, bytes(VERSION))
    const version = decodeVersion(payload)
    assert.equal(command, 'version')
    assert.deepEqual(version, {
      protocolVersion: 60_002, services: 1n, timeSeconds: 1_355_854_353, nonce: 0x6517_e68c_5db3_2e3bn, userAgent: '/Satoshi:0.7.2/', startHeight: 212_672, relay: true
    })
    assert.equal(encodeVersion(version).length, payload.length + 1, 'ours says the flag (BIP60)')
  })

  it('QC-25 + an addr reads and encodes as documented', () => {
    const { payload } = decodeClassicFrame(MAINNET, bytes(ADDR))
    const list = decodeAddresses(payload)
    assert.deepEqual([...list], [{ timeSeconds: 1_292_899_810, services: 1n, ip: IpAddress.parse('10.0.0.1'), port: 8_333 }])
    assert.deepEqual(encodeAddresses(list), payload)
  })

  it('QC-25 + addr and addrv2 of Bitcoin Core\'s test read to the same addresses, and encode to the same bytes', () => {
    const first = decodeAddresses(bytes(ADDRV1))
    const second = decodeAddressesV2(bytes(ADDRV2))
    assert.deepEqual([...first], FIXTURE.map(entry => ({ ...entry, ip: IpAddress.parse('::1') })))
    assert.deepEqual(second, FIXTURE.map(entry => ({ ...entry, network: 2, address: bytes(LOOPBACK) })))
    assert.equal(toHex(encodeAddresses(first)), ADDRV1.replaceAll(' ', ''))
    assert.equal(toHex(encodeAddressesV2(second)), ADDRV2.replaceAll(' ', ''))
  })

  it('addrv2: what cannot be dialled over TCP is passed over', () => {
    const entry = { timeSeconds: 1, services: 1n, port: 8_333 }
    const v4 = bytes('01020304')
    assert.equal(dialableAddress({ ...entry, network: 1, address: v4 })?.toString(), '1.2.3.4:8333')
    assert.equal(dialableAddress({ ...entry, network: 2, address: bytes(LOOPBACK) })?.toString(), '[::1]:8333')
    assert.equal(dialableAddress({ ...entry, network: 1, address: bytes(LOOPBACK) }), undefined)
    assert.equal(dialableAddress({ ...entry, network: 2, address: v4 }), undefined)
    for (const network of [1, 2]) {
      assert.equal(dialableAddress({ ...entry, network, address: bytes('00000000000000000000ffff01020304') }), undefined)
    }
    for (const network of [0, 6, 7, 8]) {
      assert.equal(dialableAddress({ ...entry, network, address: bytes(LOOPBACK) }), undefined)
    }
    assert.equal(dialableAddress({ ...entry, network: 4, address: new Uint8Array(32) }), undefined)
    assert.equal(dialableAddress({ ...entry, network: 1, address: v4, port: 0 }), undefined)
  })

  it('an empty list of addresses has none', () => {
    assert.equal(new AddressList(new Uint8Array(0)).length, 0)
  })
})
