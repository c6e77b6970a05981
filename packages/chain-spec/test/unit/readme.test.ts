import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fields } from '../support/fields.ts'

describe('README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| `((?:network|policy)\.[^`]+)` \|/gm)].map(match => match[1])

  it('has a row for each field of the schema, in its order, and none for anything else', () => {
    assert.deepEqual(rows, fields())
  })
})
