import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { scenarios } from '../../src/index.ts'

describe('README', () => {
  it('lists the scenarios, in their order', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const rows = [...readme.matchAll(/^\| (S\d+) \| (.+) \|$/gm)].map(([, id, title]) => `${id ?? ''} ${title ?? ''}`)
    assert.deepEqual(rows, scenarios.map(({ id, title }) => `${id} ${title}`))
    assert.deepEqual(rows, rows.toSorted())
  })
})
