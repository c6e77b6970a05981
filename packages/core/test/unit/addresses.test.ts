import assert from 'node:assert/strict'
import { addressKind, inScope, NetAddress, netgroup } from '@peerwright/core'
import fc from 'fast-check'
import { addressBytes, fromBytes, ip, keepBits } from '../support/ip.ts'

describe('NetAddress', () => {
  it('reads what it writes', () => {
    for (const text of ['1.2.3.4:8333', '[2001:db8::1]:1']) {
      assert.equal(NetAddress.parse(text)?.toString(), text)
    }
    assert.equal(NetAddress.parse('1.2.3.4', 8333)?.toString(), '1.2.3.4:8333')
    assert.equal(NetAddress.parse('::1', 8333)?.toString(), '[::1]:8333')
    assert.equal(NetAddress.parse('[::1]', 8333)?.toString(), '[::1]:8333')
    assert.equal(NetAddress.from('::1', 5)?.toMultiaddr(), '/ip6/::1/tcp/5')
    assert.equal(NetAddress.from('1.2.3.4', 5)?.toMultiaddr(), '/ip4/1.2.3.4/tcp/5')
  })

  it('refuses ports and texts that are none', () => {
    for (const text of ['1.2.3.4', '1.2.3.4:', '1.2.3.4:0', '1.2.3.4:65536', '1.2.3.4:080808', '[1.2.3.4]:1', '::1:x', 'host:1', '[::1]1', '1.2.3.4:1e2']) {
      assert.equal(NetAddress.parse(text), undefined, text)
    }
    assert.equal(NetAddress.from('1.2.3.4', 1.5), undefined)
  })
})

describe('address scopes', () => {
  it('know the special ranges, and judge a mapped address as the IPv4 address it is', () => {
    for (const [text, kind] of [
      ['8.8.8.8', 'public'], ['10.0.0.1', 'private'], ['100.64.0.1', 'private'], ['100.128.0.1', 'public'], ['172.16.0.1', 'private'], ['172.32.0.1', 'public'],
      ['192.168.1.1', 'private'], ['127.9.9.9', 'loopback'], ['169.254.1.1', 'reserved'], ['0.0.0.0', 'reserved'], ['224.0.0.1', 'reserved'], ['255.255.255.255', 'reserved'],
      ['203.0.113.9', 'reserved'], ['::1', 'loopback'], ['::', 'reserved'], ['fd00::1', 'private'], ['fe80::1', 'reserved'], ['ff02::1', 'reserved'],
      ['2001:db8::1', 'reserved'], ['2002:a00::1', 'reserved'], ['64:ff9b::a00:1', 'reserved'], ['2a00::1', 'public'], ['::ffff:10.0.0.1', 'private'], ['::10.0.0.1', 'reserved']
    ] as const) {
      assert.equal(addressKind(ip(text)), kind, text)
    }
  })

  it('let through what they say', () => {
    assert.ok(inScope(ip('8.8.8.8'), 'public') && !inScope(ip('10.0.0.1'), 'public') && !inScope(ip('127.0.0.1'), 'public'))
    assert.ok(inScope(ip('8.8.8.8'), 'private') && inScope(ip('10.0.0.1'), 'private') && !inScope(ip('127.0.0.1'), 'private'))
    assert.ok(!inScope(ip('8.8.8.8'), 'loopback') && inScope(ip('127.0.0.1'), 'loopback'))
  })

  it('group addresses by their first bits', () => {
    const same = (a: string, b: string, v4: number, v6: number): boolean => netgroup(ip(a), v4, v6) === netgroup(ip(b), v4, v6)
    // Nano's vectors (NANO 1.6): IP group /32 and /48, subnetwork /24 and /32
    assert.ok(same('2001:db8::1', '2001:db8::2', 32, 48))
    assert.ok(!same('2001:db8:1::1', '2001:db8::1', 32, 48))
    assert.ok(same('192.168.1.1', '::ffff:192.168.1.1', 32, 48))
    assert.ok(same('80.67.148.225', '80.67.148.0', 24, 32))
    assert.ok(!same('80.67.148.225', '80.67.149.225', 24, 32))
    assert.ok(same('1.2.255.1', '1.2.128.1', 17, 32) && !same('1.2.255.1', '1.2.127.1', 17, 32))
  })

  it('name groups by the bytes that count, the last masked: stored and compared as text', () => {
    for (const [text, v4, v6, key] of [
      ['1.2.3.4', 0, 0, '4'], ['1.2.3.4', 32, 0, '4.1.2.3.4'], ['200.130.255.129', 17, 0, '4.200.130.128'], ['::ffff:200.130.255.129', 25, 128, '4.200.130.255.128'],
      ['2001:db8::1', 0, 0, '6'], ['2001:db8:8765:4321::1', 32, 32, '6.32.1.13.184'], ['2001:db8:8765:4321::1', 32, 33, '6.32.1.13.184.128'],
      ['2001:db8:8765:4321:ffff::1', 32, 65, '6.32.1.13.184.135.101.67.33.128'], ['::ffff', 32, 128, '6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.255.255']
    ] as const) {
      assert.equal(netgroup(ip(text), v4, v6), key, text)
    }
    fc.assert(fc.property(addressBytes, fc.nat(32), fc.nat(128), (bytes, v4, v6) => {
      const address = fromBytes(bytes)
      const [from, bits] = address.isIPv4 ? [12, 96 + v4] : [0, v6]
      const group = keepBits(bytes, bits).slice(from, Math.ceil(bits / 8))
      assert.equal(netgroup(address, v4, v6), [address.isIPv4 ? 4 : 6, ...group].join('.'))
    }))
  })
})
