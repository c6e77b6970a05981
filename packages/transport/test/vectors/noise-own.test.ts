import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { noiseVectors, VECTORS_FILE } from '../support/noise-vectors.ts'

describe('our own vectors of Noise', () => {
  it('QC-08 QC-09 + payloads, identity fields and records come out as docs/specs/hybrid-noise-vectors.json says', async () => {
    assert.equal(await noiseVectors(), readFileSync(VECTORS_FILE, 'utf8'))
  })
})
