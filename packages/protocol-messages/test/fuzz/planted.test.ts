import assert from 'node:assert/strict'
import { ByteReader, PeerFault } from '@peerwright/core'
import { type Finding, fuzz, type Target } from '@peerwright/testing'
import { drawFrom } from '@peerwright/testing'
import { TARGETS } from '../support/targets.ts'

const RUNS = 10_000
const SEED = 20_090_103

/** What the fuzzer says of a decoder with a bug in it. */
function findingOf (target: Target, decode: Target['decode']): Finding['kind'] | undefined {
  return fuzz({ ...target, decode }, RUNS, SEED)?.kind
}

/** Runs with a method of the reader, which most decoders share, replaced by one with a bug. */
function withReader<K extends 'end' | 'compactSize'> (method: K, bug: ByteReader[K], run: () => void): void {
  const right = ByteReader.prototype[method]
  ByteReader.prototype[method] = bug
  try {
    run()
  } finally {
    ByteReader.prototype[method] = right
  }
}

/** Bitcoin's CompactSize, by somebody who forgot that there is a shortest form. */
function carelessCompactSize (this: ByteReader, limit: number): number {
  const first = this.u8()
  const value = first < 0xfd ? first : first === 0xfd ? this.u16le() : first === 0xfe ? this.u32le() : Number(this.u64le())
  if (value > limit) {
    throw new PeerFault('too-many', 'over the limit')
  }
  return value
}

const hasFields = ({ message }: Target): boolean => message(drawFrom(1)).length > 0
const hasNumbers = ({ message }: Target): boolean => Array.from({ length: 8 }, (_, seed) => message(drawFrom(seed))).flat().some(({ role }) => role === 'count' || role === 'length')

/** They do not use the shared reader's end, or have nothing behind their fields. */
const OWN_ENDS = ['classic frames', 'commit', 'reveal', 'emergency']

describe('fuzz: planted bugs', () => {
  for (const target of TARGETS.filter(hasFields)) {
    it(`the fuzzer finds that ${target.name} throws whatever comes to hand`, () => {
      assert.equal(findingOf(target, bytes => {
        try {
          return target.decode(bytes)
        } catch (error) {
          throw new RangeError('out of bounds', { cause: error })
        }
      }), 'crash')
    })

    it(`the fuzzer finds that ${target.name} writes into what was received`, () => {
      assert.equal(findingOf(target, bytes => {
        const decoded = target.decode(bytes)
        bytes.reverse()
        return decoded
      }), 'changed-input')
    })
  }

  for (const target of TARGETS.filter(({ lenient, name }) => lenient !== true && !OWN_ENDS.includes(name))) {
    it(`the fuzzer finds that ${target.name} does not look for bytes behind its end`, () => {
      withReader('end', () => {}, () => { assert.equal(findingOf(target, target.decode), 'not-canonical') })
    })
  }

  for (const target of TARGETS.filter(target => target.lenient !== true && hasNumbers(target))) {
    it(`the fuzzer finds that ${target.name} takes numbers in a longer form`, () => {
      withReader('compactSize', carelessCompactSize, () => { assert.equal(findingOf(target, target.decode), 'not-canonical') })
    })
  }

  it('the fuzzer finds a decoder that refuses what is right', () => {
    const [block] = TARGETS
    assert.equal(block === undefined ? undefined : findingOf(block, bytes => {
      if (bytes.length % 7 === 0) {
        throw new PeerFault('made-up', 'no')
      }
      return block.decode(bytes)
    }), 'refused-valid')
  })

  it('the fuzzer finds a decoder that counts before it checks', () => {
    const target = TARGETS.find(({ name }) => name === 'inv')
    assert.ok(target !== undefined)
    assert.equal(findingOf(target, bytes => {
      const claimed = bytes[0] === 0xff ? Number.MAX_SAFE_INTEGER : 0
      const startMs = performance.now()
      for (let at = 0; at < claimed && performance.now() - startMs < 1_100; at++) {
        // As one that would walk over entries that are not there
      }
      return target.decode(bytes)
    }), 'hang')
  })

  it('a seed gives the same inputs again', () => {
    const target = TARGETS.find(({ name }) => name === 'tx')
    assert.ok(target !== undefined)
    const seen = (): string[] => {
      const inputs: string[] = []
      fuzz({ ...target, decode: bytes => { inputs.push(Buffer.from(bytes).toString('hex')); return target.decode(bytes) } }, 50, SEED)
      return inputs
    }
    assert.deepEqual(seen(), seen())
  })
})
