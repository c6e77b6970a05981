import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { IpAddress, NetAddress } from '@peerwright/core'
import fc from 'fast-check'
import { addressBytes, flipped, fromBytes, ip, keepBits } from '../support/ip.ts'

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** Of the groups in hexadecimal, as the URL parser of the platform writes the address. */
function urlText (bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) => Buffer.from(bytes).readUInt16BE(2 * at).toString(16))
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}

describe('IP addresses', () => {
  it('have one text, that of RFC 5952', () => {
    for (const [text, canonical] of [
      ['127.0.0.1', '127.0.0.1'], ['::ffff:127.0.0.1', '127.0.0.1'], ['::FFFF:7f00:1', '127.0.0.1'], ['::', '::'], ['::1', '::1'],
      ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], ['1::', '1::'], ['64:ff9b::1.2.3.4', '64:ff9b::102:304']
    ] as const) {
      assert.equal(ip(text).toString(), canonical)
    }
  })

  it('NA-09 + are 16 bytes, IPv4 in its mapped form', () => {
    assert.deepEqual([...ip('1.2.3.4').toBytes()], [...MAPPED, 1, 2, 3, 4])
    assert.deepEqual(IpAddress.fromBytes(Uint8Array.of(1, 2, 3, 4)), ip('::ffff:1.2.3.4'))
    const v4 = NetAddress.from('127.0.0.2', 7075)
    const mapped = NetAddress.parse('[::ffff:127.0.0.2]:7075')
    assert.ok(v4 !== undefined && mapped !== undefined && mapped.equals(v4))
    assert.equal(mapped.toString(), '127.0.0.2:7075')
  })

  it('NA-09 - are refused when they could be read in two ways', () => {
    for (const text of ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.4 ', ':', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '12345::', 'g::',
      '::1.2.3.256', '1.2.3.4::', '::1%eth0', '[::1]', '1:2:3:4:5:6:7::8:9', '1:2:3:4:5:6:7::8', '::1:2:3:4:5:6:7:8', `${'0'.repeat(60)}::1`]) {
      assert.equal(IpAddress.parse(text), undefined, text)
    }
    for (const length of [0, 3, 5, 15, 17]) {
      assert.equal(IpAddress.fromBytes(new Uint8Array(length)), undefined)
    }
  })

  it('survive being written and read, as bytes wherever these lie and as text', () => {
    fc.assert(fc.property(addressBytes, fc.nat(7), (bytes, offset) => {
      const wide = new Uint8Array(offset + 20)
      wide.set(bytes, offset)
      const address = fromBytes(wide.subarray(offset, offset + 16))
      assert.deepEqual(address.toBytes(), bytes)
      assert.deepEqual(IpAddress.read(new DataView(wide.buffer), offset), address)
      assert.deepEqual(Array.from({ length: 16 }, (_, at) => address.byteAt(at)), [...bytes])
      assert.deepEqual(IpAddress.parse(address.toString()), address)
    }))
  })

  it('have the text that the URL parser of the platform gives them', () => {
    fc.assert(fc.property(addressBytes, bytes => {
      const address = fromBytes(bytes)
      assert.equal(address.isIPv4, MAPPED.every((byte, at) => bytes[at] === byte))
      assert.equal(address.toString(), address.isIPv4 ? bytes.slice(12).join('.') : urlText(bytes))
      assert.deepEqual(IpAddress.parse(urlText(bytes)), address)
    }))
  })

  it('are what the sockets of the platform take for one, and nothing more', () => {
    const piece = fc.constantFrom('0', '1', '00', '01', '9', '255', '256', 'ffff', 'F0', '10000', '.', '.', '.', ':', ':', ':', '::', '1.2.3.4', '1:2:3:4:5:6', ' ', 'g', '%1', '[', '-')
    const pieces = fc.array(piece, { maxLength: 16 }).map(parts => parts.join(''))
    const near = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(39), fc.oneof(piece, fc.constant(''))).map(([text, at, more]) => text.slice(0, at) + more + text.slice(at + 1))
    let [read, refused] = [0, 0]
    fc.assert(fc.property(fc.oneof(pieces, near, fc.ipV4(), fc.ipV6()), text => {
      // A zone is one's own business: what it says holds on one machine only
      const valid = isIP(text) !== 0 && !text.includes('%')
      assert.equal(IpAddress.parse(text) !== undefined, valid, text)
      read += valid ? 1 : 0
      refused += valid ? 0 : 1
      if (isIP(text) === 6 && valid) {
        assert.deepEqual(IpAddress.parse(text), IpAddress.parse(new URL(`http://[${text}]/`).hostname.slice(1, -1)))
      }
    }))
    assert.ok(read > 0 && refused > 0)
  })

  it('are the same when all their bits are', () => {
    fc.assert(fc.property(addressBytes, fc.nat(127), (bytes, bit) => {
      assert.equal(fromBytes(bytes).equals(fromBytes(bytes)), true)
      assert.equal(fromBytes(bytes).equals(fromBytes(flipped(bytes, bit))), false)
    }))
  })

  it('keep their first bits', () => {
    fc.assert(fc.property(addressBytes, fc.nat(128), (bytes, bits) => {
      assert.deepEqual(fromBytes(bytes).prefix(bits).toBytes(), keepBits(bytes, bits))
    }))
  })

  it('cannot be changed by who holds their bytes', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4)
    const address = fromBytes(bytes)
    bytes.fill(9)
    address.toBytes().fill(9)
    assert.equal(address.toString(), '1.2.3.4')
  })

  it('have words of one kind, signed, whoever gives them', () => {
    const signed = IpAddress.fromWords(-1, -0x8000_0000, 1, -1)
    assert.deepEqual(IpAddress.fromWords(0xffff_ffff, 0x8000_0000, 1, 0xffff_ffff), signed)
    assert.ok(IpAddress.fromWords(0xffff_ffff, 0x8000_0000, 1, 0xffff_ffff).equals(signed))
    assert.deepEqual(fromBytes(new Uint8Array(16).fill(255)), IpAddress.fromWords(-1, -1, -1, -1))
  })
})
