import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ByteReader, PeerFault, seededRandom } from '@peerwright/core'
import type { BlockHeader, ChainPoint, HeaderCodec } from '@peerwright/interface'
import { GENESIS, idOf, TinyChain } from '@peerwright/testing'
import fc from 'fast-check'
import { HEADER_BATCH_BYTES, MAX_COMMITMENT_BYTES, REDOWNLOAD_BUFFER_BYTES } from '../../src/constants.ts'
import { HeaderCommitments } from '../../src/header-commitments.ts'
import { HeaderPresync, type PresyncParts, type PresyncStep } from '../../src/header-presync.ts'

const { codec } = new TinyChain()
const START: ChainPoint = { id: GENESIS, height: 0, work: 1n }
const RUNS = Number(process.env['PEERWRIGHT_FUZZ_RUNS'] ?? 50)

/** Headers that say how high they are, and else only have an id. */
function headers (from: number, to: number, sizeBytes = 80, number = 1): BlockHeader[] {
  // Views, as in a message
  const all = new DataView(new ArrayBuffer((to - from + 1) * sizeBytes))
  return Array.from({ length: to - from + 1 }, (_, index) => {
    all.setUint32(index * sizeBytes, from + index)
    const bytes = new Uint8Array(all.buffer, index * sizeBytes, sizeBytes)
    return { id: idOf(number, from + index), parent: idOf(number, from + index - 1), work: 1n, bytes }
  })
}

const presync = (requiredWork: bigint, seed = 1, more: Partial<PresyncParts> = {}): HeaderPresync =>
  new HeaderPresync({ start: START, requiredWork, codec, random: seededRandom(seed), ...more })

/** Gives messages of so many headers until something else is asked for than more; tells how high those are that were given out. */
function walk (machine: HeaderPresync, count: number, perMessage: number, branchAt: (height: number) => number = () => 1): { step: PresyncStep, given: number[] } {
  const given: number[] = []
  for (let from = 1; ; from += perMessage) {
    const to = Math.min(count, from + perMessage - 1)
    const shown = headers(from, to).map((header, index) => branchAt(from + index) === 1 ? header : { ...header, id: idOf(2, from + index) })
    const step = machine.take(shown)
    if (step.status === 'endless') {
      return { step, given }
    }
    given.push(...step.messages.flatMap(heights))
    if (step.status !== 'more' || to === count) {
      return { step, given: step.status === 'enough' ? [...given, ...shown.map((_, index) => from + index)] : given }
    }
  }
}

/** How high the headers of a message are, of 80 bytes each. */
function heights (message: Uint8Array): number[] {
  const reader = new ByteReader(message)
  const found = Array.from({ length: reader.compactSize(2_000) }, () => {
    const height = reader.u32be()
    reader.skip(77)
    return height
  })
  reader.end()
  return found
}

