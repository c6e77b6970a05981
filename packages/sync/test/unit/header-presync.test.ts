import assert from 'node:assert/strict'
import { PeerFault, seededRandom } from '@peerwright/core'
import type { BlockHeader, ChainPoint, HeaderCodec } from '@peerwright/interface'
import { GENESIS, idOf, TinyChain } from '@peerwright/testing'
import fc from 'fast-check'
import { HeaderCommitments } from '../../src/header-commitments.ts'
import { HeaderPresync, type PresyncParts, type PresyncStep } from '../../src/header-presync.ts'

const { codec } = new TinyChain()
const START: ChainPoint = { id: GENESIS, height: 0, work: 1n }
const RUNS = Number(process.env['PEERWRIGHT_FUZZ_RUNS'] ?? 50)

/** Headers that are only their ids: nothing here reads their bytes. */
function headers (from: number, to: number, number = 1): BlockHeader[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    return { id: idOf(number, from + index), parent: idOf(number, from + index - 1), work: 1n, bytes: new Uint8Array(0) }
  })
}

/** A message that says which headers it has. */
const message = (from: number, to: number, sizeBytes = 8): Uint8Array => {
  const bytes = new Uint8Array(sizeBytes)
  new DataView(bytes.buffer).setUint32(0, from)
  new DataView(bytes.buffer).setUint32(4, to)
  return bytes
}

const presync = (requiredWork: bigint, seed = 1, more: Partial<PresyncParts> = {}): HeaderPresync =>
  new HeaderPresync({ start: START, requiredWork, codec, random: seededRandom(seed), ...more })

/** Gives messages of so many headers until something else is asked for than more; tells what was given out. */
function walk (machine: HeaderPresync, count: number, perMessage: number, branchAt: (height: number) => number = () => 1): { step: PresyncStep, given: Uint8Array[] } {
  const given: Uint8Array[] = []
  for (let from = 1; ; from += perMessage) {
    const to = Math.min(count, from + perMessage - 1)
    const step = machine.take(headers(from, to).map((header, index) => branchAt(from + index) === 1 ? header : { ...header, id: idOf(2, from + index) }), message(from, to, perMessage * 81))
    if (step.status === 'endless') {
      return { step, given }
    }
    given.push(...step.messages)
    if (step.status !== 'more' || to === count) {
      return { step, given: step.status === 'enough' ? [...given, message(from, to)] : given }
    }
  }
}

function spans (messages: readonly Uint8Array[]): Array<readonly [number, number]> {
  return messages.map(bytes => {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    return [view.getUint32(0), view.getUint32(4)] as const
  })
}

