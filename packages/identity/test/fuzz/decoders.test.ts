import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { fuzz } from '@peerwright/testing'
import { TARGETS } from '../support/targets.ts'

/** Inputs per decoder; a nightly run asks for more. */
const RUNS = Number(process.env['PEERWRIGHT_DECODER_RUNS'] ?? 10_000)

const SEED = Number(process.env['PEERWRIGHT_FUZZ_SEED'] ?? randomInt(2 ** 32))

describe(`fuzz: decoders of identity, ${RUNS} inputs each, PEERWRIGHT_FUZZ_SEED=${SEED}`, () => {
  for (const target of TARGETS) {
    it(`QN-06 - ${target.name}: what is right comes back as it was, and anything else is a PeerFault`, function () {
      this.timeout(RUNS * 10)
      const finding = fuzz(target, RUNS, SEED)
      assert.equal(finding, undefined, finding === undefined ? '' : `${finding.kind}: ${finding.detail}`)
    })
  }
})
