import assert from 'node:assert/strict'
import { seededRandom } from '@peerwright/core'
import { AddressCache } from '../../src/address-cache.ts'
import { DialPlanner } from '../../src/dial-planner.ts'
import { canonicalName } from '../../src/dns-name.ts'
import { nameFromMultiaddr, targetFromMultiaddr } from '../../src/multiaddr-target.ts'
import { SeedRotation } from '../../src/seed-rotation.ts'
import { address } from '../support/source.ts'

const target = (text: string): { address: ReturnType<typeof address> } => ({ address: address(text) })

describe('AddressCache', () => {
  it('QC-05 + keeps an address for its TTL, or for the default where it has none', () => {
    const cache = new AddressCache(10)
    cache.add([{ ...target('11.0.0.1:1'), validForSeconds: 60 }, target('11.0.0.2:1')], 'seed', 100_000, 0)
    assert.equal(cache.fresh(59_999).length, 2)
    assert.deepEqual(cache.fresh(60_000).map(({ address }) => address.host), ['11.0.0.2'])
    assert.deepEqual(cache.fresh(100_000), [])
    assert.equal(cache.size, 0, 'expired ones are gone')
  })

  it('QC-05 + an address heard again lasts anew', () => {
    const cache = new AddressCache(10)
    cache.add([target('11.0.0.1:1')], 'one', 100, 0)
    cache.add([target('11.0.0.1:1')], 'two', 100, 60)
    assert.equal(cache.fresh(150).length, 1)
    assert.equal(cache.sourceOf(target('11.0.0.1:1')), 'two')
  })

  it('QC-05 - the 1001st evicts the one heard of longest ago', () => {
    const cache = new AddressCache(1_000)
    for (let at = 0; at <= 1_000; at++) {
      cache.add([target(`11.0.${at >> 8}.${at & 255}:1`)], 'seed', 1_000, 0)
    }
    assert.equal(cache.size, 1_000)
    assert.equal(cache.sourceOf(target('11.0.0.0:1')), undefined)
    assert.equal(cache.sourceOf(target('11.0.0.1:1')), 'seed')
  })
})

describe('SeedRotation', () => {
  it('QC-07 + 400 rounds begin with each of four names 100 times, in order', () => {
    const rotation = new SeedRotation(['primary', 'secondary', 'tertiary', 'quaternary'])
    const rounds = Array.from({ length: 400 }, () => rotation.round())
    assert.deepEqual(rounds[0], ['primary', 'secondary', 'tertiary', 'quaternary'])
    assert.deepEqual(rounds[1], ['secondary', 'tertiary', 'quaternary', 'primary'])
    for (const name of rounds[0]) {
      assert.equal(rounds.filter(round => round[0] === name).length, 100)
      assert.ok(rounds.every(round => round.filter(other => other === name).length === 1))
    }
  })

  it('QC-07 - no seeds are no seeds', () => {
    assert.deepEqual(new SeedRotation([]).round(), [])
  })
})

