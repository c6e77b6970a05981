import assert from 'node:assert/strict'
import {
  equalBytes, fromHex, invariant, InvariantError, OperationError, PeerFault, seededRandom, shuffled, systemClock, systemRandom, toHex, toReversedHex
} from '@peerwright/core'

describe('randomness', () => {
  it('gives the same values for the same seed, and others for another', () => {
    const draw = (seed: number): number[] => Array.from({ length: 20 }, () => 0).map((random => () => random.below(1_000))(seededRandom(seed)))
    assert.deepEqual(draw(7), draw(7))
    assert.notDeepEqual(draw(7), draw(8))
    assert.notDeepEqual(draw(1), draw(1 + 2 ** 32))
  })

  it('is even', () => {
    const random = seededRandom(1)
    const counts = new Array<number>(6).fill(0)
    for (let round = 0; round < 60_000; round++) {
      counts[random.below(6)]! += 1
    }
    // 10,000 expected each, standard deviation 91: seven of them
    assert.ok(counts.every(count => Math.abs(count - 10_000) < 640), counts.join(' '))
  })

  it('fills more bytes than the system gives at once', () => {
    const bytes = systemRandom.bytes(100_000)
    assert.equal(bytes.length, 100_000)
    assert.ok(bytes.subarray(90_000).some(byte => byte !== 0))
    assert.ok(systemRandom.below(10) < 10)
    assert.throws(() => systemRandom.below(0), InvariantError)
  })

  it('shuffles without loss', () => {
    const items = Array.from({ length: 50 }, (_, at) => at)
    const mixed = shuffled(items, seededRandom(3))
    assert.notDeepEqual(mixed, items)
    assert.deepEqual([...mixed].sort((a, b) => a - b), items)
  })
})

describe('hexadecimal', () => {
  it('is read as it is written, and only then', () => {
    assert.equal(toHex(Uint8Array.of(0, 0xab, 255)), '00abff')
    assert.equal(toReversedHex(Uint8Array.of(0, 0xab, 255)), 'ffab00')
    assert.deepEqual(fromHex('00ABff'), Uint8Array.of(0, 0xab, 255))
    assert.equal(fromHex('0'), undefined)
    assert.equal(fromHex('0g'), undefined)
    assert.ok(equalBytes(Uint8Array.of(1), Uint8Array.of(1)) && !equalBytes(Uint8Array.of(1), Uint8Array.of(2)) && !equalBytes(Uint8Array.of(1), Uint8Array.of(1, 1)))
  })
})

describe('errors', () => {
  it('say what kind they are by name and code', () => {
    const cause = new Error('inner')
    const fault = new PeerFault('oversized', 'too big', { offence: 'resource', cause })
    assert.deepEqual([fault.name, fault.code, fault.offence, fault.cause], ['PeerFault', 'oversized', 'resource', cause])
    assert.equal(new PeerFault('x', 'y').offence, 'provable')
    const operation = new OperationError('timeout', 'late', { cause })
    assert.deepEqual([operation.name, operation.code, operation.cause], ['OperationError', 'timeout', cause])
    assert.throws(() => { invariant(false, 'broken') }, InvariantError)
    invariant(true, 'holds')
  })
})

describe('the system clock', () => {
  it('runs a callback once and takes another back', async () => {
    const cancelled = systemClock.schedule(0, () => assert.fail('was taken back'))
    cancelled.cancel()
    const startMs = systemClock.monotonic()
    // The clock's timers do not keep the process alive: this one does
    const alive = setInterval(() => {}, 1_000)
    await new Promise<void>(resolve => { systemClock.schedule(1, resolve) })
    clearInterval(alive)
    assert.ok(systemClock.monotonic() >= startMs)
    assert.ok(systemClock.now() > 1_700_000_000_000)
  })
})
