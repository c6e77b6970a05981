import assert from 'node:assert/strict'
import { InvariantError, IpRange, NetAddress } from '@peerwright/core'
import fc from 'fast-check'
import { addressBytes, flipped, fromBytes, ip, keepBits } from '../support/ip.ts'

describe('ranges of addresses', () => {
  it('hold what begins with their bits, and an IPv4 address in its mapped form too', () => {
    for (const [range, inside, outside] of [
      ['10.0.0.0/8', '10.255.0.1', '11.0.0.0'], ['192.168.1.128/25', '192.168.1.200', '192.168.1.127'], ['1.2.3.4', '::ffff:1.2.3.4', '1.2.3.5'],
      ['2001:db8::/33', '2001:db8:7fff::1', '2001:db8:8000::'], ['0.0.0.0/0', '9.9.9.9', '2001::1'], ['::/0', '1.2.3.4', undefined]
    ] as const) {
      const parsed = IpRange.parse(range) ?? assert.fail(range)
      assert.equal(parsed.has(ip(inside)), true, `${inside} in ${range}`)
      assert.equal(outside !== undefined && parsed.has(ip(outside)), false, `${outside ?? ''} in ${range}`)
    }
  })

  it('have one spelling', () => {
    for (const [text, canonical] of [['10.1.2.3/8', '10.0.0.0/8'], ['1.2.3.4/32', '1.2.3.4'], ['2001:DB8::1/32', '2001:db8::/32'], ['::1/128', '::1']] as const) {
      assert.equal(IpRange.parse(text)?.toString(), canonical)
    }
  })

  it('hold what a comparison of bytes finds in them, and are read from what they write', () => {
    // Addresses that have many bits in common, so that both answers come up
    const neighbours = fc.tuple(addressBytes, fc.nat(127)).map(([bytes, bit]) => [bytes, flipped(bytes, bit)] as const)
    fc.assert(fc.property(fc.oneof(fc.tuple(addressBytes, addressBytes), neighbours), fc.nat(128), ([a, b], bits) => {
      const range = IpRange.of(fromBytes(a), bits)
      assert.equal(range.has(fromBytes(b)), Buffer.compare(keepBits(a, bits), keepBits(b, bits)) === 0)
      assert.ok(range.has(fromBytes(a)) && range.has(range.prefix))
      assert.deepEqual([range.prefix.toBytes(), range.bits], [keepBits(a, bits), bits])
      assert.deepEqual(IpRange.parse(range.toString()), range)
    }))
  })

  it('have from none to all bits of an address', () => {
    for (const bits of [-1, 129, 1.5, NaN]) {
      assert.throws(() => IpRange.of(ip('::1'), bits), InvariantError)
    }
  })

  it('are nothing else', () => {
    for (const text of ['', '/8', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', 'a/1']) {
      assert.equal(IpRange.parse(text), undefined, text)
    }
  })
})

describe('the address in a multiaddr', () => {
  it('is its IP and its TCP port', () => {
    const address = NetAddress.fromComponents([{ name: 'ip6', value: '::ffff:1.2.3.4' }, { name: 'tcp', value: '80' }, { name: 'p2p', value: 'x' }])
    assert.equal(address?.toString(), '1.2.3.4:80')
    assert.equal(NetAddress.fromComponents([{ name: 'dns4', value: 'a.b' }, { name: 'tcp', value: '80' }]), undefined)
    assert.equal(NetAddress.fromComponents([{ name: 'ip4', value: '1.2.3.4' }]), undefined)
  })
})
