import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { fuzz } from '@peerwright/testing'
import { MESSAGES } from '../../src/index.ts'
import { TARGETS } from '../support/targets.ts'

/** Inputs per decoder; a nightly run asks for more. */
const RUNS = Number(process.env['PEERWRIGHT_DECODER_RUNS'] ?? 10_000)

const SEED = Number(process.env['PEERWRIGHT_FUZZ_SEED'] ?? randomInt(2 ** 32))

describe(`fuzz: decoders, ${RUNS} inputs each, PEERWRIGHT_FUZZ_SEED=${SEED}`, () => {
  // Encoders take memory that is not cleared: here none of it is zero, so that a byte that nobody writes is seen
  const { allocUnsafe } = Buffer
  before(() => { Buffer.allocUnsafe = size => Buffer.alloc(size, 0xa5) })
  after(() => { Buffer.allocUnsafe = allocUnsafe })

  it('every message of the table has a decoder here', () => {
    const tried = new Set(TARGETS.map(({ name }) => name.split(' ')[0]))
    assert.deepEqual(MESSAGES.filter(({ name }) => !tried.has(name)), [])
  })

  for (const target of TARGETS) {
    it(`QC-25 - ${target.name}: what is right comes back as it was, and anything else is a PeerFault`, function () {
      this.timeout(RUNS * 10)
      const finding = fuzz(target, RUNS, SEED)
      assert.equal(finding, undefined, finding === undefined ? '' : `${finding.kind}: ${finding.detail}`)
    })
  }
})
