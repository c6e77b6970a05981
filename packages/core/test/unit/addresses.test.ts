import assert from 'node:assert/strict'
import { addressKind, formatIp, inScope, ipFromBytes, NetAddress, netgroup, parseIp } from '@peerwright/core'
import fc from 'fast-check'

const ip = (text: string): Uint8Array => parseIp(text) ?? assert.fail(`${text} is an address`)

describe('IP addresses', () => {
  it('have one text, that of RFC 5952', () => {
    for (const [text, canonical] of [
      ['127.0.0.1', '127.0.0.1'], ['::ffff:127.0.0.1', '127.0.0.1'], ['::FFFF:7f00:1', '127.0.0.1'], ['::', '::'], ['::1', '::1'],
      ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], ['1::', '1::'], ['64:ff9b::1.2.3.4', '64:ff9b::102:304']
    ] as const) {
      assert.equal(formatIp(ip(text)), canonical)
    }
  })

  it('NA-09 + are 16 bytes inside, IPv4 in its mapped form', () => {
    assert.deepEqual([...ip('1.2.3.4')], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4])
    assert.deepEqual(ipFromBytes(Uint8Array.of(1, 2, 3, 4)), ip('::ffff:1.2.3.4'))
    const v4 = NetAddress.from('127.0.0.2', 7075)
    const mapped = NetAddress.parse('[::ffff:127.0.0.2]:7075')
    assert.ok(v4 !== undefined && mapped !== undefined && mapped.equals(v4))
    assert.equal(mapped.toString(), '127.0.0.2:7075')
  })

  it('survive being written and read', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
      assert.deepEqual(parseIp(formatIp(bytes)), bytes)
    }))
  })

  it('NA-09 - are refused when they could be read in two ways', () => {
    for (const text of ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.4 ', ':', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '12345::', 'g::',
      '::1.2.3.256', '1.2.3.4::', '::1%eth0', '[::1]', '1:2:3:4:5:6:7::8:9', `${'0'.repeat(60)}::1`]) {
      assert.equal(parseIp(text), undefined, text)
    }
    assert.equal(ipFromBytes(new Uint8Array(5)), undefined)
  })
})

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
    assert.equal(netgroup(ip('1.2.3.4'), 0, 0), '4')
  })
})