describe('HeaderPresync', () => {
  it('S35 looks at 1,000,000 headers of too little work with at most 1.4 MiB, and gives none out', function () {
    this.timeout(60_000)
    const machine = presync(2_000_000n)
    let most = 0
    for (let from = 1; from < 1_000_000; from += 2_000) {
      const step = machine.take(headers(from, from + 1_999), message(from, from + 1_999, 2_000 * 81))
      assert.deepEqual(step, { status: 'more', messages: [] })
      most = Math.max(most, machine.heldBytes)
    }
    assert.equal(machine.height, 1_000_000)
    assert.ok(most <= 1.4 * 1_048_576, `${most} bytes`)
    assert.ok(machine.heldBytes < 1_024, `${machine.heldBytes} bytes in the end`)
  })

  it('S35 gives out all headers in order, once, whatever the messages', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 100, max: 2_000 }), fc.integer({ min: 1, max: 2 ** 31 }), (count, perMessage, seed) => {
      const machine = presync(BigInt(count) + 1n, seed)
      let { step, given } = walk(machine, count, perMessage)
      if (step.status === 'again') {
        assert.deepEqual(given, [])
        assert.ok(count > 15_218)
        ;({ step, given } = walk(machine, count, perMessage))
      }
      assert.equal(step.status, 'enough')
      const found = spans(given)
      assert.equal(found[0]?.[0], 1)
      assert.equal(found.at(-1)?.[1], count)
      assert.ok(found.every(([from], index) => index === 0 || from === (found[index - 1]?.[1] ?? 0) + 1))
    }), { numRuns: RUNS })
  })

  it('S35 holds at most 1.4 MiB the second time as well', () => {
    const machine = presync(60_001n)
    assert.equal(walk(machine, 60_000, 2_000).step.status, 'again')
    for (let from = 1; from < 59_000; from += 2_000) {
      machine.take(headers(from, from + 1_999), message(from, from + 1_999, 2_000 * 81))
      assert.ok(machine.heldBytes <= 1.4 * 1_048_576, `${machine.heldBytes} bytes at ${from}`)
    }
  })

  it('S36 catches who changes headers the second time before one of them is given out, half of the time within one period', () => {
    const late: number[] = []
    for (let seed = 1; seed <= 40; seed++) {
      const machine = presync(50_001n, seed)
      walk(machine, 50_000, 2_000)
      const changedAt = 10_000 + 500 * seed
      try {
        walk(machine, 50_000, 2_000, height => height >= changedAt ? 2 : 1)
        assert.fail('not caught')
      } catch (error) {
        assert.ok(error instanceof PeerFault)
        assert.deepEqual([error.code, error.offence], ['headers-changed', 'provable'])
        late.push(machine.height - changedAt)
      }
    }
    // Half of those with a bit within 641 headers, and none after the 15,218 that must follow
    assert.ok(late.filter(headersLate => headersLate < 641).length >= 12, late.join(' '))
    assert.ok(Math.max(...late) < 15_218, late.join(' '))
  })

  it('S36 catches other headers at the first bit that differs, and no honest one', () => {
    const bits = new HeaderCommitments(START, 641, seededRandom(3))
    const id = (number: number, height: number) => (): Uint8Array => codec.idToBytes(idOf(number, height))
    for (let height = 1; height <= 10_000; height++) {
      bits.add(height, id(1, height))
    }
    const heights = Array.from({ length: 10_000 }, (_, index) => index + 1)
    assert.ok(heights.every(height => bits.matches(height, id(1, height))))
    const caught = heights.filter(height => !bits.matches(height, id(2, height)))
    assert.ok(caught.length >= 3 && caught.length <= 13, `${caught.length} of 15 bits differ`)
    assert.ok(caught.every(height => (height - (caught[0] ?? 0)) % 641 === 0))
  })

  it('keeps no more bits than there is room for', () => {
    const bits = new HeaderCommitments(START, 1, seededRandom(3), 128)
    const id = (): Uint8Array => new Uint8Array(32)
    const taken = Array.from({ length: 1_100 }, (_, index) => bits.add(index + 1, id))
    assert.equal(taken.indexOf(false), 1_024)
    assert.equal(bits.sizeBytes, 128)
  })

  it('S36 - follows nobody further than to where there was work enough the first time', () => {
    // As many headers the second time, and less work: no bits stand for what follows
    const machine = presync(20_001n + 5_000n)
    const dear = headers(1, 20_000).map((header, index) => index >= 19_000 ? { ...header, work: 6n } : header)
    const cheap = [...headers(1, 19_000), ...headers(19_001, 40_000)]
    const give = (all: readonly BlockHeader[]): PresyncStep['status'] => {
      let status: PresyncStep['status'] = 'more'
      for (let at = 0; status === 'more' && at < all.length; at += 2_000) {
        status = machine.take(all.slice(at, at + 2_000), message(at + 1, at + 2_000)).status
      }
      return status
    }
    assert.equal(give(dear), 'again')
    assert.throws(() => give(cheap), { code: 'headers-changed' })
    assert.equal(machine.height, 20_001)
  })

  it('goes no further than it holds where headers do not prove their work', () => {
    const { provesWork, ...form } = codec
    assert.ok(provesWork !== undefined)
    const machine = presync(1_000_000n, 1, { codec: form })
    const { step, given } = walk(machine, 100_000, 2_000)
    assert.equal(step.status, 'endless')
    assert.deepEqual(given, [])
    assert.ok(machine.height > 15_218 && machine.height <= 17_218)
  })

  it('holds fewer headers where they are longer, and more bits', () => {
    const long: HeaderCodec = { ...codec, maxSizeBytes: 4_000 }
    const machine = presync(3_001n, 1, { codec: long })
    let step: PresyncStep = { status: 'more', messages: [] }
    for (let from = 1; step.status === 'more'; from += 100) {
      step = machine.take(headers(from, from + 99), message(from, from + 99, 100 * 4_001))
      assert.ok(machine.heldBytes <= 1.4 * 1_048_576 + 100 * 4_001, `${machine.heldBytes} bytes`)
    }
    assert.equal(step.status, 'again')
    assert.throws(() => {
      for (let from = 1; from < 3_000; from += 100) {
        machine.take(headers(from, from + 99, from >= 1_000 ? 2 : 1), message(from, from + 99))
      }
    }, { code: 'headers-changed' })
    assert.ok(machine.height < 1_000 + 308, `${machine.height}`)
  })
})
