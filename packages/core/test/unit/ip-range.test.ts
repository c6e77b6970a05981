import assert from 'node:assert/strict'
import { formatCidr, inRange, NetAddress, parseCidr, parseIp } from '@peerwright/core'

const ip = (text: string): Uint8Array => parseIp(text) ?? assert.fail(text)

describe('ranges of addresses', () => {
  it('hold what begins with their bits, and an IPv4 address in its mapped form too', () => {
    for (const [range, inside, outside] of [
      ['10.0.0.0/8', '10.255.0.1', '11.0.0.0'], ['192.168.1.128/25', '192.168.1.200', '192.168.1.127'], ['1.2.3.4', '::ffff:1.2.3.4', '1.2.3.5'],
      ['2001:db8::/33', '2001:db8:7fff::1', '2001:db8:8000::'], ['0.0.0.0/0', '9.9.9.9', '2001::1'], ['::/0', '1.2.3.4', undefined]
    ] as const) {
      const parsed = parseCidr(range) ?? assert.fail(range)
      assert.equal(inRange(ip(inside), parsed), true, `${inside} in ${range}`)
      assert.equal(outside !== undefined && inRange(ip(outside), parsed), false, `${outside ?? ''} in ${range}`)
    }
  })

  it('have one spelling', () => {
    for (const [text, canonical] of [['10.1.2.3/8', '10.0.0.0/8'], ['1.2.3.4/32', '1.2.3.4'], ['2001:DB8::1/32', '2001:db8::/32'], ['::1/128', '::1']] as const) {
      assert.equal(formatCidr(parseCidr(text) ?? assert.fail(text)), canonical)
    }
  })

  it('are nothing else', () => {
    for (const text of ['', '/8', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', 'a/1']) {
      assert.equal(parseCidr(text), undefined, text)
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