describe('DialPlanner', () => {
  const planner = (rules = {}): DialPlanner => new DialPlanner({ targetOutbound: 8, maxDials: 3, backoffMs: 1_000, maxBackoffMs: 60_000, ...rules }, seededRandom(3))
  const candidates = Array.from({ length: 20 }, (_, at) => target(`11.0.0.${at + 1}:1`))

  it('chooses as many as are missing, no more at a time than allowed, and none twice', () => {
    const dials = planner()
    const first = dials.choose(candidates, 0, 0)
    assert.equal(first.length, 3)
    assert.deepEqual(dials.choose(candidates, 0, 0), [])
    dials.succeeded(first[0]!)
    const [next] = dials.choose(candidates, 1, 0)
    assert.ok(next !== undefined && next !== first[1] && next !== first[2])
    assert.equal(planner().choose(candidates, 7, 0).length, 1)
    assert.equal(planner().choose(candidates, 9, 0).length, 0)
  })

  it('leaves an address that failed alone, longer each time and by a random part, up to a bound', () => {
    const dials = planner()
    const [one] = [target('11.0.0.1:1')]
    let nowMs = 0
    for (const backoffMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      assert.equal(dials.choose([one], 0, nowMs).length, 1)
      dials.failed(one, nowMs)
      const untilMs = dials.nextMs([one], nowMs)!
      assert.ok(untilMs - nowMs >= backoffMs && untilMs - nowMs < 1.5 * backoffMs, `${untilMs - nowMs} of ${backoffMs}`)
      assert.deepEqual(dials.choose([one], 0, untilMs - 1), [])
      nowMs = untilMs
    }
  })

  it('a peer may ask for a longer wait', () => {
    const dials = planner()
    dials.failed(candidates[0]!, 0, 600_000)
    assert.equal(dials.nextMs(candidates, 0), 600_000)
  })

  it('prefers those that have not failed', () => {
    const dials = planner({ maxDials: 19 })
    dials.failed(candidates[4]!, 0)
    assert.ok(!dials.choose(candidates, -12, 10_000).includes(candidates[4]!))
    assert.ok(dials.isUntried(candidates[5]!) && !dials.isUntried(candidates[4]!))
  })

  it('one success forgives', () => {
    const dials = planner()
    dials.failed(candidates[0]!, 0)
    dials.succeeded(candidates[0]!)
    assert.ok(dials.isUntried(candidates[0]!))
  })
})

describe('multiaddrs', () => {
  const peerId = '12D3KooWNvSZnPi3RrhrTwEY4LuuBeB6K6facKUCJcyWG1aoDd2p'

  it('reads addresses and names with TCP', () => {
    assert.equal(targetFromMultiaddr('/ip4/11.0.0.1/tcp/8333')?.address.toString(), '11.0.0.1:8333')
    assert.deepEqual(targetFromMultiaddr(`/ip6/2600::1/tcp/1/p2p/${peerId}`)?.peerId, peerId)
    assert.deepEqual(nameFromMultiaddr(`/dns4/a.test/tcp/1/p2p/${peerId}`), { name: 'a.test', port: 1, records: ['A'], peerId })
    assert.deepEqual(nameFromMultiaddr('/dns/a.test/tcp/1')?.records, ['A', 'AAAA'])
    // One of ECDSA holds its whole key
    const longest = '1'.repeat(229)
    assert.equal(targetFromMultiaddr(`/ip6/2600::1/tcp/1/p2p/${longest}`)?.peerId, longest)
    assert.equal(nameFromMultiaddr(`/dns4/${'a.'.repeat(126)}a/tcp/65535/p2p/${longest}`)?.peerId, longest)
  })

  for (const text of [
    '', '/', '/ip4/11.0.0.1', '/ip4/11.0.0.1/tcp/0', '/ip4/11.0.0.1/tcp/70000', '/ip4/11.0.0.1/udp/1', '/ip4/2600::1/tcp/1', '/ip6/11.0.0.1/tcp/1',
    '/ip4/11.0.0.1/tcp/1/p2p', '/ip4/11.0.0.1/tcp/1/p2p/!', '/ip4/11.0.0.1/tcp/1/p2p/x/p2p-circuit', 'ip4/11.0.0.1/tcp/1', `/ip4/11.0.0.1/tcp/${'1'.repeat(500)}`
  ]) {
    it(`refuses ${text.slice(0, 40) || 'nothing'}`, () => {
      assert.equal(targetFromMultiaddr(text), undefined)
      assert.equal(nameFromMultiaddr(text), undefined)
    })
  }
})

describe('canonicalName', () => {
  it('spells a name in one way', () => {
    assert.equal(canonicalName('Seed1.Example.TEST.'), 'seed1.example.test')
    assert.equal(canonicalName('_quantumcoin._tcp.a.b'), '_quantumcoin._tcp.a.b')
  })

  it('refuses what is none', () => {
    for (const text of ['', '.', 'a..b', 'a b', '-a.b', 'a-.b', `${'a'.repeat(64)}.b`, 'a.'.repeat(127) + 'ab', 'ä.b', 'a\u0000.b']) {
      assert.equal(canonicalName(text), undefined, text)
    }
  })
})