/** Memory in use, in bytes, without what nobody holds any more. */
function usedBytes (): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('HeaderPresync', () => {
  it('S35 looks at 1,000,000 headers of too little work with at most 1.4 MiB, and gives none out', function () {
    this.timeout(60_000)
    const machine = presync(2_000_000n)
    let most = 0
    for (let from = 1; from < 1_000_000; from += 2_000) {
      const step = machine.take(headers(from, from + 1_999))
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
      assert.deepEqual(given, Array.from({ length: count }, (_, index) => index + 1))
    }), { numRuns: RUNS })
  })

  it('S35 holds at most 1.4 MiB the second time as well', () => {
    const machine = presync(60_001n)
    assert.equal(walk(machine, 60_000, 2_000).step.status, 'again')
    for (let from = 1; from < 59_000; from += 2_000) {
      machine.take(headers(from, from + 1_999))
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

  it('S36 chooses the headers that count, and their bits, by a secret', () => {
    const id = (height: number) => (): Uint8Array => codec.idToBytes(idOf(1, height))
    const counted: number[] = []
    const bits: boolean[] = []
    for (let seed = 1; seed <= 20; seed++) {
      const commitments = new HeaderCommitments(START, 641, seededRandom(seed))
      const heights = Array.from({ length: 641 }, (_, index) => index + 1)
      heights.forEach(height => { commitments.add(height, () => { counted.push(height); return id(1)() }) })
      // Of every header the same bytes: what differs is the salt
      bits.push(commitments.matches(counted.at(-1) ?? 0, id(2)))
    }
    assert.equal(counted.length, 20)
    assert.ok(new Set(counted).size > 10, counted.join(' '))
    assert.ok(bits.includes(true) && bits.includes(false), bits.join(' '))
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
        status = machine.take(all.slice(at, at + 2_000)).status
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

  it('S35 - holds no more for one that shows each header in a message of its own', () => {
    const machine = presync(20_001n)
    const [first] = headers(1, 1)
    assert.ok(first !== undefined)
    const give = (from: number, to: number): void => {
      for (let height = from; height <= to; height++) {
        machine.take([first])
      }
    }
    for (const pass of ['the first', 'the second'] as const) {
      give(1, 100)
      const beforeBytes = usedBytes()
      give(101, 15_000)
      const grownBytes = usedBytes() - beforeBytes
      assert.ok(grownBytes <= 1.4 * 1_048_576, `${grownBytes} bytes in ${pass} pass, and it says ${machine.heldBytes}`)
      give(15_001, 20_000)
    }
  })

  it('S35 - holds at most 1.4 MiB with all the bits that there is room for', () => {
    const batchesBytes = Math.ceil((REDOWNLOAD_BUFFER_BYTES + HEADER_BATCH_BYTES) / HEADER_BATCH_BYTES) * HEADER_BATCH_BYTES
    assert.ok(batchesBytes + MAX_COMMITMENT_BYTES <= 1.4 * 1_048_576, `${batchesBytes + MAX_COMMITMENT_BYTES} bytes`)
  })

  it('S36 + has as many bits behind a header that is given out, however long headers are', () => {
    for (const maxSizeBytes of [32, 80, 81, 500, 4_000, 20_000, 50_000, 100_000]) {
      let bits: number[] = []
      const counting: HeaderCodec = { ...codec, maxSizeBytes, idToBytes: id => { bits.push(machine.height); return codec.idToBytes(id) } }
      const machine = presync(20_001n, 1, { codec: counting })
      const shown: BlockHeader = { id: idOf(1, 1), parent: GENESIS, work: 1n, bytes: new Uint8Array(maxSizeBytes) }
      while (machine.take([shown]).status !== 'again') {
        assert.ok(machine.height < 20_000)
      }
      bits = []
      let step: PresyncStep = { status: 'more', messages: [] }
      while (step.status === 'more' && step.messages.length === 0) {
        step = machine.take([shown])
      }
      assert.equal(step.status, 'more')
      const given = new ByteReader(step.messages[0] ?? new Uint8Array(1)).compactSize(2_000)
      assert.ok(given > 0)
      const behind = bits.filter(height => height > given).length
      assert.ok(behind >= 23, `${behind} bits for headers of ${maxSizeBytes} bytes`)
    }
  })

  it('holds fewer headers where they are longer, and more bits', () => {
    const long: HeaderCodec = { ...codec, maxSizeBytes: 4_000 }
    const machine = presync(3_001n, 1, { codec: long })
    let step: PresyncStep = { status: 'more', messages: [] }
    // The longest message there is has 8 MB
    for (let from = 1; step.status === 'more'; from += 1_000) {
      step = machine.take(headers(from, from + 999, 4_000))
      assert.ok(machine.heldBytes <= 1.4 * 1_048_576, `${machine.heldBytes} bytes`)
    }
    assert.equal(step.status, 'again')
    assert.throws(() => {
      for (let from = 1; from < 3_000; from += 100) {
        machine.take(headers(from, from + 99, 4_000, from >= 1_000 ? 2 : 1))
        assert.ok(machine.heldBytes <= 1.4 * 1_048_576, `${machine.heldBytes} bytes`)
      }
    }, { code: 'headers-changed' })
    assert.ok(machine.height < 1_000 + 308, `${machine.height}`)
  })
})
